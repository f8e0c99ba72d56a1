// Rows of channels, coloured and lettered by group, and the lines between them.
import { svg, upto } from "../kit/shared.js";

/** Four trays of c channels, a little apart after every n. `at(r, i)` is channel i of tray r; `line` and `band` join
    trays r and r + 1; `w` and `h` are a channel's size. Where the page is narrow, rows become columns. */
export function layout(width, c, n) {
  const upright = width / c < 24,
    gaps = c / n,
    h = 26,
    spot = (a, b) => (upright ? [b, a] : [a, b]);
  const gap = upright ? 5 : Math.min(12, (width - 24 * c) / gaps),
    pitch = upright ? 28 : Math.min(52, (width - gap * gaps) / c);
  const w = upright ? Math.min(width / 4 - 26, 64) : Math.max(24, Math.min(pitch - 3, 42)),
    long = (pitch + gap / n) * c;
  const deep = upright ? w + 8 : 56,
    every = upright ? (width - deep) / 3 : 110,
    start = upright ? 30 : (width - long + gap) / 2;
  const along = (i) => start + pitch * (i + 0.5) + gap * Math.floor(i / n),
    top = (r) => every * r,
    end = (r) => top(r) + deep;
  return {
    upright,
    w,
    h,
    height: upright ? start + long : end(3),
    at: (r, i) => spot(along(i), top(r) + (upright ? deep / 2 : 38)),
    line: (r, i, j) => `M${spot(along(i), end(r))}L${spot(along(j), top(r + 1))}`,
    band(r, channels) {
      const [a, b] = [along(channels[0]) - pitch / 2, along(channels.at(-1)) + pitch / 2];
      return `M${spot(a, end(r))}L${spot(b, end(r))}L${spot(b, top(r + 1))}L${spot(a, top(r + 1))}z`;
    },
    tray(text, r) {
      const [[x, y], [wide, high]] = [spot(0, top(r)), upright ? [deep, start + long] : [width, deep]];
      const rect = svg("rect", { x, y, width: wide, height: high, rx: 6, class: "ln-tray ln-quiet" });
      return [
        rect,
        svg("text", {
          text,
          class: upright ? "" : "ln-name",
          x: upright ? x + deep / 2 : Math.max(start, 8),
          y: y + 18,
        }),
      ];
    },
  };
}

/** A channel: its number, and where it has a group of n the group's letter and colour. */
export function chip([x, y], { w, h }, channel, n) {
  const group = Math.floor(channel / n),
    letter = n && w > 20 ? String.fromCharCode(group + (group < 26 ? 65 : 71)) : "";
  const text = svg(
    "text",
    { x, y: y + 4.5, class: w < 16 && "ln-tight" },
    channel,
    svg("tspan", { class: "ln-letter", text: letter }),
  );
  return [
    svg("rect", { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 5, class: n ? `ln-ink${group % 4}` : "" }),
    text,
  ];
}

/** Four paths, one for each colour; `ink` fills them from pairs of a group and a piece of path. */
export const inks = (name) => upto(4).map((i) => svg("path", { class: `${name} ln-ink${i}` }));

export function ink(paths, pieces) {
  const drawn = ["", "", "", ""];
  for (const [group, piece] of pieces) drawn[group % 4] += piece;
  paths.forEach((path, i) => path.setAttribute("d", drawn[i]));
}
