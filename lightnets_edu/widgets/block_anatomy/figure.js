import { asks } from "../kit/asks.js";
import { grip } from "../kit/grip.js";
import { choice, controls, html, reserve, settle, svg, table, whole, widget } from "../kit/shared.js";
import { bill, STEP } from "./bill.js";
import { fit } from "./plan.js";
import { move, view } from "./view.js";
import { words } from "./words.js";

const TITLE = 22; // pixels above a block
const state = ({ texts, rows, flows }, [flow, ends, ...own]) => ({
  rows: own.map((i) => [texts[rows[i][0]], ...rows[i].slice(1)]),
  flow: flows[flow],
  ends,
});
const times = (size) => (size > 0 ? `${size}×${size}` : size);
const text = (value) => `${value || words.none}`;

/** A block's rows, flow and ends at these values of its knobs; the last knob moves fastest. A row: its texts (name,
    what it is, in short), kind, kernel's side, groups, channels in and out, size, parameters, multiply-adds. */
export function find(entry, values) {
  return state(
    entry,
    entry.states[
      entry.knobs.reduce((at, [trait, , offered]) => at * offered.length + offered.indexOf(values[trait]), 0)
    ],
  );
}

/** Parameters and multiply-adds. */
export const totals = ({ rows }) => [7, 8].map((field) => rows.reduce((all, row) => all + row[field], 0));

/** The value of a knob that brings its layer nearest to `c` channels; where there is no such layer, the one there is. */
export function nearest(entry, values, [trait, , offered, , edge], c) {
  const off = (value) => {
    const row = find(entry, { ...values, [trait]: value }).rows.find(([[name]]) => name === edge);
    return row ? Math.abs(row[5] - c) : 1e9;
  };
  return offered.reduce((best, value) => (off(value) < off(best) ? value : best), values[trait]);
}

export const percent = (part, all) => `${+((100 * part) / (all || 1)).toPrecision(3)}%`;

/** Three digits: "8.83 k", "25.7 M". */
export function short(n) {
  const power = n < 1000 ? 0 : n < 999_500 ? 1 : n < 999_500_000 ? 2 : 3;
  return power ? `${(n / 1000 ** power).toPrecision(3)} ${"kMG"[power - 1]}` : `${n}`;
}

/** Room on a page of a width: a place for each block, lines of words below a box, whether names stand below the bars. */
function room(width, count, entries) {
  const two = count > 1,
    broad = width > 1000,
    lines = broad || !two ? 3 : 1,
    bars = 2 * STEP + (width > 480 && 24),
    height = lines > 1 ? 304 : width > 480 ? 190 : 142,
    across = two && broad ? width / 2 - 20 : width,
    own = (across * 29) / 30; // what goes back needs the rest
  const corners = entries.map((entry) => entry.corners.map((at) => state(entry, entry.states[at]))),
    high = height - TITLE - bars;
  return {
    view: `0 0 ${width} ${two && !broad ? 2 * height + 10 : height}`,
    looks: fit(corners, own, high, lines),
    places: [0, 1].map((k) => ({
      x: k * broad * (across + 40),
      y: TITLE + k * !broad * (height + 10),
      width: own,
      base: TITLE + k * !broad * (height + 10) + high,
    })),
  };
}

