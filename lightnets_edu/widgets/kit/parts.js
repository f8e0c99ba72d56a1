// Parts of a drawing that say what they are: to a pointer, to a finger that glides over them, to the arrow keys.
import { taken, way } from "./keys.js";
import { settle, svg } from "./shared.js";

/** Something in a drawing that can be pointed at, called by its name. */
export const part = (label, ...shapes) =>
  svg("g", { role: "option", class: "ln-part", "aria-label": label }, ...shapes);

/** One group of parts, in rows: Tab reaches one of them, arrows the others. `show(spot)` hears which part is meant,
    `[row, place]`, or null: what a pointer is over, else what has the focus; a finger brings the focus along.
    `pick(spot)` hears of a click, Enter and the space bar. `shift(spot, [x, y])` hears of an arrow key with Shift,
    moves the part and says where it is now. */
export function parts(label, { show, pick, shift }) {
  let rows = [],
    spots = new Map(),
    chosen = null,
    over = null,
    focused = null,
    told = null;
  const clip = (i, many) => Math.max(0, Math.min(i, many - 1));
  const near = ([row, place]) => {
    const own = rows[clip(row, rows.length)];
    return own[clip(place, own.length)];
  };
  const partOf = (event) => event.target.closest("[role=option]");
  const meant = () => spots.get(over ?? focused) ?? null;

  function tell() {
    const now = meant();
    if (`${now}` !== `${told}`) show((told = now));
  }
  function mark() {
    const reached = focused ?? near(chosen ?? [0, 0]);
    for (const [node, spot] of spots) {
      node.setAttribute("tabindex", node === reached ? 0 : -1);
      node.setAttribute("aria-selected", `${spot}` === `${chosen}`);
    }
  }
  function key(event) {
    const step = way(event),
      spot = spots.get(partOf(event));
    if (step && event.shiftKey && shift) near(shift(spot, step) ?? spot).focus();
    else if (step) near([spot[0] + step[1], spot[1] + step[0]]).focus();
    else if (pick && [" ", "Enter"].includes(event.key)) pick(spot);
    else return;
    taken(event);
  }
  // Chrome lets Tab stop at a group that hears of the focus, unless told otherwise.
  const node = svg("g", {
    role: "listbox",
    tabindex: -1,
    class: "ln-parts",
    "aria-label": label,
    "data-lm-suppress-shortcuts": true,
    onkeydown: key,
    onclick: (event) => pick?.(spots.get(partOf(event))),
    onpointerdown: (event) => event.target.releasePointerCapture?.(event.pointerId),
    onpointerover(event) {
      over = partOf(event);
      if (event.pointerType === "touch") over?.focus({ preventScroll: true });
      tell();
    },
    onpointerleave() {
      over = null;
      tell();
    },
    onfocusin(event) {
      focused = partOf(event);
      mark();
      tell();
    },
    onfocusout(event) {
      if (!spots.has(focused) || node.contains(event.relatedTarget)) return;
      focused = null;
      tell();
    },
  });
  return {
    node,
    /** The spot of the part that is meant, or null. */
    meant,
    /** The parts, row by row, and the spot of the chosen one. A focus stays with its part, or goes to the one that
        takes its place; nobody is told. */
    put(drawn, spot = null) {
      const last = spots.get(focused);
      rows = drawn;
      chosen = spot;
      spots = new Map(rows.flatMap((row, r) => row.map((one, i) => [one, [r, i]])));
      settle(node, [...spots.keys()]);
      if (!spots.has(over)) over = null;
      const lost = focused && !spots.has(focused);
      if (lost) focused = near(last);
      told = meant();
      mark();
      if (lost) focused.focus();
    },
  };
}
