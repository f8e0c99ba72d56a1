// Arrow keys, for whatever has the focus.
const WAYS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  Home: [-1e3, 0],
  End: [1e3, 0],
};

/** The way `[x, y]` that a key goes, or null; Home and End go far. Keys with Ctrl, Alt or Meta are left alone. */
export const way = (event) => (event.ctrlKey || event.altKey || event.metaKey ? null : (WAYS[event.key] ?? null));

/** The key was for us: nobody else hears of it. */
export function taken(event) {
  event.preventDefault();
  event.stopPropagation();
}
