// One bar for each number of groups: what Python counted, looked up and drawn.
import { controls, dial, svg, table, tick, whole, widget } from "../kit/shared.js";
import { words } from "./words.js";

const ROW = 26,
  LEFT = 52,
  RIGHT = 64;

/** How many times fewer than the most. What the page computes itself is exported, and node replays it. */
export const fewer = (count, most) => Math.round(most / count);

/** What the traits say. */
function read(model) {
  const [counts, groups, shares] = ["counts", "groups", "shares"].map((name) => model.get(name)),
    most = counts[0][1];
  const rows = counts.map(([g, count]) => ({ g, count, fewer: fewer(count, most), length: count / most }));
  return { rows, shares, own: rows.find((row) => row.g === groups) };
}

/** A row: its name, a bar as long as the count, the count itself. */
function bar({ g, count, fewer, length }, i, width, { shares, own }) {
  const y = i * ROW,
    long = Math.max(2, (width - LEFT - RIGHT) * length),
    label = shares ? words.share(fewer) : words.count(whole(count));
  return svg(
    "g",
    { class: g === own.g && "ln-guideline-explorer-on" },
    svg("text", { x: 0, y: y + 17, text: words.row(g) }),
    svg("rect", { class: "ln-guideline-explorer-bar", x: LEFT, y: y + 4, width: long, height: ROW - 8 }),
    svg("text", { x: LEFT + long + 6, y: y + 17, text: label }),
  );
}

export default widget(words.figure, ({ live, model, set }) => {
  const groups = dial(words.groups, (g) => set({ groups: g }), 2),
    shares = tick(words.shares, (on) => set({ shares: on })),
    picture = svg("svg", { role: "img", "aria-label": words.picture });
  return {
    nodes: [controls(groups.node, shares.node), picture, live],
    draw(width) {
      const here = read(model),
        { rows, own } = here;
      const all = rows.map((row) => row.g);
      groups.put(all, own.g);
      shares.put(here.shares);
      picture.setAttribute("viewBox", `0 0 ${width} ${rows.length * ROW}`);
      picture.replaceChildren(...rows.map((row, i) => bar(row, i, width, here)));
      live.textContent = words.said(own.g, whole(own.count), own.fewer);
    },
    data() {
      const lines = read(model).rows.map((row) => [row.g, whole(row.count), words.share(row.fewer)]);
      return [table([words.heads, ...lines])];
    },
  };
});
