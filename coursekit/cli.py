"""The command: `python -m coursekit build | pdf | lab | new | course | collect | grade | scan | check-site | serve`."""

import argparse
import contextlib
import functools
import http.server
import io
import os
import sys
from pathlib import Path

from . import files
from .errors import BookError


def main(argv: list[str] | None = None) -> None:
    """Run one command; a fault of the book is printed without a traceback and exits with 1."""
    parser = _parser()
    args, others = parser.parse_known_args(argv)
    if others and args.run is not _lab:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    args.others = others
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a mark has a dash and a check mark in it, whatever the locale
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        args.run(args)
    except BookError as error:
        sys.exit(f"\n{error}")
    except OSError as error:
        if not (fault := files.told(error)):
            raise
        sys.exit(f"\n{fault}")
    except KeyboardInterrupt:
        print("\ninterrupted; what the last complete run made is as it was", file=sys.stderr, flush=True)
        os._exit(1)  # the sockets of cancelled kernels can abort an ordinary way out
    except ModuleNotFoundError as error:
        todo = "run `make env`, then `.venv/bin/python -m coursekit …`"
        sys.exit(f"\n{error.name} is missing in {sys.executable}\n    {todo}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m coursekit", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        sub.add_argument("--root", type=Path, default=Path.cwd(), help="the root of the book (default: here)")
        sub.set_defaults(run=run)
        return sub

    build = command(
        "build", _build, "execute the chapters, build the site into _build/html, bring notebooks/ up to date"
    )
    build.add_argument(
        "--check",
        action="store_true",
        help="write nothing outside _build; fail when notebooks/ is not what the sources give",
    )
    build.add_argument("--fresh", action="store_true", help="forget what Sphinx knows of the last build")
    build.add_argument(
        "--measure",
        nargs="*",
        metavar="CHAPTER",
        help="measure these chapters anew, by name or number; without names those whose records are out of date",
    )
    build.add_argument("--jobs", type=_count, help="chapters executed at once (default: one a core)")
    build.add_argument("--quiet", action="store_true", help="no progress bar")
    command("pdf", _pdf, "print the built site as one PDF beside its pages, and link it from each; needs Chromium")
    text = "copy the notebooks into my_notebooks, where they are yours, and open JupyterLab there, with its options"
    command("lab", _lab, text)
    new = command("new", _new, "lay the files of something new, and say what to do next; see CONTRIBUTING.md")
    new.add_argument("kind", choices=("chapter", "exercise", "figure", "network"))
    new.add_argument("name", nargs="+", help="NN_name of a chapter, that and an exercise, or a file's name")
    new.add_argument("--title", default="", help="as it is written: MobileNet V1 (default: the name, in words)")
    course = command("course", _course, "make the graded course in course/: source, release; needs the teacher's half")
    course.add_argument(
        "--chapter", action="append", help="only this chapter (its file name without .ipynb); may be repeated"
    )
    course.add_argument("--check", action="store_true", help="leave book/records alone; fail when it is old")
    course.add_argument(
        "--mutants",
        nargs="*",
        metavar="CHAPTER",
        help="instead: solutions with one small mistake at a time; how many of them the hidden tests notice",
    )
    grade = command("grade", _grade, "grade the hand-ins of the course, sandboxed, into nbgrader's gradebook")
    grade.add_argument("--course", type=Path, help="the nbgrader course folder (default: course/ in the root)")
    grade.add_argument("--chapter", action="append", help="only this chapter, by name or number; may be repeated")
    grade.add_argument("--student", action="append", help="only this student; may be repeated")
    grade.add_argument("--again", action="store_true", help="also what was graded before and has not changed")
    grade.add_argument("--jobs", type=_count, help="hand-ins graded at once (default: one a core)")
    grade.add_argument(
        "--trust-submissions",
        action="store_true",
        help="run students' code without bubblewrap: nothing keeps it from your files and the network",
    )
    grade.add_argument("--quiet", action="store_true", help="no progress bar")
    collect = command("collect", _collect, "sort a learning platform's bulk download into the course's submitted/")
    collect.add_argument("download", type=Path, help="the zip file that Canvas or Moodle gave, or its unpacked folder")
    collect.add_argument("--chapter", required=True, help="whose hand-ins these are, by name or number")
    collect.add_argument("--class-list", type=Path, help="CSV: Canvas' gradebook, Moodle's grading worksheet, or yours")
    collect.add_argument("--course", type=Path, help="the nbgrader course folder (default: course/ in the root)")
    scan = command("scan", _scan, "look for solutions and hidden tests in files, folders, wheels")
    scan.add_argument("paths", nargs="+", type=Path)
    check = command("check-site", _check_site, "check a built site: links, anchors, alternative texts, other hosts")
    check.add_argument("site", nargs="?", type=Path, help="default: _build/html")
    serve = command("serve", _serve, "serve the built site on this machine")
    serve.add_argument("--port", type=int, default=8000)
    return parser


def _count(text: str) -> int:
    """A whole number from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 up")
    return int(text)


def _build(args) -> None:
    from .public.build import build

    built = build(args.root.resolve(), args.jobs, args.check, args.quiet, args.fresh, args.measure)
    for name in built.written:
        print(f"wrote {name}")
    count = f"{built.chapters} chapter{'s' * (built.chapters != 1)}"
    print(f"\n{count}: {built.site / 'index.html'}\nopen that file, or run `make serve`")


def _pdf(args) -> None:
    from .public.pdf.make import make

    made = make(args.root.resolve())
    print(f"{made.pages} pages, {made.path.stat().st_size / 1e6:.1f} MB: {made.path}")
    print(f"linked from {made.linked} pages of the site")


def _lab(args) -> None:
    from .project import Project
    from .public import lab

    project = Project(args.root.resolve())
    print("\n".join(lab.copy(project)))
    lab.start(project, args.others)


def _new(args) -> None:
    from .new import lay

    laid = lay(args.root.resolve(), args.kind, "/".join(args.name), args.title)
    print("\n".join(f"laid {name}" for name in laid.files), laid.todo, sep="\n\n", end="")


def _course(args) -> None:
    if args.mutants is not None:
        from .teacher.mutation import try_mutants

        return try_mutants(args.root, args.mutants or None)
    from .teacher.course import build_course

    build_course(args.root.resolve(), args.chapter, check=args.check)


def _grade(args) -> None:
    from .grading.grade import grade
    from .grading.report import summary
    from .project import Project

    def bar(outcomes, total: int):
        from tqdm import tqdm

        return tqdm(outcomes, total=total, unit="hand-in", disable=args.quiet or not total)

    root = args.root.resolve()
    course = (args.course or root / "course").resolve()
    outcomes = grade(course, root / Project(root).package, args.chapter, args.student,
                     again=args.again, jobs=args.jobs, trust=args.trust_submissions, progress=bar)  # fmt: skip
    print(summary(course, outcomes))


def _collect(args) -> None:
    from .grading.desk.collect import collect

    root = args.root.resolve()
    print(collect(args.course or root / "course", args.download, args.chapter, args.class_list))


def _scan(args) -> None:
    from .teacher.course import scan_paths

    scan_paths(args.root.resolve(), args.paths)


def _check_site(args) -> None:
    from .public.site_check import check

    site = args.site or args.root / "_build" / "html"
    if not (site / "index.html").is_file():
        raise BookError(str(site), "is no built site", "run `make book`, or name the folder that holds index.html")
    problems = check(site)
    print("\n".join(map(str, problems)) or "no problems")
    if problems:
        sys.exit(1)


def _serve(args) -> None:
    from .public.serving import Site

    site = args.root / "_build" / "html"
    if not (site / "index.html").exists():
        raise BookError(str(site), "there is no site", "run `make book` first")
    handler = functools.partial(Site, directory=site)
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", args.port), handler)
    except (OSError, OverflowError) as error:
        raise BookError(f"port {args.port}", f"cannot be used: {error}", "name another with --port") from None
    with server:
        print(f"http://127.0.0.1:{server.server_address[1]}/  (Ctrl-C ends it)")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
