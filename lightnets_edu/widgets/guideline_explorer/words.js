// What the guideline explorer says.
import { whole } from "../kit/shared.js";
import { times } from "./layers.js";

const maps = (c, size) => `${c} channels of ${size} × ${size}`;
const pieces = ["Input", "Weights", "Output"];
const held = [
  ({ c_in, size }) => maps(c_in, size),
  ({ c_in, c_out, groups }) => `${c_in}${groups > 1 ? `/${groups}` : ""} × ${c_out}`,
  ({ c_out, size }) => maps(c_out, size),
];
const at = (what) => (`${what}`.includes(":") ? what : `g = ${what}`);

export const words = {
  figure: "Guideline explorer",
  controls: { guideline: "Guideline", size: "Map", width: "Same work as" },
  guidelines: ["1: equal widths", "2: few groups"],
  map: (size) => `${size}×${size}`,
  work: (width) => `${width} → ${width}`,
  reveal: "Reveal",
  hide: "Hide",
  asks: ["At 1:12?", "Small maps?", "Twice as much?", "8 groups?"],
  handles: ["Ratio of channels in to out", "Groups"],
  guess: "Your guess",
  at,
  axes: ["in : out", "groups"],
  legend: ({ c_in, c_out }) => [`in ${c_in}`, "weights", `out ${c_out}`],
  ask: "?",
  formula: "least: 2√(hwB) + B/hw",
  least: (elements) => `= ${elements} elements`,
  macs: (macs) => `B = ${macs}`,
  measured: [
    "● GPU, ◆ ARM: time that the paper measured, against the balanced layer",
    "● GPU, ◆ ARM: time, measured in the paper",
  ],
  parts: "What the layer moves, and times",
  pieces,
  piece: (i, layer) => {
    const { parts, access } = layer;
    const share = Math.round((100 * parts[i]) / access);
    return `${pieces[i]}: ${held[i](layer)}, ${whole(parts[i])} elements; ${share}% of ${whole(access)}.`;
  },
  balanced: "Balanced. ",
  time: (who, at) => `${who}, ${at}`,
  timed: ({ who, what, speed, start, times }) =>
    `${who}, ${at(what)}: ${times.toFixed(2)} times the time, for ${speed} ` +
    `${who === "GPU" ? "batches" : "images"} a second against ${start}.`,
  question: ({ c_in, c_out, groups }, guess) => {
    const layer = `${c_in} → ${c_out}${groups > 1 ? ` in ${groups} groups` : ""}`;
    return guess === 1
      ? `How much does ${layer} move? Drag the question mark, then reveal.`
      : `Does ${layer} move ${times(guess)} the least? Drag until you believe it, then reveal.`;
  },
  verdict: (off, at, never) =>
    `Your guess is ${Math.abs(off) < 6 ? "right, within 5%" : `${Math.abs(off)}% too ${off < 0 ? "low" : "high"}`}. ` +
    `Its height is ${never ? "not passed up to" : "passed at"} ${at}.`,
  hint: "Drag the dot or the column; the mark at the right edge is a ruler.",
  heads: ["channels", "multiply-adds", "elements moved", "times the least", "GPU time", "ARM time"],
};
