// One block, drawn: its layers and bands are parts that say what they are. The same node for the same one, so that it
// glides.
import { part, parts } from "../kit/parts.js";
import { mend, settle, svg, upto } from "../kit/shared.js";
import { faces, LINE, plan } from "./plan.js";
import { words } from "./words.js";

const INK = [0, 1, 2, 2, 3, 3, 9];
// Pixels from bar to bar, and for the total behind a bar.
const STEP = 15;
const TOTAL = 132;
const fits = (room, ...words) => words.every(({ length }) => length && length * 7 + 9 < room);
/** Sets attributes that are others. */
function put(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) mend(node, name, value);
}
export const move = (node, x, y) => {
  node.style.transform = `translate(${x}px, ${y}px)`;
};

/** Three digits: "8.83 k", "25.7 M". */
export function short(n) {
  const near = +n.toPrecision(3),
    power = Math.floor((`${near}`.length - 1) / 3);
  return power ? `${(near / 1000 ** power).toPrecision(3)} ${"kMG"[power - 1]}` : `${n}`;
}

/** Parameters and multiply-adds. */
export const totals = ({ rows }) => [7, 8].map((field) => rows.reduce((all, row) => all + row[field], 0));

/** A title in lines that a width has room for, eight pixels a letter, however long its words are. */
export const inLines = (title, width) => title.match(RegExp(`.{1,${width >> 3}}( |$)|.{${width >> 3}}`, "gs")) ?? [];

/** Words at a place, each on a line of its own. */
function say(node, x, y, ...lines) {
  move(node, x, y);
  // What says so already is not laid out again: most words stay.
  if (node.lines !== (node.lines = `${lines}`))
    node.replaceChildren(...lines.map((text, i) => svg("tspan", { x: 0, dy: i && LINE, text })));
}

/** A piece's nodes, and those that a layer of the drawing holds: bends, the tops of parts, or signs. */
function make(layer) {
  const [front, top, cut, text, hit, ...bars] = ["path", "path", "path", "text", "rect", "rect", "rect"].map((tag) =>
    svg(tag, { class: "ln-glide" }),
  );
  const node = layer === 1 && part("", hit, front, cut, text, ...bars);
  return { front, top, cut, text, hit, bars, node, more: [[top, front], [top], [text]][layer] };
}

/** Lines along a box part its groups; those of a shuffle cross. */
function cuts([[name], , , groups], [[x0, b, p], [x1, , q]]) {
  const line = (t, u = t) => `M${x0} ${b + p * t}L${x1} ${b + q * u}`,
    many = Math.floor(Math.min(groups, p / 1.5, q / 1.5));
  const along = upto(many).map((j) => (j ? line((2 * j) / many - 1) : ""));
  if (name === "shuffle") along.push(...[-5, 1, -3, 3, -1, 5].map((u, j) => line((2 * j - 5) / 6, u / 6)));
  return along.join("");
}

/** `show()` hears when another layer or band is meant, `pick(layer)` of a click on a layer. */
export function view(label, show, pick) {
  const layers = ["bends ln-quiet", "tops", "signs"].map((name) =>
      svg("g", { "aria-hidden": true, class: `ln-ba-${name}` }),
    ),
    said = ["", "", "ln-ba-title"].map((name) => svg("text", { class: `ln-ba-start ${name}` })),
    kept = {};
  let things = [];
  const list = parts(label, {
    show() {
      light();
      show();
    },
    pick: ([, place]) => things[place].i >= 0 && pick(things[place].i),
  });
  const meant = () => things[list.meant()?.[1]];

  /** The bands before and behind the layer that is meant light up. */
  function light() {
    const { i, ends } = meant() ?? {};
    for (const one of things)
      one.own.node.classList.toggle("ln-ba-on", i >= 0 && ends.some((end, k) => `${one.ends[1 - k]}` === `${end}`));
  }

  function box({ own, ends, x, width }, row, lines) {
    const [name, , brief] = row[0],
      [[x0, b, h], [x1, , g]] = ends,
      foot = b + Math.max(h, g);
    put(own.cut, { d: cuts(row, ends) });
    put(own.hit, { x, y: 2 * b - foot, width, height: 2 * (foot - b) + 12 + LINE * lines });
    const told = [name.split(" "), [brief], [row[8] && short(row[8])]].filter((words) => fits(width, ...words));
    // never half a name
    while (told.flat().length > lines) told.shift();
    say(own.text, (x0 + x1) / 2, foot + 14, ...told.flat());
  }
  function band({ own, c, told, x, width, ends: [[, b, h]] }) {
    const room = Math.max(h, 12);
    put(own.cut, { d: "" });
    put(own.hit, { x, y: b - room, width, height: 2 * room });
    for (const bar of own.bars) put(bar, { x, y: b, width: 0, height: 0 });
    say(own.text, x + 0.55 * width, b - h - 3, ...(told || !fits(width + 5, `${c}`) ? [] : [c]));
  }
  return {
    nodes: [...layers.slice(0, 2), list.node, layers[2], ...said],
    meant,
    /** Draws a block at a place, with bars of what it costs, of which a place holds `most`, and the layer chosen; gives
        its layers and bands, from left to right. */
    put({ block, title }, look, { x, y, width, base, flat }, most, chosen) {
      const pieces = [],
        heads = inLines(title, width),
        groups = [[], [], []],
        count = [0, 0, 0],
        ends = [0, 0];
      plan(block, look, pieces).put(x, y + look.middle, width);
      things = pieces.filter(({ i, c }) => i >= 0 || (c && !flat)).sort((p, q) => p.ends[0][0] - q.ends[0][0]);
      for (const one of [...things, ...(flat ? [] : pieces.filter(({ layer }) => layer !== 1))]) {
        const { kind, i, layer, sign } = one,
          own = (one.own = kept[[layer, count[layer]++]] ??= make(layer)),
          name = i >= 0 ? `ln-ink${INK[one.ink]}` : "ln-ba-flow ln-quiet";
        if (!flat) groups[layer].push(...own.more);
        if (layer > 1) say(own.text, one.ends[0][0] - 6, one.ends[0][1] + 5, sign);
        else faces(one.ends, !layer, i >= 0).forEach((d, k) => put(k ? own.top : own.front, { d }));
        if (layer !== 1) continue;
        put(own.top, { class: `ln-glide ${name}` });
        put(own.node, { class: `ln-part ${name}`, "aria-label": kind });
        if (one.c) band(one);
        else box(one, block.rows[i], look.lines);
      }
      layers.forEach((layer, k) => settle(layer, groups[k]));
      list.node.classList.toggle("ln-ba-flat", flat);
      block.rows.forEach((row, i) => {
        const { own } = things.find((one) => one.i === i);
        own.bars.forEach((bar, k) => {
          const long = (row[7 + k] * (width - TOTAL)) / (most[k] || 1);
          put(bar, { x: x + ends[k], y: base + k * STEP, width: long, height: STEP - 4 });
          ends[k] += long;
        });
      });
      totals(block).forEach((all, k) =>
        say(said[k], x + ends[k] + 6, base + k * STEP + 10, `${short(all)} ${words.heads[4 + k]}`),
      );
      say(said[2], x, y - 6 - LINE * (heads.length - 1), ...heads);
      const place = things.findIndex(({ i }) => i === chosen);
      list.put([things.map(({ own }) => own.node)], [0, place]);
      light();
      return things;
    },
  };
}
