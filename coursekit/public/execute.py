"""Runs the lessons of chapters, several at once, and keeps what they printed until something that they ran changes.

What is kept stands under a key: lesson code and prose expressions in order, the pinned versions, the Python version,
and our own code that runs lessons. With it stand the files of the book that the lesson read while it ran, modules and
data alike. It holds while the key is the same and these files are. A change of wording runs nothing again, nor does a
change of a module that the lesson does not import. Nothing names a place on this machine: what one checkout has kept
holds in another.
"""

import ast
import asyncio
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from tqdm import tqdm

from .. import kernels, watch
from ..cells import Asked, SourceCell
from ..chapter import Chapter
from ..errors import BookError, Faults
from ..files import write_whole
from ..kernels import environment, kernel_manager
from ..project import Project
from ..prose import expressions
from ..show import Link
from ..strength import digest
from . import recorded, statements

STATE = "application/vnd.jupyter.widget-state+json"
OURS = tuple(Path(str(module.__file__)) for module in (sys.modules[__name__], kernels, recorded, statements, watch))
FOLLOW = "__import__('coursekit_watch').follow({!r}, {!r})"
REPORT = "__import__('coursekit_watch').report({!r})"
KEEP = "(lambda j, kept: [j.dumps(kept, allow_nan=False), j.loads(j.dumps(kept)) == kept])(__import__('json'), {{{}}})"
RECORDED = "(lambda recorded: str({}))(__import__('types').SimpleNamespace(**__import__('json').loads({!r})))"
PATIENCE = 10  # times as long as else may a cell run that is measured in full


@dataclass
class Executed:
    """What the lesson of one chapter gave: outputs of each code cell, text of each expression, state of its widgets.

    `shown` holds the state that each link makes of its figure, by what the link says (see `show`).
    `loaded` holds the files that it read (see `snapshot`), `measured` what those modules among them say that its
    measured cells could have used (see `statements`), `recorded` the values that they record.
    """

    outputs: list[list[dict]]
    values: list[list[str]]
    widgets: dict
    shown: dict[str, dict] = field(default_factory=dict)
    loaded: dict[str, str] = field(default_factory=dict)
    measured: dict[str, str] = field(default_factory=dict)
    recorded: dict[str, Any] = field(default_factory=dict)


def execute(
    project: Project,
    chapters: list[Chapter],
    jobs: int | None = None,
    quiet: bool = False,
    again: Iterable[str] = (),
    held: dict[str, dict[str, Any]] | None = None,
) -> dict[str, Executed]:
    """Executed lessons by chapter stem; every chapter that fails is reported, not only the first.

    The chapters named in `again` are measured: run in full, whether or not what is kept of them holds. `held` are the
    values of their records by stem; what prose says under `recorded` comes from there, else from the run itself.
    """
    folder = project.build / "executed"
    folder.mkdir(parents=True, exist_ok=True)
    again, held = set(again), {chapter.stem: (held or {}).get(chapter.stem, {}) for chapter in chapters}
    kept = {c.stem: folder / f"{c.stem}.{_key(project, c, held[c.stem])}.json" for c in chapters}
    found = {stem: old for stem, path in kept.items() if stem not in again and (old := _held(project, path))}
    if todo := [chapter for chapter in chapters if chapter.stem not in found]:
        _warm()
        _in_thread(_run_all(project, todo, kept, jobs or os.cpu_count() or 1, quiet, again, held))
    for path in set(folder.glob("*.json")) - set(kept.values()):
        if path.name.split(".")[0] in kept:
            path.unlink()
    return {stem: found.get(stem) or _read(path) for stem, path in kept.items()}


def _read(path: Path) -> Executed:
    return Executed(**json.loads(path.read_text("utf-8")))


def _held(project: Project, path: Path) -> Executed | None:
    """What is kept there, if all that the lesson read is as it was."""
    if not path.is_file():
        return None
    kept = _read(path)
    return kept if snapshot(project.root, kept.loaded) == kept.loaded else None


def _key(project: Project, chapter: Chapter, held: dict[str, Any]) -> str:
    """Of what is run, of the record that its prose speaks of, and of what decides which code that finds."""
    root = project.root
    importable = sorted(p.name for p in [*root.glob("*.py"), *(p.parent for p in root.glob("*/__init__.py"))])
    versions = [platform.python_version(), *project.pins(), *importable, *(path.read_text("utf-8") for path in OURS)]
    cells = [
        [c.text, bool(c.args.get("measured")), *recorded.names(c)] if c.kind == "code" else [a.text for a in _asked(c)]
        for c in chapter.lesson
    ]
    links = [[link.text, _cell_of(chapter.lesson, link)] for link in chapter.links]
    return digest([json.dumps([cells, links] if links else cells), json.dumps(held, sort_keys=True), *versions])


def _asked(cell: SourceCell) -> list[Asked]:
    """All that is computed at a Markdown cell: what its text holds, and then the answers that it gives."""
    return [Asked(text, f"{{{{= {text} =}}}}", cell.where, "") for text in expressions(cell)] + cell.asks