export default widget(words.figure, (kit) => {
  const { model, live, set } = kit,
    tables = model.get("tables"),
    names = Object.keys(tables),
    entries = names.map((name) => tables[name]),
    many = Math.max(...entries.map(({ knobs }) => knobs.length)),
    both = ["block", "beside"].slice(0, names.length > 1 || many ? 2 : 1);
  const rooms = {},
    made = {},
    held = svg("g"),
    knobs = controls();
  let shown, scale;

  const papers = (name) => Object.fromEntries(tables[name].knobs.map(([trait, , , value]) => [trait, value]));
  /** Both blocks, the one with its knobs' values and the other with its paper's. */
  const read = () =>
    both.map((trait, k) => {
      const name = model.get(trait),
        entry = tables[name],
        values = papers(name);
      if (!k) for (const knob in values) values[knob] = model.get(knob);
      const block = find(entry, values),
        sizes = [...new Set([times(block.ends[1]), times(block.ends[3])])].join(" → "),
        which = entry.differs ? words.differs : k && entry.knobs.length ? words.papers : "";
      return { name, entry, values, block, title: `${entry.title}${which}, ${sizes}` };
    });

  /** Sets a block and its knobs; the layer chosen is that of the same name, else the dearest. */
  function turn(block, values) {
    const { rows } = find(tables[block], values),
      name = read()[0].block.rows[model.get("layer")][0][0],
      macs = rows.map((row) => row[8]),
      place = rows.findIndex(([[own]]) => own === name);
    set({ ...values, block, layer: place < 0 ? macs.indexOf(Math.max(...macs)) : place });
  }
  /** Says what is meant, else the layer chosen. */
  function tell() {
    const [other] = views.filter((one) => one.meant()),
      { c, size, from, to, i } = other?.meant() ?? shown.find((one) => one.i === model.get("layer")),
      { block } = read()[other ? views.indexOf(other) : 0];
    if (c) {
      const all = times(size)
        .split("×")
        .reduce((a, b) => a * b, c);
      live.textContent = words.flow(c, times(size), whole(all), from, to);
      return;
    }
    const [[name, what], , , , cIn, cOut, side, ...own] = block.rows[i],
      costs = totals(block).flatMap((all, j) => [whole(own[j]), percent(own[j], all)]);
    live.replaceChildren(html("b", { text: name }), words.layer(what, from, cIn, cOut, times(side), to, ...costs));
  }
  const views = both.map((_, k) => view(words.layers[k], tell, !k && ((layer) => set({ layer }))));
  const main = svg("svg", { class: "ln-ba-main" }, ...views.flatMap(({ nodes }) => nodes), held);

  /** What sets a knob: a menu, and a grip on the edge of the band that it makes wide. */
  function makeKnob(block, knob) {
    const [trait, title, offered, , edge] = knob,
      last = offered.length - 1;
    const put = (value) => turn(block, { ...read()[0].values, [trait]: value });
    let start;
    const hands = {
      nudge: ([x, y]) => put(offered[Math.max(0, Math.min(offered.indexOf(model.get(trait)) + x - y, last))]),
      start([, y]) {
        main.classList.add("ln-held");
        start = shown.find(({ from }) => from === edge).c - (2 * y) / scale;
      },
      move: ([, y]) => put(nearest(tables[block], read()[0].values, knob, start + (2 * y) / scale)),
      end: () => main.classList.remove("ln-held"),
    };
    return [
      choice(title, put, Math.max(...offered.map((value) => text(value).length))),
      grip(
        title,
        [0, last],
        hands,
        svg("rect", { x: -13, y: -13, width: 26, height: 26, class: "ln-ba-hit" }),
        svg("path", { d: "M0 -11l5 6h-10zM0 11l5 -6h-10z", class: "ln-ba-grip" }),
      ),
    ];
  }
  function putKnobs({ name, entry, values }) {
    const nodes = entry.knobs.map((knob) => {
      const [trait, , offered, , edge] = knob,
        [menu, grip] = (made[name + trait] ??= makeKnob(name, knob)),
        band = shown.find(({ from }) => from === edge);
      menu.put(offered, values[trait], offered.map(text));
      if (!band) return [menu.node];
      grip.put(offered.indexOf(values[trait]), text(values[trait]));
      move(grip.node, band.x + band.width / 2, band.ends[0][1] + band.ends[0][2]);
      return [menu.node, grip.node];
    });
    [knobs, held].forEach((parent, k) =>
      settle(
        parent,
        nodes.flatMap((pair) => pair.slice(k, k + 1)),
      ),
    );
  }

  const set_ = [(block) => turn(block, papers(block)), (beside) => set({ beside })],
    selects = both.map((trait, k) => choice(words[trait], set_[k])),
    questions = asks(kit, model.get("questions"));
  return {
    nodes: [
      controls(...selects.map(({ node }) => names.length > 1 && node).filter(Boolean), knobs),
      main,
      live,
      questions.node,
    ],
    draw(width) {
      const here = read(),
        { view, looks, places } = (rooms[width] ??= room(width, both.length, entries)),
        axis = [0, 1].map((j) => Math.max(here[0].entry.most[j], totals(here.at(-1).block)[j]));
      selects.forEach((select, k) =>
        select.put(
          names,
          here[k].name,
          entries.map(({ title }) => title),
        ),
      );
      if (many) knobs.style.minHeight = `${width < 480 && many > 1 ? 62.4 : 28}px`;
      reserve(live, Math.ceil(1250 / width));
      main.setAttribute("viewBox", view);
      [shown] = here.map(({ name, block, title }, k) => {
        const look = looks[names.indexOf(name)],
          costs = bill(block.rows, axis, places[k].width),
          sums = totals(block).map((all, j) => `${short(all)} ${words.heads[4 + j]}`);
        scale = look.s;
        return views[k].put(block, look, places[k], costs, title, sums, k ? -1 : model.get("layer"));
      });
      putKnobs(here[0]);
      questions.put();
      tell();
    },
    data() {
      const tables = read().flatMap(({ block: { rows }, title }) => {
        const body = rows.map(([[name, what], , , , cIn, cOut, size, ...own]) => [
          name,
          what,
          `${cIn} → ${cOut}`,
          times(size),
          ...own.map(whole),
        ]);
        const last = [words.whole, "", "", "", ...totals({ rows }).map(whole)];
        return [html("p", { text: title }), table([words.heads, ...body, last])];
      });
      return [...tables, html("p", { text: words.counted })];
    },
  };
});
