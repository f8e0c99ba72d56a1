"""What a frame of a drag touches, counted instead of timed: a browser lays out again what is set, even to what it was."""

import pytest
from specimens import SPECIMENS

EVERY = pytest.mark.parametrize("specimen", SPECIMENS.values(), ids=SPECIMENS)
# Three of the grips are led to and fro over their drawing, a frame at a time. Gives the frames, how many nodes the one
# with most of them touched, and, each once, what was set to what it was.
LED = """async (frames) => {
  const grips = [...document.querySelectorAll(".ln-grip")], vain = new Set(), calls = [];
  const watch = new MutationObserver(() => {}), counts = [];
  watch.observe(document.body, { subtree: true, childList: true, attributes: true, attributeOldValue: true });
  window.requestAnimationFrame = (call) => calls.push(call);
  const named = (node) => `${node.tagName}.${node.getAttribute("class")}`;
  function count() {
    const touched = new Set(), after = new Map(), records = watch.takeRecords();
    for (const { type, target, attributeName: name, oldValue, removedNodes, addedNodes } of records.reverse()) {
      touched.add(target);
      if (type === "attributes") {
        if (!after.has(target)) after.set(target, {});
        const now = after.get(target), value = name in now ? now[name] : target.getAttribute(name);
        if (value === oldValue) vain.add(`${name} of ${named(target)}`);
        now[name] = oldValue;
      } else if (removedNodes.length && addedNodes.length) {
        const [was, now] = [removedNodes, addedNodes].map((nodes) => [...nodes].map((node) => node.outerHTML ?? node.data).join());
        if (was === now) vain.add(`children of ${named(target)}`);
      }
    }
    counts.push(touched.size);
  }
  for (const grip of grips.filter((_, i) => i % Math.ceil(grips.length / 3) === 0)) {
    const stage = grip.ownerSVGElement, box = stage.getBoundingClientRect(), own = grip.getBoundingClientRect();
    const [x, y] = [own.left + own.width / 2, own.top + own.height / 2];
    stage.setPointerCapture = () => {};
    const send = (node, type, [clientX, clientY]) =>
      node.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1, buttons: 1, clientX, clientY }));
    send(grip, "pointerdown", [x, y]);
    for (let i = 1; i <= frames; i += 1) {
      const share = (1 - Math.cos(i / 3)) / 2;
      send(stage, "pointermove", [box.left + share * box.width, y + share * (box.top - y)]);
      // what picks it up is no frame
      if (i === 1) watch.takeRecords();
      for (const call of calls.splice(0)) call();
      count();
    }
    send(stage, "pointerup", [x, y]);
    watch.takeRecords();
  }
  return { frames: counts.length, most: Math.max(0, ...counts), vain: [...vain] };
}"""
FRAMES = 20
# Nodes that a frame touches, at most: those of the spiral, whose drags are the dearest.
MOST = 95


def led(page, figure) -> dict:
    return page(figure).evaluate(LED, FRAMES)


@EVERY
def test_a_frame_of_a_drag_sets_nothing_to_what_it_was(page, specimen):
    found = led(page, specimen.make())
    assert found["vain"] == []
    assert found["most"] <= MOST


def test_what_is_set_in_vain_is_found(page):
    """The check can fail: a figure that sets every attribute at every frame, one whose words are new each time."""
    specimen = SPECIMENS["relu_manifold"]
    for right, wrong, told in (
        ("else if (node.getAttribute(name) !== now) node", "else node", "cx of circle.ln-rm-ring"),
        ("if (node.textContent !== now) node.textContent", "node.textContent", "children of text.null"),
    ):
        figure = specimen.make()
        script = figure._esm.replace(right, wrong)
        assert script != figure._esm
        figure._esm = script
        found = led(page, figure)
        assert found["frames"] > FRAMES and found["most"] > MOST and told in found["vain"]