def _cell_of(cells: list[SourceCell], link: Link) -> int:
    """The number of the lesson's cell that a link's figure comes from."""
    return next(number for number, cell in enumerate(cells) if cell.args.get("name") == link.figure and not cell.role)


def snapshot(root: Path, names: Iterable[str], since: float = float("inf")) -> dict[str, str]:
    """Digests of files, by path from the root: of what stands in each, and of the names of its namesakes.

    A namesake is another file or folder beside it with the same stem: Python would import a folder, or a compiled
    library, in the place of a module. A file that was written `since` has no digest that will ever be found again.
    """
    return {name: _digest_of(root / name, since) for name in names}


def _digest_of(path: Path, since: float) -> str:
    if not path.is_file():
        return "is gone"
    if path.stat().st_mtime > since:
        return "changed while it was read"
    return digest([hashlib.sha256(path.read_bytes()).hexdigest(), statements.namesakes(path)])


def _warm() -> None:
    """Let matplotlib list the machine's fonts now: on its first import ever it says so on stderr."""
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], capture_output=True, check=False)


def _in_thread(work) -> None:
    """Run a coroutine in a thread of its own: an interrupt here cancels it there, and every kernel is ended."""
    loop = asyncio.new_event_loop()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except BaseException as error:  # raised again below, in the thread that asked
            failed.append(error)
        finally:
            loop.close()

    task = loop.create_task(work)
    thread = threading.Thread(target=run)
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        raise
    if failed:
        raise failed[0]


async def _run_all(
    project: Project, chapters: list[Chapter], kept: dict[str, Path], jobs: int, quiet: bool, again: set[str],
    held: dict[str, dict[str, Any]],
) -> None:  # fmt: skip
    room = asyncio.Semaphore(jobs)
    faults: list[BookError] = []
    with tqdm(total=sum(len(c.lesson) for c in chapters), desc="chapters", unit="cell", disable=quiet) as bar:

        async def one(chapter: Chapter) -> None:
            async with room:
                try:
                    full = chapter.stem in again
                    result = await _run(project, chapter, bar, {} if full else held[chapter.stem], full)
                except BookError as error:
                    faults.append(error)
                    return
            if full:  # the next build finds it under the record that is made of it
                key = _key(project, chapter, result.recorded)
                kept[chapter.stem] = kept[chapter.stem].with_name(f"{chapter.stem}.{key}.json")
            write_whole(kept[chapter.stem], json.dumps(asdict(result), indent=1))

        await asyncio.gather(*map(one, chapters))
    if faults:
        raise Faults(faults)


async def _run(project: Project, chapter: Chapter, bar: tqdm, held: dict[str, Any], full: bool) -> Executed:
    make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    nb = nbformat.v4.new_notebook(cells=[make[cell.kind](cell.text) for cell in chapter.lesson])
    timeout = project.config["execute"]["timeout"]
    client, begun = _Client(nb, chapter, bar, timeout * (PATIENCE if full else 1), project, held), time.time()
    with tempfile.TemporaryDirectory() as work:
        client.km = kernel_manager(Path(work), project.shut)
        quiet: dict[str, Any] = dict.fromkeys(("stdout", "stderr"), subprocess.DEVNULL)  # no cell prints there
        env = environment(project.root, Path(work)) | {f"{project.package.upper()}_FULL": "1" if full else ""}
        await client.async_execute(cwd=work, env=env, **quiet)
    state = nb.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    outputs = [_shown(cell.outputs) for cell in nb.cells if cell.cell_type == "code"]
    if client.refused:
        raise BookError(chapter.name, f"its lesson opens {client.refused[0]}, which is of the teacher's half")
    loaded, measured = snapshot(project.root, client.read, begun), statements.of(project.root, client.used, begun)
    result: dict[str, Any] = _stable({"outputs": outputs, "values": client.values, "widgets": state}, chapter.stem)
    made: dict[str, Any] = {"shown": client.shown, "loaded": loaded, "measured": measured, "recorded": client.recorded}
    return Executed(**result, **made)


