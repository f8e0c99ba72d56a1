// From the plane through a random matrix and ReLU, and back: what `trip.py` does with PyTorch.
import { upto } from "../kit/shared.js";

const POINTS = 49,
  BETWEEN = 10,
  ROWS = 30,
  HALF = 648;
const FULL = 360;
function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}
const cross = ([a, b], [c, d]) => a * d - b * c;
const radians = (degrees) => (degrees * Math.PI) / 180;
export const degrees = ([x, y]) => ((Math.atan2(y, x) * 180) / Math.PI + FULL) % FULL;

/** The curve that is measured: a spiral, each tenth of its points pulled by x and y hundredths, those between in proportion. */
export function curve(bent) {
  const last = (POINTS - 1) * BETWEEN;
  return upto(last + 1).map((j) => {
    const f = j / last,
      i = 2 * Math.floor(j / BETWEEN),
      part = (j % BETWEEN) / BETWEEN;
    return ["cos", "sin"].map((wave, axis) => {
      const pull = (1 - part) * bent[i + axis] + part * (bent[i + axis + 2] ?? 0);
      return (0.1 + 0.9 * f) * Math[wave](4 * Math.PI * f) + pull / 100;
    });
  });
}
/** Those of its points that are drawn. */
export const drawn = (list) => list.filter((_, j) => j % BETWEEN === 0);

/** The first n rows of a draw's matrix T; the foremost are turned by degrees. */
export function matrix(packed, n, draw, turned) {
  return upto(n).map((k) => {
    const at = 4 * (ROWS * (draw - 1) + k),
      [a, b] = [at, at + 2].map((i) => (Number.parseInt(packed.slice(i, i + 2), 36) - HALF) / 100),
      by = radians(turned[k] ?? 0);
    return [Math.cos(by) * a - Math.sin(by) * b, Math.sin(by) * a + Math.cos(by) * b];
  });
}

/** What ReLU leaves of a point's coordinates. */
export const sent = (rows, x) => rows.map((row) => Math.max(0, dot(row, x)));

/** 0, a dead point: all coordinates are zero; 1, flattened: one direction is left; 2, decodable. */
export function fate(rows, x) {
  const [first, ...others] = rows.filter((row) => dot(row, x) > 0);
  if (!first) return 0;
  return others.some((row) => Math.abs(cross(first, row)) > 1e-9 * dot(first, first)) ? 2 : 1;
}

/** The affine map of ys that comes nearest to xs: projected on columns made orthogonal. */
export function affine(ys, xs) {
  const base = [];
  for (const k of upto(ys[0].length + 1)) {
    const column = Float64Array.from(ys, (y) => (k ? y[k - 1] : 1)),
      long = Math.sqrt(dot(column, column));
    let left = long,
      before;
    do {
      before = left;
      for (const q of base) {
        const share = dot(q, column);
        for (let i = 0; i < column.length; i += 1) column[i] -= share * q[i];
      }
      left = Math.sqrt(dot(column, column));
    } while (left < 0.1 * before && left > 1e-9 * long);
    if (left > 1e-9 * long) base.push(column.map((v) => v / left));
  }
  const axes = [0, 1].map((axis) => {
    const own = xs.map((x) => x[axis]);
    return base.map((q) => dot(q, own));
  });
  return xs.map((_, i) => axes.map((shares) => shares.reduce((sum, share, k) => sum + share * base[k][i], 0)));
}

/** The pseudo-inverse of T. */
export function inverse(rows, ys) {
  const [a, b, c] = [
      [0, 0],
      [0, 1],
      [1, 1],
    ].map(([i, j]) => rows.reduce((sum, row) => sum + row[i] * row[j], 0)),
    [area, size] = [a * c - b * b, a + c];
  const [p, q, r] =
    area > 1e-12 * size * size ? [c / area, -b / area, a / area] : [a, b, c].map((v) => v / size / size);
  return ys.map((y) => {
    const [u, v] = [0, 1].map((axis) => y.reduce((sum, own, k) => sum + own * rows[k][axis], 0));
    return [p * u + q * v, q * u + r * v];
  });
}

/** The root-mean-square distance from decoded to true points, as a share of that from their mean. */
export function error(back, xs) {
  const mean = [0, 1].map((axis) => xs.reduce((sum, x) => sum + x[axis], 0) / xs.length),
    far = (from) => Math.sqrt(xs.reduce((sum, [x, y], i) => sum + (x - from(i)[0]) ** 2 + (y - from(i)[1]) ** 2, 0));
  return far((i) => back[i]) / far(() => mean);
}

/** The sectors of the plane that get lost, from and to in degrees, counter-clockwise, and their points' fate: between two
    lines where a coordinate is zero, ReLU treats all alike. */
export function sectors(rows) {
  const edges = rows.flatMap(([a, b]) => [degrees([-b, a]), degrees([b, -a])]).sort((a, b) => a - b);
  return edges
    .map((from, i) => {
      const to = edges[i + 1] ?? edges[0] + FULL,
        middle = radians((from + to) / 2);
      return [from, to, fate(rows, [Math.cos(middle), Math.sin(middle)])];
    })
    .filter(([from, to, own]) => own < 2 && to > from);
}

/** The whole way: fates of the points that are drawn; decoded points and errors of both decoders. */
export function journey(rows, xs) {
  const ys = xs.map((x) => sent(rows, x)),
    backs = [affine(ys, xs), inverse(rows, ys)];
  return {
    fates: drawn(xs)
      .map((x) => fate(rows, x))
      .join(""),
    decoded: backs.map(drawn),
    errors: backs.map((back) => error(back, xs)),
  };
}

/** How the curve is bent once point i is pulled by [x, y]: its neighbours follow, the less the farther along they are;
    none leaves the square. */
export function pull(bent, i, by) {
  const home = drawn(curve(bent.map(() => 0)));
  return bent.map((own, at) => {
    const [j, axis] = [Math.floor(at / 2), at % 2],
      share = Math.max(0, 1 - Math.abs(i - j) / 7) ** 2,
      [least, most] = [-100, 100].map((end) => Math.round(end - 100 * home[j][axis]));
    return Math.max(least, Math.min(Math.round(own + 100 * share * by[axis]), most));
  });
}
