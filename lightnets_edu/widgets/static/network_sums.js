// What is said of the rows of networks, in numbers and words, as `_network_sums.py` says it too.
import { upto, whole } from "./shared.js";

export const KINDS = ["pointwise", "depthwise", "standard", "grouped", "linear", "norm", "other"];
export const METRICS = ["params", "macs", "access"];
export const UNITS = { params: "parameters", macs: "multiply-adds", access: "elements moved" };
const NUMBERS = ["weights", ...METRICS];   // the last of a row; before them stand its name, kind and sizes

export const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const pair = (sizes) => (Array.isArray(sizes) ? sizes : [sizes, sizes]);
const size = (sizes) => pair(sizes).join("×");
const many = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
const verb = (metric) => ({ params: "holds", macs: "takes", access: "moves" })[metric];
const noun = (metric) => UNITS[metric].split(" ")[0];

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
  return KINDS.map((_, kind) => sum(values(rows.filter((row) => row[1] === kind), measure)));
}

/** The top of an axis for numbers up to `most`: one that is easily halved. */
export function ceiling(most) {
  const unit = 10 ** (`${Math.max(most, 10)}`.length - 2);
  return unit * [10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100].find((step) => step * unit >= most);
}

/** A fraction to two decimals, halves rounded up. */
function hundredths(part, all) {
  return (Math.round((100 * part) / all) / 100).toLocaleString("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** 94.86% */
export const percent = (part, all) => `${hundredths(100 * part, all || 1)}%`;

/** Name, kind, kernel, channels and output of a layer. */
export function describe(row) {
  const [name, k, c_in, c_out, groups, kernel, stride, out] = row, kind = KINDS[k], parts = [`${kind} ${size(kernel)}`.trim()];
  if (groups > 1 && kind !== "depthwise") parts.push(`${groups} groups`);
  if (pair(stride).some((step) => step !== 1)) parts.push(`stride ${Array.isArray(stride) ? size(stride) : stride}`);
  if (c_in && c_out) parts.push(`${whole(c_in)} → ${whole(c_out)} ${kind === "linear" ? "features" : "channels"}`);
  if (size(out)) parts.push(`output ${size(out)}`);
  if (!row.at(-1) && k < KINDS.indexOf("norm")) parts.push("never run");
  return (name && `${name}: `) + parts.join(", ");
}

/** A network's total, and how few layers make half of it. */
export function summary({ input, rows }, metric, order) {
  const numbers = values(rows, metric), half = halfway(ranked(numbers, order).map((i) => numbers[i]));
  const first = `${order === "execution" ? "first" : "largest"} ${half === 1 ? "one" : half}`;
  return `at ${input}: ${whole(sum(numbers))} ${UNITS[metric]} in ${many(rows.length, "layer")}${sum(numbers) ? `; half of them in the ${first}` : ""}.`;
}

function compare(one, two, metric) {
  const [[less, small], [more, large]] = one[1] <= two[1] ? [one, two] : [two, one];
  if (small === large) return `${less} and ${more}: equally many ${UNITS[metric]}.`;
  if (!small) return `${less} ${verb(metric)} no ${noun(metric)}.`;
  return `${more} ${verb(metric)} ${hundredths(large, small)} times as many ${noun(metric)} as ${less}.`;
}

/** The selected layer in exact numbers; and where two networks are drawn, how their totals compare. */
export function sentence(shown, against, metric, layer) {
  const { rows, label, differs } = shown, numbers = values(rows, metric), total = sum(numbers), [place, equals] = rank(numbers, layer);
  const share = `${percent(numbers[layer], total)} of all, rank ${place}${equals ? `, shared with ${many(equals, "other")}` : ""}`;
  return [
    differs && "Measured, not the reference.",
    `Layer ${layer + 1} of ${rows.length}, ${describe(rows[layer])}.`,
    `It ${verb(metric)} ${whole(numbers[layer])} ${noun(metric)}: ${share}.`,
    against && compare([label, total], [against.label, sum(values(against.rows, metric))], metric),
  ].filter(Boolean).join(" ");
}

/** Shares of the weights alone, as papers count them. */
export function note({ label, rows }) {
  const parts = byKind(rows, "weights"), shares = parts.map((n, k) => n && `${KINDS[k]} ${percent(n, sum(parts))}`);
  return `${label}, weights alone, without biases and norms: ${shares.filter(Boolean).join(", ")}.`;
}
