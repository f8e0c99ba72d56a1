// What the figure of EffNet's block says.
import { whole } from "../kit/shared.js";
import { ranges } from "./flow.js";

const KINDS = { conv: "", depthwise: "depthwise ", pool: "pool " };
const layer = ({ kind, kernel }) => (kind === "input" ? "input" : KINDS[kind] + kernel.join("×"));
const size = (map) => [...map.size, map.channels].join("×");
const values = ({ size: [h, w], channels }) => h * w * channels;
const blocks = { effnet: "EffNet", own: "Your block", mobilenet: "MobileNet V1" };
const percent = (missed, { size: [h, w] }) => `${+((100 * missed) / (h * w)).toPrecision(3)} %`;
const and = (list) => (list[1] ? `${list.slice(0, -1).join(", ")} and ${list.at(-1)}` : list[0]);

/** What a layer does to its map's sides. */
function shrinks(before, now) {
  const [high, wide] = [0, 1].map((axis) => now.size[axis] < before.size[axis]);
  if (high && wide) return "height and width shrink at once";
  return high ? "the height shrinks" : wide ? "the width shrinks" : "height and width stay";
}
const lines = ([rows, columns]) =>
  `${rows[1] ? "rows" : "row"} ${ranges(rows)}, ${columns[1] ? "columns" : "column"} ${ranges(columns)}`;

export const words = {
  figure: "EffNet, step by step",
  picture: "Maps",
  blocks,
  last: "Last layer",
  readings: { "2x1": "2×1, as printed", "1x2": "1×2, as in ports", own: "as measured" },
  dealing: "Layer by layer",
  step: "Layers that have run",
  steps: (step) => `${step} layers`,
  widths: { c_in: "Channels of the input", c_mid: "Channels inside EffNet", c_out: "Channels of the output" },
  width: (channels) => `${channels} channels`,
  asks: ["Which pixels does nobody read?", "With 1×2?", "When does it shrink?", "Fewest values?"],
  layer,
  size,
  values,
  part: (block, map) => `${blocks[block]}, ${layer(map)}: ${size(map)}, ${whole(values(map))} values`,
  /** What a pixel reads of the first map, and what of the last map reads it. */
  pixel(block, maps, [at, row, column], found, last) {
    const past = at ? ` reads ${lines(found[0])} of the input` : "",
      [rows, columns] = found[last],
      future =
        rows[0] >= 0 && columns[0] >= 0 ? `reaches ${lines(found[last])} of ${layer(maps[last])}` : "nobody reads it",
      both = [past, at < last ? ` ${future}` : ""].filter(Boolean).join(",");
    return `${words.part(block, maps[at])}. Row ${row}, column ${column}:${both || " the input"}.`;
  },
  begin: "Before the first layer. Drag the arrow, or press Step: which side shrinks when?",
  ran: (step, flows) =>
    `Layer ${step}. ${flows
      .map(([block, maps]) =>
        maps[step] ? `${blocks[block]}, ${layer(maps[step])}: ${shrinks(maps[step - 1], maps[step])}.` : "",
      )
      .filter(Boolean)
      .join(" ")}`,
  /** Of which layers' maps which share is not read. */
  lost(maps, missed) {
    const rows = missed.flatMap(({ length }, i) => (length ? [[layer(maps[i]), percent(length, maps[i])]] : [])),
      same = rows.every(([, share]) => share === rows[0][1]);
    if (!rows[0]) return "Every pixel is read.";
    const own = rows.map(([name, share]) => (same ? name : `${name} (${share})`));
    return `Nobody reads ${same ? rows[0][1] : "some"} of the pixels of ${and(own)}.`;
  },
  of: (missed, { size: [h, w] }) => `${missed} of ${h * w}`,
  heads: ["block", "layer", "map", "values", "pixels that nobody reads"],
};
