// Where things stand in the drawing, and pictures painted in levels.
import { svg } from "../kit/shared.js";

export const HIGH = 26; // a weight's cell, in pixels
export const BAR = 18;
const LABEL = 16;

/** Where everything stands on a page of so many pixels, for so many columns and pictures of `side` pixels: the picture,
    its channels and their filters; below, or to the right, `lower` 1, the maps and what they cost. */
export function layout(width, columns, side) {
  const wide = width >= 860,
    room = wide ? (width - 40) / 2 : width,
    column = room / columns,
    square = Math.min(wide ? 150 : 120, column),
    cell = Math.min(40, Math.floor(square / 3.5));
  const pitch = Math.floor((10 * square) / (side + 2)) / 10,
    top = LABEL + square + 6,
    [left, down] = wide ? [width - room, 0] : [0, top + 3 * HIGH + 12],
    bars = down + top + 32;
  /** The middle of a column, so many pixels below the top. */
  const at = (i, lower, y) => [column * (i + 0.5) + lower * left, lower * down + y];
  return {
    ...{ at, pitch, cell, room, under: LABEL + square + 12, height: Math.max(top + 3 * HIGH, bars + 3 * BAR) + 2 },
    /** The corner of a picture in its column. */
    corner(i, lower, [rows, across]) {
      const [x, y] = at(i, lower, LABEL + (square - rows * pitch) / 2);
      return [x - (across * pitch) / 2, y];
    },
    weight: (i, r, c, k) => at(i + ((c - k / 2) * cell) / column, 0, top + (r + (3 - k) / 2) * HIGH),
    bar: (i) => [left, bars + i * BAR],
  };
}

/** A picture in one path for each level, in runs of pixels; the level is an attribute of it. */
export function paint(node, levels, [x, y], pitch, attribute) {
  const runs = {};
  levels.forEach((row, r) =>
    row.forEach((level, c) => {
      runs[level] = `${runs[level] ?? ""}${level === row[c - 1] ? "" : `M${c} ${r}`}h1`;
    }),
  );
  node.setAttribute("transform", `translate(${x} ${y + pitch / 2}) scale(${pitch})`);
  node.replaceChildren(...Object.entries(runs).map(([level, d]) => svg("path", { d, [attribute]: level })));
}

/** A class that says how strong a number is: from −5 to 5. */
export const strength = (value, most) =>
  `ln-sl-${Math.sign(value) * Math.ceil((5 * Math.abs(value)) / (most || 1) - 1e-9)}`;

export function box(node, x, y, width, height) {
  for (const [name, value] of Object.entries({ x, y, width, height })) node.setAttribute(name, +value.toFixed(2));
}

export function put(node, [x, y], text) {
  node.setAttribute("x", x);
  node.setAttribute("y", y);
  node.textContent = text;
}
