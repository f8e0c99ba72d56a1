// What is said of the rows of networks, in numbers and words.
import { upto, whole } from "../kit/shared.js";
import { words } from "./words.js";

export const METRICS = ["params", "macs", "access"];
const [DEPTHWISE, LINEAR, NORM] = [1, 4, 5]; // places among the kinds
const NUMBERS = ["weights", ...METRICS]; // the last of a row; before them stand its name, kind and sizes

export const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const pair = (sizes) => (Array.isArray(sizes) ? sizes : [sizes, sizes]);
const size = (sizes) => pair(sizes).join("×");

/** One number of every row. */
export const values = (rows, measure) => rows.map((row) => row[8 + NUMBERS.indexOf(measure)]);

/** Places in the order drawn; equal numbers stay in the order of execution. */
export function ranked(numbers, order) {
  const places = upto(numbers.length);
  return order === "execution" ? places : places.sort((a, b) => numbers[b] - numbers[a]);
}

/** The share of the total spent up to and with each number. */
export function running(numbers) {
  const total = sum(numbers) || 1;
  let spent = 0;
  return numbers.map((n) => (spent += n) / total);
}

/** How many numbers, from the first, make half of the total. */
export function halfway(numbers) {
  let spent = 0;
  return 1 + numbers.findIndex((n) => 2 * (spent += n) >= sum(numbers));
}

/** The place of number i among the largest, and how many others are equal to it. */
export function rank(numbers, i) {
  return [1 + numbers.filter((n) => n > numbers[i]).length, numbers.filter((n) => n === numbers[i]).length - 1];
}

/** The sum over the rows of each kind. */
export function byKind(rows, measure) {
  return words.kinds.map((_, kind) =>
    sum(
      values(
        rows.filter((row) => row[1] === kind),
        measure,
      ),
    ),
  );
}

/** The top of an axis for numbers up to `most`: one that is easily halved. */
export function ceiling(most) {
  const unit = 10 ** (`${Math.max(most, 10)}`.length - 2);
  return unit * [10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100].find((step) => step * unit >= most);
}

/** A fraction to two decimals, halves rounded up. */
function hundredths(part, all) {
  return (Math.round((100 * part) / all) / 100).toLocaleString("en-GB", {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
}

/** 94.86% */
export const percent = (part, all) => `${hundredths(100 * part, all || 1)}%`;

/** Name, kind, kernel, channels and output of a layer. */
export function describe(row) {
  const [name, kind, c_in, c_out, groups, kernel, stride, out] = row;
  const parts = [`${words.kinds[kind]} ${size(kernel)}`.trim()];
  if (groups > 1 && kind !== DEPTHWISE) parts.push(words.groups(groups));
  if (pair(stride).some((step) => step !== 1)) parts.push(words.stride(Array.isArray(stride) ? size(stride) : stride));
  if (c_in && c_out) parts.push(words.channels(whole(c_in), whole(c_out), kind === LINEAR));
  if (size(out)) parts.push(words.output(size(out)));
  if (!row.at(-1) && kind < NORM) parts.push(words.neverRun);
  return (name && `${name}: `) + parts.join(", ");
}

/** A network's total, and how few layers make half of it. */
export function summary({ input, rows }, metric, order) {
  const numbers = values(rows, metric),
    half = halfway(ranked(numbers, order).map((i) => numbers[i]));
  const first = sum(numbers) ? words.half(half, order) : "";
  return words.summary(input, whole(sum(numbers)), metric, rows.length, first);
}

function compare(one, two, metric) {
  const [[less, small], [more, large]] = one[1] <= two[1] ? [one, two] : [two, one];
  if (small === large) return words.equal(less, more, metric);
  if (!small) return words.nothing(less, metric);
  return words.times(more, less, hundredths(large, small), metric);
}

/** The selected layer in exact numbers; and where two networks are drawn, how their totals compare. */
export function sentence(shown, against, metric, layer) {
  const { rows, label, differs } = shown,
    numbers = values(rows, metric),
    total = sum(numbers),
    [place, equals] = rank(numbers, layer);
  return [
    differs && words.measured,
    words.picked(layer + 1, rows.length, describe(rows[layer])),
    words.spends(metric, whole(numbers[layer]), percent(numbers[layer], total), place, equals),
    against && compare([label, total], [against.label, sum(values(against.rows, metric))], metric),
  ]
    .filter(Boolean)
    .join(" ");
}

/** Shares of the weights alone, as papers count them. */
export function note({ label, rows }) {
  const parts = byKind(rows, "weights"),
    shares = parts.map((n, k) => n && `${words.kinds[k]} ${percent(n, sum(parts))}`);
  return words.weights(label, shares.filter(Boolean).join(", "));
}