class _Client(NotebookClient):
    """Executes code cells and, in their place, the expressions of Markdown cells; an error names the source's line."""

    kc: Any  # nbclient's type knows no way to ask

    def __init__(self, nb, chapter: Chapter, bar: tqdm, timeout: int, project: Project, held: dict[str, Any]):
        super().__init__(nb, timeout=timeout, kernel_name="python3", record_timing=False, coalesce_streams=True)
        self.sources, self.links, self.bar = chapter.lesson, chapter.links, bar
        self.follow = FOLLOW.format(project.package, project.shows)
        self.report = REPORT.format(str(project.root))
        self.held = held
        self.recorded: dict[str, Any] = {}
        self.shown: dict = {}
        self.values: list[list[str]] = []
        self.read: list[str] = []
        self.used: list[str] = []
        self.refused: list[str] = []

    async def async_execute_cell(self, cell, cell_index, execution_count=None, store_history=True):
        source = self.sources[cell_index]
        if cell_index == 0:
            await self._ask({"0": self.follow})
        try:
            if source.kind == "markdown":
                self.values.append(await self._evaluate(source))
            else:
                await super().async_execute_cell(cell, cell_index, execution_count, store_history)
        except CellExecutionError as error:
            raise BookError(
                source.where, f"the cell fails: {error.ename}: {error.evalue}", _last_lines(error)
            ) from None
        except CellTimeoutError:
            raise BookError(source.where, f"the cell runs longer than {self.timeout} s") from None
        except DeadKernelError:
            raise BookError(source.where, "the cell ended its kernel (out of memory, or an exit)") from None
        _refuse_stderr(cell, source)
        if names := recorded.names(source):
            await self._keep(source, names)
        if source.args.get("measured") or source is self.sources[-1]:
            await self._look(source)
        if source is self.sources[-1]:
            await self._show()
        self.bar.update()
        return cell

    async def _look(self, source: SourceCell) -> None:
        """Ask the kernel what it has read so far."""
        reply = (await self._ask({"0": self.report}))["0"]
        seen = json.loads(ast.literal_eval(reply["data"]["text/plain"]))
        self.read, self.refused = seen["read"], seen["refused"]
        if source.args.get("measured"):
            self.used = seen["used"]

    async def _keep(self, source: SourceCell, names: list[str]) -> None:
        """Take from the kernel what a measured cell records."""
        for name in names:
            result = (await self._ask({"0": KEEP.format(f"{name!r}: {name}")}))["0"]
            if result["status"] != "ok":
                what = f"{name!r} cannot be recorded: {result['ename']}: {result['evalue']}"
                raise BookError(source.where, what, recorded.PLAIN)
            text, same = ast.literal_eval(result["data"]["text/plain"])
            if not same:
                what = f"{name!r} would come back from its record as something else, such as a list for a tuple"
                raise BookError(source.where, what, recorded.PLAIN)
            self.recorded |= json.loads(text)

    async def _evaluate(self, source: SourceCell) -> list[str]:
        found = _asked(source)
        if not found:
            return []
        results = await self._ask({str(i): self._of_record(asked.text) for i, asked in enumerate(found)})
        return [_value(results[str(i)], asked) for i, asked in enumerate(found)]

    async def _show(self) -> None:
        """Ask each figure that a link moves what it would show."""
        for link in self.links:
            count = self.nb.cells[_cell_of(self.sources, link)].execution_count
            figure = f"Out.get({count})"
            call = f"__import__('json').dumps({figure}.moved(**{link.traits!r})) if hasattr({figure}, 'moved') else ''"
            reply = (await self._ask({"0": call}))["0"]
            if reply["status"] != "ok":
                what = f"{link.figure} refuses {{show}}`{link.text}`: {reply['evalue']}"
                raise BookError(link.where, what, "give values that the figure offers")
            if not (state := ast.literal_eval(reply["data"]["text/plain"])):
                todo = "its cell must end with the moving figure itself"
                raise BookError(link.where, f"{link.figure} is no figure that a link can move", todo)
            self.shown[link.text] = json.loads(state)

    def _of_record(self, text: str) -> str:
        """What the kernel evaluates for an expression, which speaks of the record where there is one."""
        if not (names := recorded.asked(text)):
            return f"str({text})"
        values = self.recorded | self.held
        return RECORDED.format(text, json.dumps({name: values[name] for name in names if name in values}))

    async def _ask(self, expressions: dict[str, str]) -> dict[str, dict]:
        """The kernel's answers."""
        sent = self.kc.execute("", store_history=False, user_expressions=expressions, allow_stdin=False)
        while True:
            reply = await self.kc.get_shell_msg(timeout=self.timeout)
            if reply["parent_header"].get("msg_id") == sent:
                return reply["content"]["user_expressions"]


def _value(result: dict, asked: Asked) -> str:
    if result["status"] != "ok":
        todo = "an expression sees what the cells above it define" if result["ename"] == "NameError" else ""
        raise BookError(asked.where, f"{asked.written} fails: {result['ename']}: {result['evalue']}", todo)
    return ast.literal_eval(result["data"]["text/plain"])  # the repr of a str


def _refuse_stderr(cell, source: SourceCell) -> None:
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and output.name == "stderr":
            raise BookError(
                source.where,
                f"the cell writes to stderr: {output.text.strip()[:300]}",
                "mend the warning's cause, or print to stdout what a reader should see",
            )


def _shown(outputs: list) -> list:
    """Less what stands in for a widget where none runs, for the site has its own; and lines that were emptied again."""
    return [
        output
        for output in outputs
        if "data" not in output or (any(output.data.values()) and not output.metadata.get("fallback"))
    ]


def _last_lines(error: CellExecutionError) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", error.traceback)
    return "\n    ".join(line for line in plain.splitlines()[-14:] if line.strip())


def _stable(result: dict, stem: str) -> dict:
    """Give widgets ids that depend on the chapter and their order, not on chance."""
    text = json.dumps(result)
    for i, old in enumerate(result["widgets"]):
        text = text.replace(old, hashlib.sha256(f"{stem} {i}".encode()).hexdigest()[:32])
    return json.loads(text)
