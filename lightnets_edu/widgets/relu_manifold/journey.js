// From the plane through a random matrix and ReLU, and back: what `trip.py` does with PyTorch.
import { upto } from "../kit/shared.js";

const BETWEEN = 10,
  FULL = 360;

const dot = ([a, b], [x, y]) => a * x + b * y;
const radians = (degrees) => (degrees * Math.PI) / 180;
export const degrees = ([x, y]) => ((Math.atan2(y, x) * 180) / Math.PI + FULL) % FULL;

/** The curve that is measured, as it was: two turns in 480 steps, its radius from 0.1 to 1. */
export const unbent = upto(481).map((j) => {
  const angle = (Math.PI * (j / 5 + 1)) / 24;
  return [Math.cos(angle), Math.sin(angle)].map((v) => (0.1 + (0.9 * j) / 480) * v);
});
/** And now: each tenth of its points is pulled by x and y hundredths, those between in proportion. */
export const curve = (bent) =>
  unbent.map((spot, j) => {
    const i = 2 * Math.floor(j / BETWEEN),
      part = (j % BETWEEN) / BETWEEN;
    return spot.map((v, axis) => v + ((1 - part) * bent[i + axis] + part * (bent[i + axis + 2] ?? 0)) / 100);
  });
/** Those of its points that are drawn. */
export const drawn = (list) => list.filter((_, j) => j % BETWEEN === 0);

/** The first n rows of a matrix T, given in hundredths; the foremost are turned by degrees. */
export const matrix = (numbers, n, turned) =>
  upto(n).map((k) => {
    const [a, b] = [numbers[2 * k] / 100, numbers[2 * k + 1] / 100],
      by = radians(turned[k] ?? 0);
    return [Math.cos(by) * a - Math.sin(by) * b, Math.sin(by) * a + Math.cos(by) * b];
  });

/** Whether ReLU sets a coordinate to zero. */
export const zero = (row, x) => dot(row, x) <= 0;

/** 0, a dead point: all coordinates are zero; 1, flattened: one direction is left; 2, decodable. */
export function fate(rows, x) {
  const [first, ...others] = rows.filter((row) => dot(row, x) > 0);
  if (!first) return 0;
  return others.some(([a, b]) => Math.abs(first[0] * b - first[1] * a) > 1e-9 * dot(first, first)) ? 2 : 1;
}

// Long columns of numbers, and nothing else: so engines make them quick.
const column = (list) => new Float64Array(list);
function product(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}
function add(a, share, b) {
  for (let i = 0; i < a.length; i += 1) a[i] += share * b[i];
}

/** The affine map that brings coordinates nearest to points, all in columns: projected on columns made orthogonal. */
export function affine(columns, points) {
  const base = [],
    backs = points.map((axis) => column(axis.length));
  for (const own of [points[0].map(() => 1), ...columns].map(column)) {
    const long = product(own, own);
    for (const q of base) add(own, -product(q, own), q);
    const left = product(own, own);
    if (left <= 1e-18 * long) continue;
    add(own, 1 / Math.sqrt(left) - 1, own);
    base.push(own);
    backs.forEach((back, k) => add(back, product(own, points[k]), own));
  }
  return backs;
}

/** The pseudo-inverse of T, of coordinates in columns. */
export function inverse(rows, columns) {
  const [a, b, c] = [
      [0, 0],
      [0, 1],
      [1, 1],
    ].map(([i, j]) => rows.reduce((sum, row) => sum + row[i] * row[j], 0)),
    [area, size] = [a * c - b * b, a + c];
  const [p, q, r] =
    area > 1e-12 * size * size ? [c / area, -b / area, a / area] : [a, b, c].map((v) => v / size / size);
  const backs = [p, r].map(() => column(columns[0].length));
  rows.forEach(([x, y], k) => {
    add(backs[0], p * x + q * y, columns[k]);
    add(backs[1], q * x + r * y, columns[k]);
  });
  return backs;
}

/** The root-mean-square distance from decoded to true points, as a share of that from their mean. */
export function error(backs, points) {
  let [off, size] = [0, 0];
  points.forEach((axis, k) => {
    const by = column(axis);
    size += product(axis, axis) - axis.reduce((sum, v) => sum + v, 0) ** 2 / axis.length;
    add(by, -1, backs[k]);
    off += product(by, by);
  });
  return Math.sqrt(off / size);
}

/** The sectors of the plane that get lost, from and to in degrees, counter-clockwise, and their points' fate: between
    two lines where a coordinate is zero, ReLU treats all alike. */
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
  const points = [0, 1].map((axis) => column(xs.map((x) => x[axis]))),
    columns = rows.map(([a, b]) => points[0].map((x, i) => Math.max(0, a * x + b * points[1][i]))),
    backs = [affine(columns, points), inverse(rows, columns)];
  return {
    fates: drawn(xs)
      .map((x) => fate(rows, x))
      .join(""),
    decoded: backs.map(([x, y]) => drawn([...x]).map((v, i) => [v, y[BETWEEN * i]])),
    errors: backs.map((back) => error(back, points)),
  };
}

/** How the curve is bent once point i is pulled by [x, y]: its neighbours follow, the less the farther along they are;
    none leaves the square. `home`: where all are while nothing is bent. */
export const pull = (home, bent, i, by) =>
  bent.map((own, at) => {
    const [j, axis] = [Math.floor(at / 2), at % 2],
      share = Math.max(0, 1 - Math.abs(i - j) / 7) ** 2,
      here = home[j][axis],
      there = Math.max(-1, Math.min(here + own / 100 + share * by[axis], 1));
    return Math.round(100 * (there - here)) + 0;
  });

/** How many points are dead, flattened, decodable. */
export const census = (fates) => [0, 1, 2].map((fate) => fates.split(fate).length - 1);

export function percent(e) {
  const share = 100 * e;
  if (share > 0 && share < 0.005) return "<0.01%";
  return `${share.toFixed(!share ? 0 : share < 1 ? 2 : share < 100 ? 1 : 0)}%`;
}
