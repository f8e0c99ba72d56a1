// Where things stand in the drawing, and pictures painted in levels.
import { svg } from "../kit/shared.js";

export const HIGH = 26; // a weight's cell, in pixels
export const BAR = 18;
const LABEL = 16;

/** Where everything stands on a page of so many pixels, for n channels and pictures of `side` pixels: the picture, its
    channels and their filters; below, or to the right, the maps and what they cost. */
export function layout(width, n, side) {
  const wide = width >= 860,
    room = wide ? (width - 40) / 2 : width,
    column = room / (n + 1),
    box = Math.min(wide ? 150 : 120, column);
  const pitch = Math.floor((10 * box) / (side + 2)) / 10,
    cell = Math.min(40, Math.floor((box * 4) / 14)),
    weights = LABEL + box + 6,
    first = weights + 3 * HIGH + 4;
  const [left, top] = wide ? [width - room, 0] : [0, first + 20],
    bars = top + LABEL + box + 38,
    middle = (i) => column * (i + 0.5);
  return {
    pitch,
    cell,
    height: Math.ceil(Math.max(first, bars + 3 * BAR)),
    label: (i) => [middle(i), 11],
    name: (i) => [left + middle(i), top + 11],
    /** The corner of a picture of rows × columns in its column, above or below. */
    input: (i, [rows, columns]) => [middle(i) - (columns * pitch) / 2, LABEL + (box - rows * pitch) / 2],
    map: (i, [rows, columns]) => [left + middle(i) - (columns * pitch) / 2, top + LABEL + (box - rows * pitch) / 2],
    weight: (i, r, c, k) => [middle(i) + (c - k / 2) * cell, weights + (r + (3 - k) / 2) * HIGH],
    kernel: (from, to, k) => ({
      x: middle(from) - (k * cell) / 2 - 2,
      y: weights - 2 + ((3 - k) / 2) * HIGH,
      width: (to - from) * column + k * cell + 4,
      height: k * HIGH + 4,
    }),
    aside: (line) => [middle(0), weights + 1.5 * HIGH - 3 + 15 * line],
    flow: (i) => (wide ? `M${room + 6} ${weights}h26m-6 -5l6 5l-6 5` : `M${middle(i)} ${first + 2}v14m-4 -5l4 5l4 -5`),
    sign: (i) => [left + column * (i + 1), top + LABEL + box + 12],
    total: (i) => [left + middle(i), top + LABEL + box + 12],
    title: [left, bars - 6],
    bar: (i) => [left, bars + i * BAR, room],
  };
}

/** The cell of a picture that a spot lies in, or null. */
export function cellAt(spot, [left, top], pitch, [rows, columns]) {
  const [r, c] = spot ? [Math.floor((spot[1] - top) / pitch), Math.floor((spot[0] - left) / pitch)] : [-1, -1];
  return r >= 0 && c >= 0 && r < rows && c < columns ? [r, c] : null;
}

/** A picture in one path for each level, in runs of pixels; `dress(level)` gives a path its attributes. */
export function paint(node, levels, [x, y], pitch, dress) {
  const runs = new Map();
  levels.forEach((row, r) => {
    for (let c = 0, n; c < row.length; c += n) {
      for (n = 1; row[c + n] === row[c]; ) n += 1;
      runs.set(row[c], `${runs.get(row[c]) ?? ""}M${c} ${r}h${n}`);
    }
  });
  node.setAttribute("transform", `translate(${x} ${y + pitch / 2}) scale(${pitch})`);
  node.replaceChildren(...[...runs].map(([level, d]) => svg("path", { d, ...dress(level) })));
}

const hex = (level) => `0${Math.round((255 * level) / 9).toString(16)}`.slice(-2);
/** Digits of red, green and blue, from 0 to 9, as a colour. */
export const colour = (digits) => `#${[...digits].map(hex).join("")}`;
export const grey = (level) => colour(`${level}`.repeat(3));

/** How strong a number is, from −5 to 5: above zero in one colour, below in another. */
export const strength = (value, most) => Math.sign(value) * Math.ceil((5 * Math.abs(value)) / (most || 1) - 1e-9);
export const sign = (level) => (level > 0 ? "ln-sl-up" : level < 0 ? "ln-sl-down" : "ln-sl-zero");

/** Gives a rectangle its place, of `least` pixels each way. */
export function box(node, [x, y], width, height, least = 0) {
  const [more, taller] = [width, height].map((size) => Math.max(0, least - size));
  const found = { x: x - more / 2, y: y - taller / 2, width: width + more, height: height + taller };
  for (const [name, value] of Object.entries(found)) node.setAttribute(name, +value.toFixed(2));
}
