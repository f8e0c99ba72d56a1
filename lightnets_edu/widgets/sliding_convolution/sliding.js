// What the page computes of a convolution: the filters drawn, what they give, where windows stand, what it costs.
import { upto } from "../kit/shared.js";

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Places of a window along one side: ⌊(n + 2p − K) / s⌋ + 1. */
export const places = (n, k, stride, padding) => Math.floor((n + 2 * padding - k) / stride) + 1;

/** The filter of each channel, and its bias: one for each channel of a depthwise layer, else one for the sum. */
export function kernelOf({ planes, module, kind, kernel, filters, mix, output }) {
  const channels = upto(planes.length);
  if (module.weights) {
    const each = kind === "depthwise" ? module.weights.length / planes.length : 0,
      outputs = each ? channels.map((i) => i * each + output) : [output];
    return {
      filters: each ? outputs.map((o) => module.weights[o][0]) : module.weights[output],
      bias: outputs.flatMap((o) => module.bias.slice(o, o + 1)),
    };
  }
  const row = (i, r) => filters.slice(9 * i + 3 * r, 9 * i + 3 * r + kernel);
  return {
    filters:
      kind === "pointwise" ? mix.map((weight) => [[weight]]) : channels.map((i) => upto(kernel).map((r) => row(i, r))),
    bias: [],
  };
}

/** Pairs of pixel and weight where a window stands, row by row. */
export const pairs = (plane, filter, stride, padding, y, x) =>
  filter.flatMap((row, dy) =>
    row.map((weight, dx) => [plane[y * stride + dy - padding]?.[x * stride + dx - padding] ?? 0, weight]),
  );

/** The map that each channel and its filter give: rows of sums. */
export function alone(planes, filters, stride, padding) {
  const [rows, columns] = [planes[0], planes[0][0]].map(({ length }) =>
    places(length, filters[0].length, stride, padding),
  );
  return planes.map((plane, i) =>
    upto(rows).map((y) =>
      upto(columns).map((x) => sum(pairs(plane, filters[i], stride, padding, y, x).map(([a, b]) => a * b))),
    ),
  );
}

/** All maps and a bias added up, channel by channel. */
export const added = (maps, bias) =>
  maps[0].map((row, y) => row.map((_, x) => sum([...maps.map((map) => map[y][x]), ...bias])));

/** The place along one side whose window has its middle next to a pixel. */
export const nearest = (pixel, n, k, stride, padding) =>
  Math.max(
    0,
    Math.min(Math.floor((pixel + padding - ((k - 1) >> 1)) / stride + 0.5), places(n, k, stride, padding) - 1),
  );

/** The middle of a place's window. */
export const middle = (place, k, stride, padding) => place * stride - padding + ((k - 1) >> 1);

/** The first and the last place along one side whose windows read a pixel; none where the first comes after the last. */
export const readers = (pixel, n, k, stride, padding) => [
  Math.max(0, Math.ceil((pixel + padding - k + 1) / stride)),
  Math.min(places(n, k, stride, padding) - 1, Math.floor((pixel + padding) / stride)),
];

/** Weights of a standard, a depthwise and a pointwise layer that make c maps of c channels. */
export const ways = (c, k) => [k * k * c * c, k * k * c, c * c];
