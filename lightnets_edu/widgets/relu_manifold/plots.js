// Where everything stands, and the shapes.
import { svg, upto } from "../kit/shared.js";
import { degrees } from "./journey.js";

const REACH = 1.1; // of the frames, in the plane's units
const HUES = 7;

/** Where things stand at a width, whatever the state: `u` pixels are one unit in all pictures of the spiral but the
    small ones. `rim`: how far lines and their grips reach. */
export function layout(width) {
  const wide = width >= 900,
    narrow = width < 480,
    gap = narrow ? 8 : 100,
    u = Math.floor(Math.min(wide ? 118 : 128, (width - gap - 38) / 4.2)),
    [input, output] = [2 * u + 36, 2 * u * REACH],
    head = 22;
  const left = wide ? 0 : Math.max(0, (width - input - gap - output) / 2),
    right = left + input + gap,
    middle = head + input / 2,
    below = head + input + (narrow ? 40 : 24);
  const side = wide ? [right + output + 36, head, width - right - output - 36] : [0, below + 8, width],
    cell = ((narrow || wide ? side[2] : 0.6 * side[2]) - 20) / 5,
    thumb = Math.min(cell - 8, wide ? 84 : 64),
    high = thumb + 32;
  const tally =
    narrow || wide
      ? [side[0], side[1] + high + 30, side[2], wide ? below - side[1] - high - 34 : 64]
      : [0.64 * width, side[1] + 18, 0.36 * width, high - 18];
  return {
    ...{ width, wide, narrow, u, input, output, left, right, head, thumb, cell, high, tally },
    rim: u + 5,
    inner: [left + input / 2, middle],
    outer: [right + output / 2, middle],
    middle: left + input + gap / 2,
    strip: side,
    height: wide ? below : tally[1] + tally[3] + 4,
  };
}

const clip = (v) => Math.max(-REACH, Math.min(v, REACH));
/** Places of points of the plane; what lies outside the frame is drawn on its edge. */
export const places = (list, [x, y], unit) => list.map(([a, b]) => [x + unit * clip(a), y - unit * clip(b)]);
export const outside = (list) => list.filter((spot) => spot.some((v) => Math.abs(v) > REACH)).length;
const tenth = (v) => +v.toFixed(1);
export const line = (spots) => `M${spots.map((spot) => spot.map(tenth)).join("L")}`;
export const put = (node, attributes) => {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
};

const cross = (r) => `M${-r} ${-r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`;
const circle = (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
/** The mark of a fate. */
export const shape = (fate, r) => (fate > 0 ? circle : cross)(r);

/** A spiral: a line and its marks, which keep their nodes; hue and size grow along it, shapes tell fates. */
export function spiral(many) {
  const path = svg("path", { class: "ln-rm-line ln-quiet ln-glide" }),
    marks = upto(many).map((i) => {
      const share = Math.round(100 - (100 * Math.floor((HUES * i) / many)) / (HUES - 1));
      return svg("path", {
        style: `--ln-rm-hue: color-mix(in oklch increasing hue, var(--ln-0) ${share}%, var(--ln-1))`,
      });
    });
  return {
    nodes: [path, ...marks],
    put(spots, fates, small) {
      path.setAttribute("d", line(spots));
      marks.forEach((mark, i) => {
        const [x, y] = spots[i].map(tenth);
        put(mark, {
          class: `ln-rm-mark ln-glide ln-rm-fate${fates[i]}`,
          d: shape(fates[i], tenth((1.5 + (2.5 * i) / many) * (small ? 0.7 : 1))),
        });
        mark.style.transform = `translate(${x}px, ${y}px)`;
      });
    },
  };
}

const polar = ([x, y], r, angle) => {
  const a = (angle * Math.PI) / 180;
  return [x + r * Math.cos(a), y - r * Math.sin(a)].map(tenth);
};
/** A sector of a disc, from and to in degrees, counter-clockwise; half of it at most in one go. */
export const sector = ([from, to], middle, r) =>
  `M${middle}L${polar(middle, r, from)}A${r} ${r} 0 0 0 ${polar(middle, r, (from + to) / 2)}A${r} ${r} 0 0 0 ${polar(middle, r, to)}z`;

/** The line on which a row's coordinate is zero, with a tick on its living side; its grip's end, and its angle. */
export function hyperplane([a, b], middle, r) {
  const angle = degrees([b, -a]),
    [end, other] = [polar(middle, r, angle), polar(middle, r, angle + 180)],
    tick = [(12 * a) / Math.hypot(a, b), (-12 * b) / Math.hypot(a, b)].map(tenth);
  return { angle, end, d: `M${other}L${end}`, tick: `M${polar(middle, r - 16, angle)}l${tick}` };
}

/** A point's coordinates: filled where something is left of them. */
export function cells(bits, x, y, across, pitch) {
  const d = ["", ""],
    a = pitch - 4;
  bits.forEach((on, k) => {
    d[+on] += `M${x + pitch * (k % across) + 2} ${y + pitch * Math.floor(k / across) + 2}h${a}v${a}h${-a}z`;
  });
  return d;
}
