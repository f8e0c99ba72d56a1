// 1×1 layers of equal work, and what they move; Python replays all of it.

/** The layer of a ratio and of groups that does the work of `width` → `width` channels, or a little less: channels are
    whole. Its factor is what it moves, in units of the least that its work allows. */
export function layer(size, width, [a, b], groups) {
  const unit = groups * Math.max(1, Math.floor(Math.sqrt((width * width) / (a * b * groups)))),
    [c_in, c_out, maps] = [a * unit, b * unit, size * size],
    parts = [c_in * maps, (c_in * c_out) / groups, c_out * maps],
    macs = maps * parts[1],
    access = parts[0] + parts[1] + parts[2],
    least = bound(size, macs);
  return { c_in, c_out, groups, size, macs, parts, access, least, factor: access / least };
}

/** The least that a 1×1 layer of this work moves. */
export const bound = (size, macs) => 2 * size * Math.sqrt(macs) + macs / (size * size);

/** The factor where the work is exactly that of `width` → `width`, were channels not whole. */
export function smooth(size, width, ratio, groups) {
  const maps = 2 * size * size * width,
    weights = width * width;
  return ((maps * Math.sqrt(groups) * (Math.sqrt(ratio) + Math.sqrt(1 / ratio))) / 2 + weights) / (maps + weights);
}

/** The first of some factors that is not below a level, or -1. */
export const reached = (factors, level) => factors.findIndex((factor) => factor >= level);

/** Which of some numbers is nearest to a target; the first of two. */
export function nearest(numbers, target) {
  const far = numbers.map((number) => Math.abs(number - target));
  return far.indexOf(Math.min(...far));
}

/** How far a guess is off, in per cent of the truth. */
export const off = (guess, truth) => Math.round(100 * (guess / truth - 1));

/** Three digits: 819 k, 1.52 M, 51.4 M. */
export function short(x) {
  const unit = [1, 1e3, 1e6, 1e9].findLastIndex((least) => x >= 0.9995 * least);
  return `${+(x / 1000 ** unit).toPrecision(3)} ${["", "k", "M", "G"][unit]}`.trim();
}

/** × 1.86 */
export const times = (factor) => `× ${+factor.toFixed(2)}`;
