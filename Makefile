# Each target is one call of the tool behind it; `python -m coursekit --help` lists them all.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help env book pdf notebooks measure lab course serve test test-quick test-full lint bench dist clean

help:           ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/	/' | expand -t 14

env: $(READY)   ## the environment, with the versions of requirements.txt

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { echo "this book needs Python 3.11 or newer;" \
	  "$(PYTHON) is not: name one that is, as in \`make $(MAKECMDGOALS) PYTHON=/usr/bin/python3.11\`"; exit 1; }
	$(PYTHON) -m venv .venv || { echo "Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install -q -r requirements.txt
	sed -n 's/^#no-deps: \([^ ]*\).*/\1/p' requirements.txt | $(BIN)/python -m pip install -q --no-deps -r /dev/stdin
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	touch $@

book: env       ## execute the chapters, build the site, bring notebooks/ up to date
	$(BIN)/python -m coursekit build

pdf: book       ## the site and the whole book as one PDF beside it, linked from every page (needs Chromium)
	$(BIN)/python -m coursekit pdf

notebooks: book ## the same: notebooks/ comes out of the build

measure: env    ## times and trained values anew, where what they were made from has changed; or CHAPTER="01 02"
	$(BIN)/python -m coursekit build --measure $(CHAPTER)

lab: env        ## copy the notebooks into my_notebooks/, where they are yours, and open JupyterLab there
	$(BIN)/python -m coursekit lab

course: env     ## the graded course in course/ (needs the teacher's half)
	$(BIN)/python -m coursekit course

serve: env      ## serve the built site on this machine
	$(BIN)/python -m coursekit serve

# a test worker for each core: with threads of its own, each would wait for the others
test test-full: export OMP_NUM_THREADS = 1

test: env       ## everything: notebooks equal their sources, then all tests (needs Chromium and node)
	$(BIN)/python -m coursekit build --check
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not full" --junitxml=_build/test-times.xml

test-full: env  ## every variant of every network at the size of its paper's images
	$(BIN)/python -m pytest -n auto --dist loadfile -m full

test-quick: env ## what needs neither a browser nor a whole build
	$(BIN)/python -m pytest -m "not slow and not full" --ignore=tests/browser

lint: env       ## ruff, mypy, and biome for the figures' scripts and styles
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/biome format

bench: env      ## build times, page weight, import time, networks, figures, grading
	$(BIN)/python benchmarks/run.py

dist: env       ## source archive and wheel in dist/, the wheel with the same bytes wherever it is made
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || echo 1767225600) $(BIN)/python -m build --no-isolation

clean:          ## delete what builds made; never the environment, never students' work
	rm -rf _build dist build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
