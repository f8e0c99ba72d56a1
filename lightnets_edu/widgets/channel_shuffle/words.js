// What the figure of the channel shuffle says.
const span = ({ worst, best }) => (worst < best ? `${worst} to ${best}` : best);
const reach = (here) => `${span(here)} of ${here.c} inputs`;

export const words = {
  figure: "Channel shuffle",
  channels: "Channels C",
  groups: "Groups g",
  between: "Between",
  kinds: { none: "no shuffle", paper: "the shuffle", inverse: "its inverse", own: "my own order" },
  third: "Third layer",
  dealing: "Step by step",
  asks: ["No shuffle?", "When does it fail?", "Three layers?", "Fewer moves?"],
  rows: (kind, three) => [
    "Input",
    "Layer 1",
    three ? "Layer 2" : { none: "No shuffle", paper: "Shuffle", inverse: "Inverse", own: "My order" }[kind],
    three ? "Layer 3" : "Layer 2",
  ],
  parts: "Channels",
  part: [
    (i) => `Input ${i}`,
    (i) => `Layer 1, channel ${i}`,
    (i, channel, three) => (three ? `Layer 2, channel ${i}` : `Place ${i}, channel ${channel}`),
    (i) => `Output ${i}`,
  ],
  told: (part, row, inputs, outputs) => {
    const ways = [row ? `from inputs ${inputs}` : "", row < 3 ? `to outputs ${outputs}` : ""];
    return `${part}: ${ways.filter(Boolean).join(", ")}.`;
  },
  marks: " Squares: its groups.",
  hint: "Drag a channel onto another, or press Shift and an arrow: they swap.",
  stages: [
    null,
    ({ c, g, rows }) => `Reshape: a table of ${rows} × ${c / rows}${rows === g ? ", one row a group" : ""}.`,
    () => "Transpose: its rows become columns.",
    () => "Flatten: row after row, into the places that layer 2 reads.",
  ],
  measured: (here) => `Measured, not the formula: an output reaches ${reach(here)}.`,
  dense: (here) => `One group is a dense layer: an output reaches ${reach(here)}.`,
  none: (here) => `Without a shuffle an output reaches its own group, ${reach(here)}.`,
  three: (here, two) => `After three layers an output reaches ${reach(here)}; after two, ${two}.`,
  mixed: (here) => `Full mixing: an output reaches ${reach(here)}, as C ≥ g² = ${here.g * here.g}.`,
  apart: (here) => `No full mixing: an output reaches ${reach(here)}, as C < g² = ${here.g * here.g}.`,
  own: (here, mine, other) =>
    `You: ${mine.moved} moved, reach ${span(here)} of ${here.c}. ` +
    `The shuffle: ${other.moved} moved, reach ${other.least}.`,
  beaten: " You win!",
  after: (channels) => `Order: ${channels.join(" ")}`,
  heads: ["output", "no shuffle", "the shuffle", "its inverse", "as drawn"],
};
