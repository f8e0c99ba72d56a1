// All that the figure of ghost maps says.
import { whole } from "../kit/shared.js";

const exact = (share) => share.toFixed(4);
const percent = (share) => `${Math.round(100 * share)}%`;
const called = (i, name) => (name ? `${i}, ${name}` : `${i}`);
const by = (k) => `${k}×${k}`;
const places = ["the best", "the worst"];

export const words = {
  figure: "Ghost maps",
  controls: { s: "s", d: "d", channels: "Cost of", k: "k" },
  by,
  channels: (text) => text.replace(":", " → "),
  reveal: "Reveal",
  hide: "Hide",
  asks: ["No parent?", "Copies only?", "Twice as cheap?", "With 1×1?"],
  parts: "Maps; one of them large, with its ghost; costs",
  map: (i, name) => `Map ${called(i, name)}`,
  label: (i, kin) => `${["", "◆ ", "◇ "][kin]}${i}`,
  pictures: ["The map", "Its ghost", "What is missing"],
  titles: (i) => [`map ${i}`, "ghost", "missing"],
  bars: ["Convolution", "Ghost module"],
  notes: {
    input: "input",
    kernel: ["no kernel", "kernel"],
    cost: (c, k, times) =>
      `${words.channels(c)}, ${by(k)}: ${times < 1 ? `${+(1 / times).toPrecision(3)}× more` : `${+times.toPrecision(3)}× fewer`}`,
    part: (s) => `1/${s}`,
    cheap: "+ cheap",
    mean: (mean) => `mean ${percent(mean)}`,
  },
  question: (i, name) => `Which map has no good parent? You picked ${called(i, name)}. Then reveal.`,
  kept: (i, name, children) =>
    `Map ${called(i, name)}: kept. ${children.length ? `Its ghosts: ${children.join(", ")}.` : "No map has it for a parent."}`,
  ghost: (i, name, parent, share, rank, many) => {
    const place = many > 1 && (rank === 1 ? places[0] : rank === many ? places[1] : `number ${rank}`);
    return `Map ${called(i, name)}: ghost of ${parent}, R² = ${exact(share)}${place ? `, ${place} of ${many} ghosts` : ""}.`;
  },
  hidden: "Reveal first.",
  picture: [
    (i, name) => `Map ${called(i, name)}: the more ink, the larger the number; the largest is 99.`,
    (i, name, share) => `The ghost explains ${exact(share)} of how map ${i} varies.`,
    (i, name, share) => `Missing: ${exact(1 - share)} of how map ${i} varies. Blue: the map has more; orange: less.`,
  ],
  costs: [
    ([a, b], k, s, d, [all]) => `Convolution: ${a} · ${b} · ${k * k} = ${whole(all)} multiply-adds at each place.`,
    ([a, b], k, s, d, [, primary, cheap]) => {
      const m = Math.ceil(b / s);
      return `Ghost module: ${a} · ${m} · ${k * k} + ${m} · ${s - 1} · ${d * d} = ${whole(primary + cheap)} at each place.`;
    },
  ],
  heads: ["map", "made", "R²", "kernel, in thousandths", "bias"],
  row: (i, name, parent, share, kernel, bias) => [
    called(i, name),
    parent < 0 ? "kept" : `ghost of ${parent}`,
    ...(parent < 0 ? ["", "", ""] : [exact(share), kernel.join(" ").replaceAll("-", "−"), `${bias}`.replace("-", "−")]),
  ],
};
