// What the page computes of a convolution: filters, what they give, where windows stand, what it costs.
import { upto } from "../kit/shared.js";

/** Places of a window along one side: ⌊(n + 2p − K) / s⌋ + 1. */
const places = (n, k, stride, padding) => Math.floor((n + 2 * padding - k) / stride) + 1;

/** The filter of each channel, in rows of weights. */
export const filtersOf = ({ kind, kernel, filters, mix }) =>
  mix.map((weight, i) =>
    kind === "pointwise" ? [[weight]] : upto(kernel).map((r) => filters.slice(9 * i + 3 * r, 9 * i + 3 * r + kernel)),
  );

/** The pixels that a window reads, row by row; around a plane there are zeros. */
export const patch = (plane, k, stride, padding, y, x) =>
  upto(k * k).map((at) => plane[y * stride - padding + Math.floor(at / k)]?.[x * stride - padding + (at % k)] ?? 0);

/** The map that each channel and its filter give, rows of sums; each begins at its bias. */
export function alone(planes, filters, biases, stride, padding) {
  const k = filters[0].length,
    [rows, columns] = [planes[0], planes[0][0]].map((side) => upto(places(side.length, k, stride, padding)));
  return planes.map((plane, i) => {
    const weights = filters[i].flat(),
      sum = (pixels) => pixels.reduce((total, pixel, at) => total + pixel * weights[at], biases[i] ?? 0);
    return rows.map((y) => columns.map((x) => sum(patch(plane, k, stride, padding, y, x))));
  });
}

/** Maps added up, and a bias. */
export const added = (maps, bias = 0) =>
  maps[0].map((row, y) => row.map((_, x) => maps.reduce((total, map) => total + map[y][x], bias)));

export const clip = (v, least, most) => Math.max(least, Math.min(v, most));

/** The place along one side whose window has its middle next to a pixel; of an even kernel, the pixel before that. */
export const nearest = (pixel, n, k, stride, padding) =>
  clip(Math.floor((pixel + padding - ((k - 1) >> 1)) / stride + 0.5), 0, places(n, k, stride, padding) - 1);

/** The middle of a place's window. */
export const middle = (place, k, stride, padding) => place * stride - padding + ((k - 1) >> 1);

/** The first place along one side whose window reads a pixel, and how many do. */
export function readers(pixel, n, k, stride, padding) {
  const first = Math.max(0, Math.ceil((pixel + padding - k + 1) / stride)),
    last = Math.min(places(n, k, stride, padding) - 1, Math.floor((pixel + padding) / stride));
  return [first, Math.max(0, last - first + 1)];
}

/** Weights of a standard, a depthwise and a pointwise layer that make c maps of c channels. */
export const ways = (c, k) => [k * k * c * c, k * k * c, c * c];
