// The input map with the window that moves over it, and below or beside it the weights as bars on one scale.
import { grip } from "../kit/grip.js";
import { mend, svg, upto, whole } from "../kit/shared.js";
import { words } from "./words.js";

// Cells that the widest window reaches beyond the map.
const MARGIN = 2,
  SIDE = 7,
  HEAD = 20;

/** Sets attributes of a node, and its text, where they differ. */
export function put(node, values) {
  for (const name in values) mend(node, name, values[name]);
}

export const clip = (i, size) => Math.max(0, Math.min(i, size - 1));

/** Cells of a map at (x, y) as squares of a side, in a path. */
export const boxes = (places, columns, x, y, cell, side = cell) =>
  places
    .map(
      (place) => `M${x + cell * (place % columns)} ${y + cell * Math.floor(place / columns)}h${side}v${side}h${-side}z`,
    )
    .join("");

/** Where the input map stands, the bars, and the net of channels: at the side or below. */
function rooms(width) {
  const side = width >= 640,
    cell = side ? 17 : width >= 480 ? 12 : 9,
    long = cell * (SIDE + 2 * MARGIN),
    x = long + (side ? 28 : 14);
  return {
    cell,
    bars: side ? [0, HEAD + long + 4, long] : [x, HEAD - 2, width - x],
    net: side ? [x, 0, width - x] : [0, HEAD + long + 2, width],
    cap: side ? 44 : 26,
    gap: side ? 74 : 42,
  };
}

/** Draws both; `set` hears where the window goes. */
export function plane(set) {
  const shape = (tag, name, more) => svg(tag, { class: `ln-cv-${name}`, ...more });
  const head = shape("text", "head", { y: 13 }),
    lines = shape("path", "grid ln-quiet"),
    read = svg("path"),
    never = shape("path", "never"),
    map = shape("rect", "hit", { onclick }),
    hand = shape("rect", "window", { rx: 2 });
  let here, place;
  const go = (y, x) => set({ y: clip(y, here.size[0]), x: clip(x, here.size[1]) });
  /** To the output whose window has its middle nearest to a point, in sides of the map. */
  const to = ([x, y]) => go(...here.size.map((size, k) => Math.floor((k ? x : y) * size)));
  function onclick({ clientX, clientY }) {
    const { left, top, width, height } = map.getBoundingClientRect();
    to([(clientX - left) / width, (clientY - top) / height]);
  }
  const { node, put: stand } = grip(
    words.window,
    [0, 48],
    {
      nudge: ([x, y]) => go(here.y + y, here.x + x),
      move: ([x, y]) => to([x, y - HEAD].map((at) => (at / place.cell - MARGIN) / SIDE)),
      free: true,
    },
    map,
    hand,
  );
  const total = shape("text", "head"),
    bars = upto(3).map(() => [svg("text"), svg("rect", { height: 8 })]);
  return {
    node,
    drawn: [head, lines, read, never, total, ...bars.flat()],
    /** Gives the room of the net. */
    put(now, width) {
      here = now;
      place = rooms(width);
      const { unlike, stride, kernel, unread, layers, kernels, standard } = here,
        { cell } = place,
        x = cell * MARGIN,
        y = HEAD + x,
        long = cell * SIDE,
        k = unlike ? 0 : kernel;
      const corner = (at) => cell * (at * stride - (k - 1) / 2);
      put(head, { text: words.space(stride) });
      put(lines, { d: boxes(upto(49), SIDE, x, y, cell) });
      put(read, { d: boxes(here.patch, SIDE, x, y, cell), class: `ln-cv-on ln-ink${layers[0].ink}` });
      put(never, { d: boxes(unread, SIDE, x + cell / 3, y + cell / 3, cell, cell / 3) });
      put(map, { x, y, width: long, height: long });
      put(hand, { x: x + corner(here.x), y: y + corner(here.y), width: cell * k, height: cell * k });
      stand(here.place, words.position(here));
      // Weights: in all, of each layer, and of a standard layer; each bar begins where the one above ends.
      const [left, top, wide] = place.bars,
        scale = wide / Math.max(standard, kernels),
        list =
          standard === kernels ? layers : [...layers, { name: words.standard(standard / kernels), weights: standard }];
      let begun = 0;
      put(total, { text: words.weights(whole(kernels)), x: left, y: top + 13 });
      bars.forEach(([text, bar], i) => {
        const { name = "", weights = 0, ink } = list[i] ?? {},
          y = top + 31 + 26 * i,
          x = left + scale * (layers[i] ? begun : 0);
        put(text, { text: name && (layers[1] || i) ? `${name}: ${whole(weights)}` : name, x: left, y });
        const look = layers[i] ? `bar ln-ink${ink}` : "other";
        put(bar, { class: `ln-glide ln-cv-${look}`, x, y: y + 4, width: scale * weights });
        begun += weights;
      });
      return place;
    },
  };
}
