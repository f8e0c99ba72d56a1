// The input map with the window that moves over it, and below or beside it the weights as bars on one scale.
import { grip } from "../kit/grip.js";
import { svg, upto, whole } from "../kit/shared.js";
import { words } from "./words.js";

const SIDE = 7,
  MARGIN = 2, // cells that the widest window reaches beyond the map
  HEAD = 20;

/** Squares from (x, y), a cell each, as a path. */
export const boxes = (places, columns, x, y, cell) =>
  places
    .map(
      (place) => `M${x + cell * (place % columns)} ${y + cell * Math.floor(place / columns)}h${cell}v${cell}h${-cell}z`,
    )
    .join("");

/** Where the input map stands, and the net of channels: beside each other or below. */
export function rooms(width) {
  const side = width >= 640,
    cell = side ? 17 : width >= 480 ? 12 : 9,
    wide = cell * (SIDE + 2 * MARGIN);
  return {
    cell,
    wide,
    bars: side ? [0, HEAD + wide + 4, wide] : [wide + 14, HEAD - 2, width - wide - 14],
    net: side ? [wide + 28, 0, width - wide - 28] : [0, HEAD + wide + 2, width],
    cap: width >= 1000 ? 46 : side ? 40 : 26,
    gap: width >= 1000 ? 82 : side ? 70 : 42,
  };
}

/** The window's own frame: its corner and its sides, in cells; of a module, what its patch spans. */
function frame({ fixed, patch, kind, kernel, stride, y, x }) {
  const k = kind === "pointwise" ? 1 : kernel;
  if (!fixed) return [x * stride - (k - 1) / 2, y * stride - (k - 1) / 2, k, k];
  const [rows, columns] = [patch.map((i) => Math.floor(i / SIDE)), patch.map((i) => i % SIDE)],
    [top, left] = [Math.min(...rows), Math.min(...columns)];
  return [left, top, Math.max(...columns) - left + 1, Math.max(...rows) - top + 1];
}

/** Draws both; `set` hears where the window goes. */
export function plane(set) {
  const head = svg("text", { class: "ln-cv-head", x: 0, y: 13 }),
    lines = svg("path", { class: "ln-cv-grid ln-quiet" }),
    read = svg("path", { class: "ln-cv-on" }),
    never = svg("path", { class: "ln-cv-never" }),
    all = svg("rect", { class: "ln-cv-hit", onclick }),
    hand = svg("rect", { class: "ln-cv-window ln-glide", rx: 2 });
  let here, place;
  const clip = (i, size) => Math.max(0, Math.min(i, size - 1)),
    go = (y, x) => set({ y: clip(y, here.size[0]), x: clip(x, here.size[1]) });
  /** The output whose window has its middle nearest to a cell of the input map. */
  const to = ([x, y]) => {
    const [down, across] = here.size.map((size) => (here.fixed ? SIDE / size : here.stride));
    const near = (at, by) => (here.fixed ? Math.floor(at / by) : Math.round((at - 0.5) / by));
    go(near(y, down), near(x, across));
  };
  const cells = ([x, y]) => [x / place.cell - MARGIN, (y - HEAD) / place.cell - MARGIN];
  function onclick({ clientX, clientY }) {
    const { left, top, width, height } = all.getBoundingClientRect();
    to([((clientX - left) / width) * SIDE, ((clientY - top) / height) * SIDE]);
  }
  const node = grip(
    words.window,
    [0, SIDE * SIDE - 1],
    {
      nudge: ([x, y]) => go(here.y + y, here.x + x),
      start: () => hand.classList.add("ln-held"),
      move: (spot) => to(cells(spot)),
      end: () => hand.classList.toggle("ln-held", false),
      free: true,
    },
    all,
    hand,
  );
  const bars = meter();
  return {
    nodes: [
      svg("g", { "aria-hidden": "true" }, head, lines, read, never),
      node.node,
      svg("g", { "aria-hidden": "true" }, ...bars.nodes),
    ],
    /** Gives the room of the net. */
    put(now, width) {
      here = now;
      place = rooms(width);
      const { cell } = place,
        [x, y] = [cell * MARGIN, HEAD + cell * MARGIN],
        long = cell * SIDE,
        [column, row, columns, rows] = frame(here);
      head.textContent = words.space(here.stride);
      const rules = upto(SIDE + 1).map((i) => `M${x} ${y + cell * i}h${long}M${x + cell * i} ${y}v${long}`);
      lines.setAttribute("d", rules.join(""));
      read.setAttribute("d", boxes(here.patch, SIDE, x, y, cell));
      read.setAttribute("class", `ln-cv-on ln-ink${here.layers[0].ink}`);
      const cross = cell * 0.4,
        from = (i) => [x + cell * ((i % SIDE) + 0.3), y + cell * (Math.floor(i / SIDE) + 0.3)];
      never.setAttribute(
        "d",
        here.unread.map((i) => `M${from(i)}l${cross} ${cross}m0${-cross}l${-cross} ${cross}`).join(""),
      );
      for (const [shape, box] of [
        [all, [x, y, long, long]],
        [hand, [x + cell * column, y + cell * row, cell * columns, cell * rows]],
      ])
        ["x", "y", "width", "height"].forEach((name, i) => shape.setAttribute(name, box[i]));
      node.put(here.place, words.position(here.y, here.x));
      bars.put(here, place.bars);
      return place;
    },
  };
}

/** Weights: in all, of each layer, and of a standard layer, each bar beginning where the one above ends. */
function meter() {
  const total = svg("text", { class: "ln-cv-head" }),
    rows = upto(3).map(() => [svg("text"), svg("rect", { class: "ln-glide", height: 8 })]);
  return {
    nodes: [total, ...rows.flat()],
    put({ layers, kernels, params, standard, beside, own, kind, kernel }, [x, y, width]) {
      const two = layers.length > 1,
        most = Math.max(standard, kernels),
        full = !own.unlike && kind === "standard" && kernel > 1;
      const lines = layers.map(({ name, weights, ink }) => [two ? `${whole(weights)} ${name}` : name, weights, ink]);
      if (!full)
        lines.push([
          own.size ? words.standardLike(whole(standard)) : words.standard(whole(standard), beside),
          standard,
        ]);
      let begun = 0;
      total.textContent = words.weights(whole(kernels));
      total.setAttribute("x", x);
      total.setAttribute("y", y + 13);
      rows.forEach(([text, bar], k) => {
        const [says = "", weights = 0, ink] = lines[k] ?? [],
          top = y + 20 + 26 * k;
        if (ink === undefined) begun = 0;
        text.textContent = says;
        text.setAttribute("x", x);
        text.setAttribute("y", top + 11);
        bar.setAttribute("class", `ln-glide ${ink === undefined ? "ln-cv-other" : `ln-cv-bar ln-ink${ink}`}`);
        bar.setAttribute("x", x + (width * begun) / most);
        bar.setAttribute("y", top + 15);
        bar.setAttribute("width", (width * weights) / most);
        begun += weights;
      });
    },
  };
}
