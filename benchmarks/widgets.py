"""The moving figures: bytes, nodes, time of an interaction; beside ipywidgets.interact and matplotlib on a live kernel.

    python benchmarks/widgets.py [--rounds 5] [--only channel_shuffle] [--slower-than 20]

Ours: a control of the figure is moved in Chromium, or a part of its drawing pointed at and picked, at random, until the
page has its new layout; 800 px wide. A drag: what can be dragged is led to and fro over the drawing, on a processor
four times slower; a frame's time is that of its one update, with the new layout. The peer: a slider of `interact` is
moved in a live kernel, until the kernel has drawn the same content with matplotlib and is idle again; what its browser
then does with the picture, and the way there and back, are not counted. Both take turns within a round; the ratio is
that of the medians of a round. With --slower-than, a ratio below that, or a 95th percentile of ours of 16 ms or more in
every round, of a drag too, is a failure. Prints Markdown.
"""

import argparse
import asyncio
import gzip
import json
import math
import random
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "book/_ext"), str(ROOT / "tests"), str(ROOT / "tests/lightnets_edu/widgets")]

from booksite.still import still  # noqa: E402
from chromium import LAUNCH  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from specimens import SPECIMENS  # noqa: E402
from stage import LED, NODES, move, put, state  # noqa: E402

from coursekit.kernels import environment, kernel_manager  # noqa: E402
from lightnets_edu.timing import machine  # noqa: E402

# The peers of the figures: their tables are made once, before anything is timed; what counts is the drawing.
PEERS = {path.stem: path.read_text("utf-8") for path in Path(__file__).with_name("widget_peers").glob("*.py")}
MOVES = 120    # of ours in a round
SLIDES = 15    # of the peer's
FRAME = 16     # ms
SLOWER = 4    # the processor, while something is dragged
MOVED = """(dice) => dice.map(([which, where]) => {
  const controls = document.querySelectorAll("figure :is(input, select, [role=radio], [role=option])");
  const all = [...controls].filter((node) => !node.disabled), node = all[which % all.length];
  const kind = node.matches("select") ? "change" : node.type === "range" ? "input" : "click";
  const start = performance.now();
  if (kind === "change") node.selectedIndex = where % node.options.length;
  if (kind === "input") node.value = where % (+node.max + 1);
  if (node.matches("[role=option]")) node.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  node.dispatchEvent(new (kind === "click" ? MouseEvent : Event)(kind, { bubbles: true }));
  document.body.getBoundingClientRect();
  return performance.now() - start;
})"""
DRAGGED = f"""async (frames) => {{
  const times = [], next = requestAnimationFrame;
  window.requestAnimationFrame = (call) => next((now) => {{
    const start = performance.now();
    call(now);
    document.body.getBoundingClientRect();
    times.push(performance.now() - start);
  }});
  await ({LED})(frames, 9, () => new Promise((done) => next(() => next(done))));
  window.requestAnimationFrame = next;
  return times;
}}"""
SLIDER = """
{peer}
from ipywidgets import IntSlider, interact
slider = IntSlider(value=0, min=0, max=len(VALUES) - 1)
interact(lambda i: draw(VALUES[i]), i=slider)
print("slider", slider.model_id, len(VALUES))
"""


def zipped(text: str) -> float:
    """KiB of a text, compressed."""
    return len(gzip.compress(text.encode(), 9)) / 1024


def percentile(times: list[float]) -> float:
    return sorted(times)[math.ceil(0.95 * len(times)) - 1]


