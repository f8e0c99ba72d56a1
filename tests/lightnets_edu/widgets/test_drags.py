"""What a frame of a drag touches, counted instead of timed: a browser lays out again what is set, even to what it was."""

import pytest
from specimens import SPECIMENS
from stage import LED

EVERY = pytest.mark.parametrize("specimen", SPECIMENS.values(), ids=SPECIMENS)
# The grips are led, a frame at a time. Gives the frames, how many nodes the one with most of them touched, and, each once,
# what was set to what it was.
COUNTED = """async (frames) => {
  const vain = new Set(), calls = [];
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
  await (LED)(frames, 3, (i) => {
    if (i === 1) watch.takeRecords();    // what picks it up, or lets the one before go, is no frame
    for (const call of calls.splice(0)) call();
    count();
  });
  return { frames: counts.length, most: Math.max(0, ...counts), vain: [...vain] };
}""".replace("LED", LED)
FRAMES = 20
# Nodes that a frame touches, at most: those of the spiral, whose drags are the dearest.
MOST = 95


def led(page, figure) -> dict:
    return page(figure).evaluate(COUNTED, FRAMES)


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
