// What the figure of one layer's costs says.
import { whole } from "../kit/shared.js";
import { short } from "./costs.js";

const square = (k) => `${k}×${k}`;
const names = {
  standard: "Standard",
  grouped: "Grouped",
  depthwise: "Depthwise",
  pointwise: "Pointwise",
  separable: "Depthwise separable",
  own: "Your module",
};
const mark = (key) => names[key][0];
const bound = (works) => (works ? "work" : "moving");
const and = (sum) => (sum ? `; D + P: ${whole(sum)}` : "");
const each = (balance) => `${balance} multiply-adds an element`;
const decides = (works) => `${bound(works)} decides.`;

export const words = {
  figure: "Cost calculator",
  controls: {
    c_in: "Channels c_in",
    c_out: "Channels c_out",
    kernel: "Kernel",
    size: "Map",
    groups: "Groups",
    alpha: "Width α",
    rho: "Resolution ρ",
  },
  values: { kernel: square, size: square, rho: (value) => (value < 1 ? `${Math.round(7 * value)}/7` : 1) },
  balance: "Machine balance",
  each,
  measures: ["Multiply-adds", "Memory access", "Least time"],
  names,
  mark,
  bound,
  same: "same",
  before: "- - before",
  peak: ["peak", "10%", "1%"],
  rows: {
    grouped: ({ groups }) => `G: grouped, g = ${groups}`,
    separable: ({ a, b }) => `D + P: depthwise separable, ${a} → ${b}`,
    own: () => "Y: your module, measured",
  },
  outline: (number, works) => `S: ${number || `by ${bound(works)}`}`,
  intensity: "multiply-adds for each element moved",
  parts: "Costs",
  part: (key, column) => `${names[key]}: ${[...words.measures, "roofline"][column].toLowerCase()}`,
  told: [
    ({ macs }, { pair, share }) => `${whole(macs)} multiply-adds${and(pair?.macs)}${share}.`,
    ({ access, params }, { pair }) =>
      `${whole(access)} elements moved, ${whole(params)} of them weights${and(pair?.access)}.`,
    ({ time, works }) => `at least the time of ${short(time)} multiply-adds; ${decides(works)}`,
    ({ macs, access, works }, { balance }) =>
      `${short(macs / access)} multiply-adds for each element moved, the machine does ${balance}: ${decides(works)}`,
  ],
  said: (balance, bills, work) =>
    `D + P: work ${work}. At ${each(balance)}, ${[true, false]
      .map((works) => [works, bills.filter((bill) => bill.works === works).map(({ key }) => mark(key))])
      .filter(([, own]) => own[0])
      .map(([works, own]) => `${bound(works)} limits ${own.join(", ")}`)
      .join("; ")}.`,
  asks: {
    layer: ["Nine times less?", "Moves less?", "Slower?", "With groups?"],
    dials: ["Half as wide?", "Smaller maps?", "Slow memory?"],
  },
  row: ({ c_in, c_out, kernel, groups }) => `${square(kernel)}, ${c_in} → ${c_out}, g = ${groups}`,
  share: (c_out, kernel) => `, 1/${c_out} + 1/${kernel ** 2} of S`,
  heads: ["Layer", "Parameters", "Multiply-adds", "Memory access", "Multiply-adds an element"],
};
