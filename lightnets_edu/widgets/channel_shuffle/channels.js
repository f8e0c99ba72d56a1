// Where channels stand: four rows, a little apart after every group; the lines between them; the table of the shuffle.
import { mend, svg, upto } from "../kit/shared.js";

const TALL = 22; // a channel, in pixels
const ROWS = [0, 0.31, 0.655, 1]; // of the way from the first row to the last

/** Rows of c channels in groups of n, of the same height in every state. */
export function layout(width, c, n) {
  const slim = width < 460,
    left = slim ? 18 : 84,
    height = slim ? 270 : 336,
    room = width - left;
  const gap = c > n ? Math.min(14, (room * n) / ((slim ? 16 : 8) * (c - n))) : 0,
    pitch = Math.min(slim ? 34 : 54, (room - gap * (c / n - 1)) / c),
    wide = Math.min(pitch - (pitch > 24 ? 6 : 2), 44);
  const start = left + (room - pitch * c - gap * (c / n - 1)) / 2;
  const rows = ROWS.map((share) => TALL / 2 + 5 + share * (height - TALL - 10)),
    along = (i) => start + pitch * (i + 0.5) + gap * Math.floor(i / n);
  return {
    height,
    wide,
    pitch,
    /** A channel's middle. */
    at: (row, i) => [along(i), rows[row], 1],
    /** The channel of a row that is nearest to x. */
    nearest: (x) => upto(c).reduce((best, i) => (Math.abs(along(i) - x) < Math.abs(along(best) - x) ? i : best)),
    /** From channel i of a row to j of the next: straight where a weight is, curved where a channel only moves. */
    line(row, i, j, moves) {
      const [x, y, to, end] = [along(i), rows[row] + TALL / 2, along(j), rows[row + 1] - TALL / 2],
        half = (y + end) / 2;
      return moves ? `M${x} ${y}C${x} ${half} ${to} ${half} ${to} ${end}` : `M${x} ${y}L${to} ${end}`;
    },
    /** The box of a small layer: some channels, from one row to another. */
    box(from, to, channels) {
      const [x, end] = [along(channels[0]) - pitch / 2, along(channels.at(-1)) + pitch / 2];
      return `M${x} ${rows[from] - TALL / 2 - 4}H${end}V${rows[to] + TALL / 2 + 4}H${x}z`;
    },
    /** A cell of a table that is so high and so wide, between layer 1 and layer 2; and how large a channel is there. */
    cell(row, column, high, across) {
      const [top, foot] = [rows[1] + TALL / 2 + 4, rows[3] - TALL / 2 - 4],
        step = Math.min(TALL + 6, (foot - top) / high);
      const x = left + room / 2 + (column - (across - 1) / 2) * Math.min(wide + 6, room / across);
      return [x, (top + foot) / 2 + (row - (high - 1) / 2) * step, Math.min(1, step / (TALL + 2))];
    },
    /** Writes a row's name beside it; where the page is narrow, along its edge. */
    name(node, text, row) {
      const y = Math.max(26, Math.min(rows[row], height - 26));
      mend(node, "text", text);
      mend(node, "class", slim ? "ln-along" : "ln-name");
      mend(node, "transform", slim ? `translate(11 ${y}) rotate(-90)` : `translate(0 ${rows[row] + 4})`);
    },
  };
}

/** What is drawn of a channel: its number over a bar, which is filled in `inks` colours. */
export function chip(number, inks) {
  const bars = upto(inks).map(() => svg("path", { class: "ln-bar" }));
  return [
    svg("rect", { rx: 4, class: "ln-chip" }),
    svg("text", { text: number }),
    ...bars,
    svg("rect", { class: "ln-hit" }),
  ];
}

export function place(node, [x, y, size]) {
  mend(node, "style", `transform: translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) scale(${size.toFixed(2)})`);
}

/** A chip's size, and its bar: that has a slot for each of g groups, and those that have come in are filled. One colour
    is the chip's too. */
export function dress(node, { wide, pitch }, groups, g) {
  const now = `${[wide, pitch, g, groups]}`;
  if (node.dressed === now) return;
  node.dressed = now;
  const [rect, text, ...bars] = node.children,
    slot = (wide - 4) / g,
    narrow = wide < 18,
    one = bars.length < 3 && groups[0] % 4;
  for (const [own, width, height] of [
    [rect, wide, TALL],
    [bars.pop(), pitch, TALL + 4],
  ])
    for (const [name, value] of Object.entries({ x: -width / 2, y: -height / 2, width, height }))
      mend(own, name, value);
  mend(rect, "class", one === false ? "ln-chip" : `ln-chip ln-ink${one}`);
  mend(text, "class", narrow ? "ln-tight" : "");
  mend(text, "y", narrow ? 2 : 3);
  const piece = (k) => `M${2 - wide / 2 + k * slot} ${TALL / 2 - 7}h${slot - (slot > 4)}v5h${(slot > 4) - slot}z`;
  bars.forEach((bar, i) => {
    const own = groups.filter((group) => one !== false || group % 4 === i);
    mend(bar, "class", `ln-bar ln-ink${one === false ? i : one}`);
    mend(bar, "d", own.map(piece).join(""));
  });
}

/** Paths in as many colours as layers have, and one without a colour; `ink` fills them from pairs of a colour and a
    piece of path. */
export const inks = (name) => upto(5).map((i) => svg("path", { class: i < 4 ? `${name} ln-ink${i}` : name }));

export function ink(paths, pieces) {
  const drawn = ["", "", "", "", ""];
  for (const [colour, piece] of pieces) drawn[colour] += piece;
  paths.forEach((path, i) => mend(path, "d", drawn[i]));
}
