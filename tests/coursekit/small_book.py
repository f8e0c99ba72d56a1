"""A book of one short chapter, complete and right, for tests to break."""

import shutil
from pathlib import Path

from coursekit import strength
from coursekit.chapter import read_chapter
from coursekit.public.strength_page import chapter_digest

REPOSITORY = Path(__file__).parents[2]
CHAPTER = '''\
# ---
# title: Doubling
# minutes: [5, 10]
# before: nothing
# objectives:
#   double: double a number
# ---

# %% card [markdown]
# # Doubling
#
# {cite:t}`someone2020` doubles.

# %% objectives [markdown]
# ## You will be able to

# %% [markdown] objective="double" claims="DO-01"
# ## Double it
#
# Before any code: {{= len("four") =}}.

# %%
from toybook import double

twice = double(21)
print(twice)

# %% [markdown]
# The double of {{= twice // 2 =}} is {{= twice =}}. See {numref}`fig-line`, and {ref}`the words <a-target>`.
#
# :::{note}
# It *doubles*.
# :::

# %% name="fig-line" alt="A straight line from corner to corner." caption="A line."
import matplotlib.pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats

set_matplotlib_formats("svg")
plt.rcParams["svg.hashsalt"] = "the same names every time"
plt.plot([0, 1], [0, 2], color="#0072b2")
plt.show()

# %% task [markdown] exercise="halve" objective="double"
# ### Halve a number
#
# Write `halve(x)`.

# %% answer exercise="halve"
def halve(x):
    """Half of x."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="halve" points=2
print("not answered yet")

# %% ledger [markdown]
# ## What was claimed
'''
FILES = {
    "book/chapters/01_double.py": CHAPTER,
    "book/welcome.md": "# Welcome\n\n(a-target)=\n## Words\n\nRead [the chapter](../notebooks/01_double.ipynb).\n",
    "book/how_to_use.md": "# How to use it\n\n(run-it-here)=\n## On your own machine\n\nFrom {{repository}}.\n",
    "book/references.md": "# References\n\n```{bibliography}\n```\n",
    "book/references.bib": "@misc{someone2020,\n author = {Someone, Ann},\n title = {Doubling},\n year = {2020},\n eprint = {2001.00001},\n}\n",
    "book/ledger/01_double.yml": "- id: DO-01\n  claim: Doubling adds a number to itself.\n  verdict: holds\n  cite: someone2020\n",
    "toybook/__init__.py": "def double(x):\n    return x + x\n",
    "toybook/frames.py": (
        "from pathlib import Path\n\nfrom toybook import double\n\n"
        'STYLE = Path(__file__).with_name("lines.css").read_text("utf-8")\n'
    ),
    "toybook/lines.css": "p { width: 1px }\n",
    "toybook/unread.py": "",
    "toybook/unread.css": "",
    "requirements.txt": "torch==2.13.0\nnumpy==2.4.6\n",
    "pyproject.toml": '[tool.coursekit]\npackage = "toybook"\nmeasured_with = ["torch"]\n',
    "_toc.yml": (
        "format: jb-book\nroot: book/welcome\nchapters:\n- file: book/how_to_use\n- file: notebooks/01_double\n- file: book/claims\n"
        "- file: book/trace\n- file: book/exercises\n- file: book/references\n"
    ),
}


def write_book(root: Path) -> Path:
    """The book, with this repository's own configuration and Sphinx extension."""
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    measure(root)
    shutil.copy(REPOSITORY / "_config.yml", root)
    shutil.copytree(REPOSITORY / "book" / "_ext", root / "book" / "_ext", ignore=shutil.ignore_patterns("__pycache__"))
    return root


def second_chapter(root: Path, name: str = "02_more", module: str = "toybook") -> Path:
    """Add a chapter like the first, which takes `double` from another module; its source."""
    text = CHAPTER.replace('"halve"', '"third"').replace("fig-line", "fig-more")
    text = text.replace("# # Doubling", "# # More").replace("title: Doubling", "title: More")
    text = text.replace("from toybook import", f"from {module} import").replace(' claims="DO-01"', "")
    path = root / f"book/chapters/{name}.py"
    path.write_text(text, "utf-8")
    edit(root / "_toc.yml", "- file: notebooks/01_double\n", f"- file: notebooks/01_double\n- file: notebooks/{name}\n")
    return path


def measure(root: Path, **counts) -> None:
    """Write the record of counts, as the teacher's build would for the chapter as it stands."""
    public = chapter_digest(read_chapter(root / "book/chapters/01_double.py", root))
    tried = strength.Counts(**{"right": 2, "wrong": 7, "caught": 3, **counts})
    mutated = strength.Mutated("tests", {"halve": strength.Tried(40, 36, 3)})
    strength.write(root, {"01_double": strength.Measured(public, "private", {"halve": tried}, mutated)})


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there once."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), "utf-8")
