// Draws that are repeated, and a running tally of what came of them.
import { html, mend, svg, upto } from "./shared.js";
import { words } from "./words.js";

const FLOOR = 16; // pixels below the bars, for the ends of the axis

/** A button that goes on to the next of the draws that Python made: the trait `name` says how many were drawn, at least
    one, and after the last of `many` begins anew. */
export function again({ model, set }, name, many) {
  const next = () => set({ [name]: (model.get(name) % many) + 1 });
  return html("button", { type: "button", text: words.again, "data-sets": name, onclick: next });
}

/** How often values fall into each of `bins` equal parts of low to high; what lies outside counts at the end. */
export function binned(values, [low, high], bins) {
  const counts = Array(bins).fill(0);
  for (const value of values) {
    const bin = Math.floor(((value - low) / (high - low)) * bins);
    counts[Math.max(0, Math.min(bin, bins - 1))] += 1;
  }
  return counts;
}

/** A histogram whose axes stay while it grows: `put([x, y, width, height], values, drawn)` draws what the first `drawn`
    values are like, in a room that would hold all; the last one drawn stands out. */
export function tally(ends, bins, texts) {
  const [axis, bars, last] = ["ln-axis ln-quiet", "ln-bars", "ln-bars ln-latest"].map((name) =>
    svg("path", { class: name }),
  );
  const labels = texts.map((text, i) => svg("text", { text, "text-anchor": ["start", "end"][i] }));
  return {
    node: svg("g", {}, axis, bars, last, ...labels),
    put([x, y, width, height], values, drawn) {
      const [all, now, newest] = [values, values.slice(0, drawn), [values[drawn - 1]]].map((own) =>
        binned(own, ends, bins),
      );
      const [wide, tall] = [width / bins, (height - FLOOR) / Math.max(...all)],
        floor = y + height - FLOOR;
      const bar = (i, from, to) =>
        to > from
          ? `M${x + i * wide} ${floor - from * tall}v${(from - to) * tall}h${wide - 1}V${floor - from * tall}z`
          : "";
      mend(axis, "d", `M${x} ${floor}h${width}`);
      mend(
        bars,
        "d",
        upto(bins)
          .map((i) => bar(i, 0, now[i] - newest[i]))
          .join(""),
      );
      mend(
        last,
        "d",
        upto(bins)
          .map((i) => bar(i, now[i] - newest[i], now[i]))
          .join(""),
      );
      labels.forEach((label, i) => {
        mend(label, "x", x + i * width);
        mend(label, "y", y + height - 3);
      });
    },
  };
}
