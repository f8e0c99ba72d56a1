"""Runs the lessons of chapters, several at once, and keeps what they printed until code, package or versions change.

What is kept is keyed on what was run: lesson code and prose expressions in order, the package's source,
requirements.txt, the Python version and this file. A change of wording alone runs nothing again.
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
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from tqdm import tqdm

from ..cells import SourceCell
from ..chapter import Chapter
from ..errors import BookError, Faults
from ..kernels import environment, kernel_manager
from ..project import Project
from ..prose import expressions

STATE = "application/vnd.jupyter.widget-state+json"


@dataclass
class Executed:
    """What the lesson of one chapter gave: outputs of each code cell, text of each expression, state of its widgets."""

    outputs: list[list[dict]]
    values: list[list[str]]
    widgets: dict


def execute(
    project: Project, chapters: list[Chapter], jobs: int | None = None, quiet: bool = False
) -> dict[str, Executed]:
    """Executed lessons by chapter stem; every chapter that fails is reported, not only the first."""
    folder = project.build / "executed"
    folder.mkdir(parents=True, exist_ok=True)
    kept = {chapter.stem: folder / f"{chapter.stem}.{_key(project, chapter)}.json" for chapter in chapters}
    todo = [chapter for chapter in chapters if not kept[chapter.stem].exists()]
    if todo:
        _warm()
        _in_thread(_run_all(project, todo, kept, jobs or os.cpu_count() or 1, quiet))
    for old in set(folder.glob("*.json")) - set(kept.values()):
        if old.name.split(".")[0] in kept:
            old.unlink()
    return {stem: Executed(**json.loads(path.read_text("utf-8"))) for stem, path in kept.items()}


def _key(project: Project, chapter: Chapter) -> str:
    """What was run, the Python that ran it, and this file."""
    text = digest(project, chapter) + platform.python_version()
    return hashlib.sha256(text.encode() + Path(__file__).read_bytes()).hexdigest()[:16]


def digest(project: Project, chapter: Chapter) -> str:
    """Of all that decides what a lesson gives on one machine: its code and expressions, the package, the versions."""
    found = hashlib.sha256()
    for cell in chapter.lesson:
        run = cell.text if cell.kind == "code" else "\0".join(expressions(cell))
        found.update(f"{cell.kind}\1{run}\2".encode())
    package = project.root / project.package
    files = [p for p in sorted(package.rglob("*")) if p.is_file() and p.suffix != ".pyc"]
    for path in [*files, project.root / "requirements.txt"]:
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:16]


def _warm() -> None:
    """Let matplotlib list the machine's fonts now: on its first import ever it says so on stderr."""
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], capture_output=True, check=False)


def _in_thread(work) -> None:
    """Run a coroutine in a thread of its own: an interrupt here cancels it there, and every kernel is ended."""
    loop, failed = asyncio.new_event_loop(), []

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


async def _run_all(project: Project, chapters: list[Chapter], kept: dict[str, Path], jobs: int, quiet: bool) -> None:
    room, faults = asyncio.Semaphore(jobs), []
    with tqdm(total=sum(len(c.lesson) for c in chapters), desc="chapters", unit="cell", disable=quiet) as bar:

        async def one(chapter: Chapter) -> None:
            async with room:
                try:
                    result = await _run(project, chapter, bar)
                except BookError as error:
                    faults.append(error)
                    return
            _write(kept[chapter.stem], result)

        await asyncio.gather(*map(one, chapters))
    if faults:
        raise Faults(faults)


async def _run(project: Project, chapter: Chapter, bar: tqdm) -> Executed:
    make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    nb = nbformat.v4.new_notebook(cells=[make[cell.kind](cell.text) for cell in chapter.lesson])
    client = _Client(nb, chapter.lesson, bar, timeout=project.config["execute"]["timeout"])
    with tempfile.TemporaryDirectory() as work:
        client.km = kernel_manager(Path(work))
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # what a cell prints does not go there
        await client.async_execute(cwd=work, env=environment(project.root, Path(work)), **quiet)
    state = nb.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    outputs = [_shown(cell.outputs) for cell in nb.cells if cell.cell_type == "code"]
    return Executed(**_stable({"outputs": outputs, "values": client.values, "widgets": state}, chapter.stem))


class _Client(NotebookClient):
    """Executes code cells and, in their place, the expressions of Markdown cells; an error names the source's line."""

    def __init__(self, nb, sources: list[SourceCell], bar: tqdm, timeout: int):
        super().__init__(nb, timeout=timeout, kernel_name="python3", record_timing=False, coalesce_streams=True)
        self.sources, self.bar, self.values = sources, bar, []

    async def async_execute_cell(self, cell, cell_index, execution_count=None, store_history=True):
        source = self.sources[cell_index]
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
        self.bar.update()
        return cell

    async def _evaluate(self, source: SourceCell) -> list[str]:
        found = expressions(source)
        if not found:
            return []
        asked = {str(i): f"str({text})" for i, text in enumerate(found)}
        sent = self.kc.execute("", store_history=False, user_expressions=asked, allow_stdin=False)
        while True:
            reply = await self.kc.get_shell_msg(timeout=self.timeout)
            if reply["parent_header"].get("msg_id") == sent:
                break
        results = reply["content"]["user_expressions"]
        return [_value(results[str(i)], text, source) for i, text in enumerate(found)]


def _value(result: dict, text: str, source: SourceCell) -> str:
    if result["status"] != "ok":
        todo = "an expression sees what the cells above it define" if result["ename"] == "NameError" else ""
        raise BookError(source.where, f"{{{{= {text} =}}}} fails: {result['ename']}: {result['evalue']}", todo)
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


def _write(path: Path, result: Executed) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(result.__dict__, indent=1), "utf-8")
    part.replace(path)
