// What is said of the layers of networks, in numbers and words.
import { upto, whole } from "../kit/shared.js";
import { words } from "./words.js";

// The last numbers of a row; before them stand what it is, its kind, and the height of its maps.
export const NUMBERS = ["weights", "params", "macs", "access"];
const ENDS = 1000; // a brush runs from 0 to this

export const clip = (n, most) => Math.max(0, Math.min(n, most));
export const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

/** A network's rows, as they run, each with the name of its block before its own. */
export const unpack = ({ layers, blocks }) =>
  blocks.flatMap(([block, own]) =>
    own.map((i) => [[block, layers[i][0]].filter(Boolean).join(", "), ...layers[i].slice(1)]),
  );

/** Where blocks of more than one layer begin and end. */
export function spans(blocks) {
  let end = 0;
  const all = blocks.map(([name, own]) => ({ name, from: end, to: (end += own.length) }));
  return all.filter(({ from, to }) => to > from + 1);
}

/** One number of every row. */
export const values = (rows, measure) => rows.map((row) => row[3 + NUMBERS.indexOf(measure)]);

/** Places in the order drawn; equal numbers stay in the order of execution. */
export function ranked(numbers, order) {
  const places = upto(numbers.length);
  return order === "execution" ? places : places.sort((a, b) => numbers[b] - numbers[a]);
}

/** The sum over the rows of each kind. */
export function byKind(rows, measure) {
  const numbers = values(rows, measure);
  return words.kinds.map((_, kind) => sum(numbers.filter((_, i) => rows[i][1] === kind)));
}

/** The top of an axis for numbers up to `most`: one that is easily halved. */
export function ceiling(most) {
  const unit = 10 ** (`${Math.max(most, 10)}`.length - 2);
  return unit * [10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100].find((step) => step * unit >= most);
}

/** The places of n layers that a brush covers: from the first up to, and without, the last. */
export const brushed = (n, ends) => ends.map((end) => Math.round((end * n) / ENDS)).sort((a, b) => a - b);

/** The brush that covers these places. */
export const brush = (n, from, to) => [from, to].map((place) => Math.round((ENDS * place) / n));

/** What each tenth of the layers costs, a layer on a border in parts. */
function tenths(numbers) {
  const n = numbers.length,
    part = (j, k) => Math.max(0, Math.min((j + 1) / 10, (k + 1) / n) - Math.max(j / 10, k / n)) * n;
  return upto(10).map((j) => sum(numbers.map((number, k) => number * part(j, k))));
}

/** The share of a sketch that lies where the cost is: both as wholes of one. */
export function overlap(sketch, numbers) {
  const [guessed, total] = [sum(sketch), sum(numbers)];
  if (!guessed || !total) return 0;
  return sum(tenths(numbers).map((cost, j) => Math.min(cost / total, sketch[j] / guessed)));
}

/** What a layer of each tenth costs where a sketch is right about the shape, and all layers cost what they do. */
export const ahead = (sketch, numbers) =>
  sketch.map((level) => (10 * level * sum(numbers)) / ((sum(sketch) || 1) * numbers.length));

/** At most three digits, and a unit: 27.5 M, 60 M. */
export function short(n) {
  const k = Math.max(
    0,
    [1, 1e3, 1e6, 1e9].findLastIndex((unit) => n >= 0.9995 * unit),
  );
  return `${+(n / 1000 ** k).toPrecision(3)} ${" kMG"[k]}`.trim();
}

/** A share for a drawing: 94.9%, 0.02%. */
export function rounded(part, all) {
  const share = (100 * part) / (all || 1);
  return `${+(share < 1 ? share.toFixed(2) : share.toPrecision(3))}%`;
}

/** 94.86% */
export const percent = (part, all) => `${((100 * part) / (all || 1)).toFixed(2)}%`;

/** What some neighbours, as they are drawn, cost: exactly, and in per cent of all. */
export function costs(numbers, [from, to], metric) {
  const own = sum(numbers.slice(from, to));
  return words.costs(whole(own), metric, percent(own, sum(numbers)));
}

/** How much of all lies before them, and behind. */
export function sides(numbers, [from, to]) {
  return words.sides(...[numbers.slice(0, from), numbers.slice(to)].map((part) => percent(sum(part), sum(numbers))));
}
