// What the page computes of ghosts: a map made from its parent, how good it is, what it saves. Python replays all of it.

/** What a d×d kernel and a bias, whole numbers of thousandths, make of a map, in thousandths; around it are zeros. */
export function ghost(parent, kernel, bias, clipped) {
  const d = Math.sqrt(kernel.length),
    reach = (d - 1) / 2;
  return parent.map((row, y) =>
    row.map((_, x) => {
      const sum = kernel.reduce(
        (total, weight, i) => total + weight * (parent[y + Math.floor(i / d) - reach]?.[x + (i % d) - reach] ?? 0),
        bias,
      );
      return clipped ? Math.max(0, sum) : sum;
    }),
  );
}

/** What a map holds more than its ghost; the ghost in thousandths, the rest too. */
export const missing = (map, made) => map.map((row, y) => row.map((value, x) => 1000 * value - made[y][x]));

/** Multiply-adds at one place: of the convolution, and of the ghost module's two halves, primary and cheap. */
export function macs(c_in, c_out, k, s, d) {
  const m = Math.ceil(c_out / s);
  return [c_in * c_out * k * k, c_in * m * k * k, m * (s - 1) * d * d];
}

/** How many times fewer multiply-adds the ghost module takes. */
export const times = ([whole, primary, cheap]) => whole / (primary + cheap);

/** The mean of the ghosts' shares, and a ghost's rank among them, 1 the best. */
export function among(parents, shares, i) {
  const own = shares.filter((_, at) => parents[at] >= 0),
    mean = own.reduce((sum, share) => sum + share, 0) / own.length;
  return { many: own.length, mean, rank: 1 + own.filter((share) => share > shares[i]).length };
}

/** A number as one of `steps` levels of its kind, with its sign. */
export const level = (value, top, steps) =>
  Math.sign(value) * Math.min(steps, Math.round((Math.abs(value) * steps) / top));
