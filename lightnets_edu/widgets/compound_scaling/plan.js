// Where things stand: the network to scale, and four rails on one axis, whose steps are doublings of the work.
import { upto } from "../kit/shared.js";
import { short } from "./scaling.js";

const ENDS = 8; // doublings on the axis
const GAP = 4; // between stages
const ROOM = [64, 640, 640]; // layers, channels, and sides of all seven maps: what is drawn at full scale
const LEAN = [0.5, 0.35]; // how far a pixel of a map goes across and up
const RAIL = 34;

/** All from the width, never from a state. */
export function layout(width, first) {
  const beside = width >= 700,
    tall = width < 460 ? 118 : beside ? 190 : 180,
    broad = beside ? width * 0.54 : width,
    left = (beside ? broad + 24 : 0) + 18,
    right = width - 20,
    top = beside ? 14 : tall + 32,
    step = (right - left) / ENDS,
    low = top + 3 * RAIL,
    flat = tall * 0.2;
  const unit = flat / (150 * 2.7 * LEAN[1]),
    across = (broad - 8 * GAP - ROOM[2] * unit * LEAN[0]) / ROOM[0];
  return {
    ...{ broad, tall, left, right, step, top, low, rail: RAIL, floor: tall + 14 },
    height: Math.max(low + 68, tall + 32),
    units: [across, (tall - 6) / 820, unit],
    x: (doublings) => left + doublings * step,
    ticks: upto(5).map((i) => [left + 2 * i * step, low + 64, short(first * 4 ** i), "mid"]),
    grid: upto(4)
      .flatMap((row) => upto(ENDS + 1).map((i) => `M${left + i * step} ${top + row * RAIL + (row === 3 ? 29 : 25)}v4`))
      .join(""),
  };
}

/** The stages of two networks in one place, and the zoom at which both find room: 1, or 1/2, or 1/4, … */
export function boxes(now, other, { broad, tall, floor, units }) {
  const sizes = ({ layers, channels, size }) => [layers, channels, size].map((one, i) => one * units[i]),
    pairs = now.map((row, i) => [sizes(row), sizes(other[i])]);
  const long = pairs.reduce((sum, [a, b]) => sum + Math.max(a[0] + a[2] * LEAN[0], b[0] + b[2] * LEAN[0]), 0),
    high = Math.max(...pairs.flat().map(([, height, back]) => height + back * LEAN[1]));
  const fit = Math.min((broad - 8 * GAP) / long, tall / high),
    zoom = Math.min(1, 2 ** Math.floor(Math.log2(fit)));
  let x = GAP;
  return {
    zoom,
    places: pairs.map((pair) => {
      const [own, ghost] = pair.map((three) => {
        const [b, h, back] = three.map((one) => one * zoom);
        return { x, y: floor, b, h, dx: back * LEAN[0], dy: back * LEAN[1] };
      });
      const slot = Math.max(own.b + own.dx, ghost.b + ghost.dx);
      x += slot + GAP;
      return { own, ghost, slot };
    }),
  };
}

/** Outlines of a box: its front, its top and side, the three edges that are its breadth, its height and its map. */
export function outlines({ x, y, b, h, dx, dy }) {
  const [right, top] = [x + b, y - h];
  return [
    `M${x} ${y}V${top}H${right}V${y}Z`,
    `M${x} ${top}L${x + dx} ${top - dy}H${right + dx}V${y - dy}L${right} ${y}V${top}H${x}M${right} ${top}L${right + dx} ${top - dy}`,
    `M${x} ${y}H${right}`,
    `M${x} ${y}V${top}`,
    `M${right} ${y}L${right + dx} ${y - dy}`,
  ];
}