class Ours:
    """A figure on a bare page."""

    def __init__(self, browser, name: str):
        self.context = browser.new_context(viewport={"width": 800, "height": 1000})
        self.tab, specimen = self.context.new_page(), SPECIMENS[name]
        put(self.tab, (specimen.make(),), "light")
        self.nodes = 0
        for values in [{}, *specimen.moves]:
            move(self.tab, values)
            self.nodes = max(self.nodes, self.tab.evaluate(NODES))
        self.dice, self.first = random.Random(1), state(specimen.make())

    def round(self) -> list[float]:
        throws = [[self.dice.randrange(10**6), self.dice.randrange(10**6)] for _ in range(MOVES)]
        return self.tab.evaluate(MOVED, throws)


    def drag(self) -> list[float]:
        """Milliseconds of each frame, on a slower processor; none where nothing can be dragged."""
        move(self.tab, self.first)
        wire = self.context.new_cdp_session(self.tab)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        times = self.tab.evaluate(DRAGGED, MOVES // 2)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        return times


class Peer:
    """`interact` in a live kernel."""

    def __init__(self, client, name: str):
        self.client, self.dice = client, random.Random(1)
        said = self._until_idle(client.execute(SLIDER.format(peer=PEERS[name])))
        _, self.model, values = next(line for line in said.splitlines() if line.startswith("slider ")).split()
        self.values, self.value = int(values), 0

    def _until_idle(self, sent: str) -> str:
        said, pictures = "", 0
        while True:
            message = self.client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") != sent:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "error":
                sys.exit("\n".join(content["traceback"]))
            said += content.get("text", "") if kind == "stream" else ""
            pictures += kind == "display_data" and "image/png" in content["data"]
            if kind == "status" and content["execution_state"] == "idle":
                self.pictures = pictures
                return said

    def round(self) -> list[float]:
        taken = []
        for _ in range(SLIDES):
            self.value = (self.value + self.dice.randrange(1, self.values)) % self.values    # another than before
            data = {"method": "update", "state": {"value": self.value}, "buffer_paths": []}
            message = self.client.session.msg("comm_msg", {"comm_id": self.model, "data": data})
            start = perf_counter()
            self.client.shell_channel.send(message)
            self._until_idle(message["header"]["msg_id"])
            taken.append(1000 * (perf_counter() - start))
            if not self.pictures:
                sys.exit("the peer drew nothing")
        return taken


def measure(browser, client, name: str, rounds: int) -> dict:
    """What one figure weighs, and both times in turns."""
    ours, peer, figure = Ours(browser, name), Peer(client, name), SPECIMENS[name].make()
    ours.round(), peer.round()    # warm
    pairs = [(ours.round(), peer.round()) for _ in range(rounds)]
    drags = [ours.drag() for _ in range(rounds)]
    ours.context.close()
    still(figure._esm, state(figure))    # warm
    start = perf_counter()
    picture = still(figure._esm, state(figure))
    drawing = 1000 * (perf_counter() - start)
    return {
        "script": zipped(figure._esm),
        "wire": zipped(figure._esm + figure._css) + zipped(json.dumps(state(figure))),
        "still": zipped(picture),
        "drawing": drawing,
        "nodes": ours.nodes,
        "median": [statistics.median(mine) for mine, _ in pairs],
        "p95": [percentile(mine) for mine, _ in pairs],
        "drag": [percentile(times) for times in drags if times],
        "peer": [statistics.median(theirs) for _, theirs in pairs],
        "ratio": [statistics.median(theirs) / statistics.median(mine) for mine, theirs in pairs],
    }


def spread(values: list[float], digits: int = 1) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


async def with_kernel(work) -> None:
    """Start a kernel, hand its client to `work` on a thread of its own, and end the kernel."""
    with tempfile.TemporaryDirectory() as folder:
        manager = kernel_manager(Path(folder))
        await manager.start_kernel(env=environment(ROOT, Path(folder)))
        from jupyter_client.blocking.client import BlockingKernelClient

        client = BlockingKernelClient(parent=manager, **manager.get_connection_info(session=True))
        client.start_channels()
        try:
            await asyncio.to_thread(client.wait_for_ready, 60)
            await asyncio.to_thread(work, client)
        finally:
            client.stop_channels()
            await manager.shutdown_kernel(now=True)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=sorted(SPECIMENS))
    parser.add_argument("--slower-than", type=float, help="how many times slower the peer must be, at least")
    args = parser.parse_args()
    names, found = [args.only] if args.only else list(SPECIMENS), {}
    if missing := sorted(set(names) - set(PEERS)):
        sys.exit(f"benchmarks/widget_peers has no {', '.join(missing)}")

    def work(client) -> None:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**LAUNCH)
            for name in names:
                found[name] = measure(browser, client, name, args.rounds)
            browser.close()

    asyncio.run(with_kernel(work))
    turns = f"{args.rounds} rounds of {MOVES} moves and {SLIDES} slides in turns"
    print(f"{turns}, on {machine()}: median (least to most).\n")
    heads = (
        "script | with style, state | still | drawn in, ms | nodes | ms | 95 %, ms | a drag, 95 %, ms | interact, ms "
        "| times slower"
    )
    print(f"| figure, KiB compressed | {heads} |")
    print("|---|" + "--:|" * 10)
    for name, row in found.items():
        drag = spread(row["drag"]) if row["drag"] else "–"
        times = [spread(row["median"]), spread(row["p95"]), drag, spread(row["peer"], 0), spread(row["ratio"], 0)]
        carried = [f"{row[what]:.1f}" for what in ("script", "wire", "still")]
        cells = [name, *carried, f"{row['drawing']:.0f}", str(row["nodes"]), *times]
        print(f"| {' | '.join(cells)} |")
    if args.slower_than:
        slow = [name for name, row in found.items() if statistics.median(row["ratio"]) < args.slower_than]
        times = {name: max(min(row["p95"]), min(row["drag"], default=0)) for name, row in found.items()}
        late = [name for name, most in times.items() if most >= FRAME]
        if slow or late:
            sys.exit(f"too close to the peer: {', '.join(slow) or 'none'}; over a frame: {', '.join(late) or 'none'}")


if __name__ == "__main__":
    main()
