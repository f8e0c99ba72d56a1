// What the figure of EffNet's block says.
import { whole } from "../kit/shared.js";
import { ranges } from "./flow.js";

const KINDS = { conv: "", depthwise: "depthwise ", pool: "pool " };
const layer = ({ kind, kernel }) => (kind === "input" ? "input" : KINDS[kind] + kernel.join("×"));
const Layer = (map) => layer(map).replace(/^./, (letter) => letter.toUpperCase());
const named = (map) => (map.kind === "input" ? "the input" : layer(map));
const size = (map) => [map.channels, ...map.size].join("×");
const values = ({ size: [h, w], channels }) => h * w * channels;
const blocks = { effnet: "EffNet", own: "Your block", mobilenet: "MobileNet V1" };
const percent = (missed, { size: [h, w] }) => `${+((100 * missed) / (h * w)).toPrecision(3)}%`;
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
  picture: "Maps; Shift and an arrow move the pixel",
  blocks,
  last: "Last layer",
  readings: { "2x1": "2×1, as printed", "1x2": "1×2, turned" },
  dealing: "Layer by layer",
  step: "Layers that have run",
  steps: (step) => `${step} layer${step === 1 ? "" : "s"}`,
  widths: { c_in: "Channels of the input", c_mid: "Channels inside EffNet", c_out: "Channels of the output" },
  width: (channels) => `${channels} channels`,
  asks: ["Who is never read?", "With 1×2?", "When does it shrink?", "Narrower?"],
  title: (block, [made, read]) =>
    `${blocks[block]}: narrowest ${read < made ? `${whole(made)}, read ${whole(read)}` : `so far ${whole(made)}`}`,
  layer,
  size,
  values,
  part: (block, map) => `${blocks[block]}, ${layer(map)}: ${size(map)}, ${whole(values(map))} values`,
  /** What a pixel reads of the first map, and what of the last map reads it. */
  pixel(maps, [at, row, column], found, last) {
    const told = at ? [` reads ${lines(found[0])} of the input`] : [];
    if (at < last)
      told.push(
        found[last].every((own) => own.length)
          ? ` reaches ${lines(found[last])} of ${layer(maps[last])}`
          : " reaches no output",
      );
    return `${Layer(maps[at])}, ${whole(values(maps[at]))} values. Row ${row}, column ${column}${told.join(",")}.`;
  },
  begin: "Before the first layer. Drag the arrow, or press Step: which side shrinks when?",
  ran: (step, flows) =>
    `Layer ${step}. ${flows
      .map(([block, maps]) =>
        maps[step] ? `${blocks[block]}, ${layer(maps[step])}: ${shrinks(maps[step - 1], maps[step])}.` : "",
      )
      .filter(Boolean)
      .join(" ")}`,
  /** The fewest values of both blocks, where the first has fewer. */
  narrower: (inside, [one, other], [least, most]) =>
    `${inside} channels inside ${blocks[one]}: ${whole(least)} values at its narrowest; ` +
    `${blocks[other]}: ${whole(most)}.`,
  /** Of which layers' maps which share reaches no output, and whether the framed pixel is among them. */
  lost(maps, missed, framed) {
    const rows = missed.flatMap(({ length }, i) => (length ? [[named(maps[i]), percent(length, maps[i])]] : [])),
      same = rows.every(([, share]) => share === rows[0][1]);
    if (!rows[0]) return "Every pixel reaches the output.";
    const own = rows.map(([name, share]) => (same ? name : `${name} (${share})`));
    const share = `${same ? rows[0][1] : "some"} of ${and(own)}`;
    return framed
      ? `The framed pixel, as ${share}, reaches no output. ${missed[0].length ? "" : "All of the input does."}`.trim()
      : `No output is reached by ${share}.`;
  },
  of: (missed, { size: [h, w] }) => `${missed} of ${h * w}`,
  heads: ["block", "layer", "map", "values", "pixels that reach no output"],
};
