// One block, drawn: its layers and bands are parts that say what they are. The same node for the same one, so that it
// glides.
import { part, parts } from "../kit/parts.js";
import { settle, svg, upto } from "../kit/shared.js";
import { BAR, STEP } from "./bill.js";
import { faces, LINE, plan } from "./plan.js";
import { words } from "./words.js";

const INK = [0, 1, 2, 2, 3, 3, 9];
const LETTER = 6.7; // about as wide
const put = (node, values) => Object.entries(values).forEach((pair) => node.setAttribute(...pair));
export const move = (node, x, y) => {
  node.style.transform = `translate(${x}px, ${y}px)`;
};

/** Words at a place, each on a line of its own. */
function say(node, x, y, ...lines) {
  move(node, x, y);
  node.replaceChildren(...lines.map((text, i) => svg("tspan", { x: 0, dy: i && LINE, text })));
}

function make({ i, c, kind, ink }) {
  const made = (tag, name) => svg(tag, { class: `ln-glide ln-ba-${name} ln-ink${INK[ink]}` });
  const [front, top] = ["front", "top"].map((name) => made("path", ink >= 0 ? name : `flow ln-quiet ln-ba-${name}`)),
    cut = made("path", "cut ln-quiet"),
    hit = made("rect", "hit"),
    bars = [made("rect", "front"), made("rect", "front")],
    text = made("text", ink >= 0 ? "" : "c"),
    tag = made("text", "c");
  const node = i >= 0 ? part(kind, hit, front, cut, text, tag, ...bars) : c ? part("", hit, front, text) : text;
  return { front, top, cut, text, tag, hit, bars, node };
}

/** Lines along a box part its groups; those of a shuffle cross. */
function cuts([[name], , , groups], [[x0, b, p], [x1, , q]]) {
  const line = (t, u = t) => `M${x0} ${b + p * t}L${x1} ${b + q * u}`,
    many = Math.min(groups, Math.floor(Math.min(p, q) / 1.5));
  const along = upto(many).map((j) => (j ? line((2 * j) / many - 1) : ""));
  if (name === "shuffle") along.push(...[-5, 1, -3, 3, -1, 5].map((u, j) => line((2 * j - 5) / 6, u / 6)));
  return along.join("");
}

/** `show()` hears when another layer or band is meant, `pick(layer)` of a click on a layer. */
export function view(label, show, pick) {
  const [bends, tops, marks] = upto(3).map(() => svg("g", { "aria-hidden": true, class: "ln-quiet" })),
    said = ["", "", "ln-ba-title"].map((name) => svg("text", { class: `ln-ba-start ln-glide ${name}` })),
    leaders = svg("path", { class: "ln-ba-cut ln-ink9" }),
    kept = {};
  let things = [];
  const list = parts(label, {
    show() {
      light();
      show();
    },
    pick: ([, place]) => pick && things[place].i >= 0 && pick(things[place].i),
  });
  const meant = () => things[list.meant()?.[1]];

  /** The bands before and behind the layer that is meant light up. */
  function light() {
    const { i, ends } = meant() ?? {};
    for (const one of things)
      one.own.node.classList.toggle("ln-ba-on", i >= 0 && ends.some((end, k) => `${one.ends[1 - k]}` === `${end}`));
  }

  function box({ own, i, ends, x, width }, row, from, base, [one, two, centre], { lines }) {
    const [name, , brief] = row[0],
      [[x0, b, h], [x1, , g]] = ends,
      foot = b + Math.max(h, g),
      end = base + 2 * STEP;
    put(own.cut, { d: cuts(row, ends) });
    put(own.hit, { x, y: 2 * b - foot, width, height: 2 * (foot - b) + 12 + LINE * lines });
    const fits = [...(lines > 1 ? name.split(" ") : [name]), brief].filter(
      (text) => text && text.length * LETTER < width,
    );
    say(own.text, (x0 + x1) / 2, foot + 14, ...fits.slice(-lines));
    [one, two].forEach(([x, width], k) => put(own.bars[k], { x: from + x, y: base + k * STEP, width, height: BAR }));
    say(own.tag, from + (centre ?? 0), end + 18, ...(centre ? [name] : []));
    return centre ? `M${from + two[0] + two[1] / 2} ${end - 4}L${from + centre} ${end + 7}` : "";
  }
  function band({ own, c, told, from, x, width, ends: [[, b, h, d]] }) {
    const room = Math.max(h, 12);
    put(own.hit, { x, y: b - room, width, height: 2 * room });
    put(own.node, { "aria-label": words.band(c, from) });
    say(own.text, x + width / 2 + 0.4 * d, b - h - 3, ...(told || width < `${c}`.length * LETTER ? [] : [c]));
  }
  return {
    nodes: [bends, tops, list.node, marks, leaders, ...said],
    meant,
    /** Draws a block at a place, with its bill and the layer chosen; gives its layers and bands, from left to right. */
    put(block, look, { x, y, width, base }, { layers, ends }, title, sums, chosen) {
      const pieces = [],
        count = {};
      let lines = "";
      plan(block, look, pieces).put(x, y + look.middle, width);
      for (const one of pieces) {
        const { kind } = one,
          own = (one.own = kept[[kind, one.ink, (count[kind] = (count[kind] ?? 0) + 1)]] ??= make(one));
        if (one.sign !== undefined) say(own.text, one.ends[0][0], one.ends[0][1] + 6, one.sign);
        else faces(one.ends, kind === "bend", one.i >= 0).forEach((d, k) => put(k ? own.top : own.front, { d }));
        if (one.c) band(one);
        if (one.i >= 0) lines += box(one, block.rows[one.i], x, base, layers[one.i], look);
      }
      const of = (wanted) => pieces.filter(wanted);
      things = of(({ c, i }) => c || i >= 0).sort((p, q) => p.ends[0][0] - q.ends[0][0] || p.ends[0][1] - q.ends[0][1]);
      settle(
        bends,
        of(({ kind }) => kind === "bend").flatMap(({ own }) => [own.top, own.front]),
      );
      settle(
        tops,
        things.map(({ own }) => own.top),
      );
      settle(
        marks,
        of(({ kind }) => kind === "join").map(({ own }) => own.node),
      );
      put(leaders, { d: lines });
      say(said[2], x, y - 6, title);
      sums.forEach((text, k) => say(said[k], x + ends[k] + 6, base + k * STEP + 10, text));
      list.put(
        [things.map(({ own }) => own.node)],
        chosen >= 0 ? [0, things.findIndex(({ i }) => i === chosen)] : null,
      );
      light();
      return things;
    },
  };
}
