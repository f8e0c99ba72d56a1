// Parts of a drawing that say what they are: to a pointer, to a finger that glides over them, to the arrow keys.
import { taken, way } from "./keys.js";
import { svg } from "./shared.js";

/** Something in a drawing that can be pointed at, called by its name. */
export const part = (label, ...shapes) =>
  svg("g", { role: "option", class: "ln-part", "aria-label": label }, ...shapes);

/** One group of parts, in rows: Tab reaches one of them, arrows the others. `show(spot)` hears which part is meant,
    `[row, place]`, or null: what a pointer is over, else what has the focus; a finger brings the focus along.
    `pick(spot)` hears of a click, Enter and the space bar. `shift(spot, [x, y])` hears of an arrow key with Shift,
    moves the part and says where it is now. */
export function parts(label, { show, pick, shift }) {
  const spots = new Map();
  let rows = [],
    chosen = null,
    over = null,
    focused = null,
    shown = null;
  const spotOf = (event) => spots.get(event.target.closest("[role=option]")) ?? null;
  const clip = (i, many) => Math.max(0, Math.min(i, many - 1));
  const focus = ([row, place]) => rows[row][place].focus({ preventScroll: true });

  function mean() {
    const now = over ?? focused;
    if (`${now}` !== `${shown}`) show((shown = now));
  }
  function mark() {
    const reached = `${focused ?? chosen ?? [0, 0]}`;
    for (const [node, spot] of spots) {
      node.setAttribute("tabindex", `${spot}` === reached ? 0 : -1);
      node.setAttribute("aria-selected", `${spot}` === `${chosen}`);
    }
  }
  function key(event) {
    const step = way(event),
      spot = spotOf(event);
    if (!spot) return;
    if (step && event.shiftKey && shift) focus(shift(spot, step) ?? spot);
    else if (step) {
      const row = clip(spot[0] + step[1], rows.length);
      focus([row, clip(spot[1] + step[0], rows[row].length)]);
    } else if (pick && [" ", "Enter"].includes(event.key)) pick(spot);
    else return;
    taken(event);
  }
  const node = svg("g", {
    role: "listbox",
    class: "ln-parts",
    "aria-label": label,
    "data-lm-suppress-shortcuts": true,
    onkeydown: key,
    onclick: (event) => spotOf(event) && pick?.(spotOf(event)),
    onpointerdown: (event) => event.target.releasePointerCapture?.(event.pointerId),
    onpointerover(event) {
      over = spotOf(event);
      if (over && event.pointerType === "touch") focus(over);
      mean();
    },
    onpointerleave() {
      over = null;
      mean();
    },
    onfocusin(event) {
      focused = spotOf(event);
      mark();
      mean();
    },
    onfocusout(event) {
      if (node.contains(event.relatedTarget)) return;
      focused = null;
      mean();
    },
  });
  return {
    node,
    /** The part that is meant, while there is one. */
    meant: () => shown,
    /** The parts, row by row, and the spot of the chosen one; a focus stays where it was. */
    put(drawn, spot = null) {
      const held = focused;
      rows = drawn;
      chosen = spot;
      spots.clear();
      rows.forEach((row, r) => row.forEach((one, i) => spots.set(one, [r, i])));
      const nodes = rows.flat(),
        now = [...node.children];
      if (nodes.length !== now.length || nodes.some((one, i) => one !== now[i])) {
        over = focused = shown = null;
        node.replaceChildren(...nodes);
      }
      mark();
      if (held && !focused) {
        const row = clip(held[0], rows.length);
        focus([row, clip(held[1], rows[row].length)]);
      }
    },
  };
}
