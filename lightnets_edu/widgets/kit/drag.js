// Parts of a drawing that a hand moves.

// Pixels before a press becomes a drag; until then it may be a click.
const REACH = 4;

/** Lets a hand drag `node`. `start(spot)` hears of the first move, `move(spot)` of the latest, once a frame at most,
    `end(kept)` of the last: false where the page took the finger to scroll. A spot is `[x, y]` in the drawing's own
    units. A finger that goes up or down scrolls the page, unless the part is `free` to go any way. */
export function drag(node, { start, move, end, free }) {
  node.classList.add("ln-grip");
  // Browsers heed touch-action on a whole drawing only, not on its parts.
  if (free) node.addEventListener("touchmove", (event) => event.preventDefault(), { passive: false });
  node.addEventListener("pointerdown", (down) => {
    const stage = node.ownerSVGElement,
      listening = new AbortController();
    let last = null,
      frame = 0;
    function spot({ clientX, clientY }) {
      const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(stage.getScreenCTM().inverse());
      return [x, y];
    }
    function tell() {
      frame = 0;
      move(spot(last));
    }
    function moved(event) {
      if (!event.buttons) return listening.abort();
      if (!last) {
        if (Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < REACH) return;
        stage.setPointerCapture(event.pointerId);
        start?.(spot(down));
      }
      last = event;
      frame ||= requestAnimationFrame(tell);
    }
    function stop(event) {
      listening.abort();
      cancelAnimationFrame(frame);
      if (frame) tell();
      if (last) end?.(event.type === "pointerup");
    }
    const hears = { pointermove: moved, pointerup: stop, pointercancel: stop };
    for (const [name, hear] of Object.entries(hears))
      stage.addEventListener(name, (event) => event.pointerId === down.pointerId && hear(event), listening);
  });
}
