// What a layer costs, built in three ways, and the numbers in words; Python replays all of it.
import { upto, whole } from "../kit/shared.js";

const IMAGE = 3;

/** A convolution that keeps its maps' size: weights, multiply-adds, elements moved. */
export function layer(c_in, c_out, kernel, size, groups) {
  const params = (kernel * kernel * c_in * c_out) / groups;
  return {
    c_in,
    c_out,
    kernel,
    groups,
    params,
    macs: params * size * size,
    access: (c_in + c_out) * size * size + params,
  };
}

/** Layers of each way. */
export function ways(c_in, c_out, kernel, size, groups) {
  return {
    standard: [layer(c_in, c_out, kernel, size, 1)],
    grouped: [layer(c_in, c_out, kernel, size, groups)],
    separable: [layer(c_in, c_in, kernel, size, c_in), layer(c_in, c_out, 1, size, 1)],
  };
}

/** Layers in a row. */
export function total(layers) {
  const sum = (key) => layers.reduce((before, cost) => before + cost[key], 0);
  return { params: sum("params"), macs: sum("macs"), access: sum("access") };
}

/** The least time of layers in a row, in multiply-adds: each works and moves at once, and the longer counts. */
export const least = (layers, balance) =>
  layers.reduce((before, { macs, access }) => before + Math.max(macs, balance * access), 0);

/** MobileNet V1's widths: exactly α times as many; an image keeps its channels. */
export const scaled = (c, alpha) => (c === IMAGE ? c : c * alpha);

export const divisors = (a, b) => upto(Math.min(a, b) + 1).filter((g) => a % g === 0 && b % g === 0);

/** Which of some numbers is nearest to a target; the first of two. */
export function nearest(numbers, target) {
  const far = numbers.map((number) => Math.abs(number - target));
  return far.indexOf(Math.min(...far));
}

/** Places along a line, moved as little as it takes to stand `gap` apart between `low` and `high`. */
export function spread(places, gap, low, high) {
  const order = upto(places.length).sort((i, j) => places[i] - places[j] || i - j),
    found = [...places];
  let edge = low;
  for (const i of order) {
    found[i] = Math.max(found[i], edge);
    edge = found[i] + gap;
  }
  edge = high;
  for (const i of order.reverse()) {
    found[i] = Math.min(found[i], edge);
    edge = found[i] - gap;
  }
  return found;
}

/** Three digits: 8.41, 128, 27.5 M; whole numbers below a thousand as they are. */
export function short(x) {
  const units = ["", " k", " M", " G", " T"];
  let [rest, unit] = [+x.toPrecision(3), 0];
  while (rest >= 1000) {
    rest /= 1000;
    unit += 1;
  }
  return (unit === 0 && Number.isInteger(x) ? whole(x) : rest.toPrecision(3)) + units[unit];
}

/** "÷ 8.41", "× 1.50", the word `same`, and with "≈" where three digits show no difference. */
export function times(value, base, same) {
  if (value === base) return same;
  const factor = short(Math.max(value, base) / Math.min(value, base));
  return factor === "1.00" ? `≈ ${same}` : `${value < base ? "÷" : "×"} ${factor}`;
}
