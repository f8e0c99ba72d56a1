import { asks } from "../kit/asks.js";
import { grip } from "../kit/grip.js";
import { choice, controls, html, mend, reserve, settle, svg, table, whole, widget } from "../kit/shared.js";
import { fit, LINE, most, side } from "./plan.js";
import { inLines, move, totals, view } from "./view.js";
import { words } from "./words.js";

const state = ({ texts, rows, flows }, [flow, ends, ...own]) => ({
  rows: own.map((i) => [texts[rows[i][0]], ...rows[i].slice(1)]),
  flow: flows[flow],
  ends,
});
const times = (size) => (size > 0 ? `${size}×${size}` : size);

/** A block's rows, flow and ends at these values of its knobs; the last knob moves fastest. A row: its texts (name,
    what it is, in short), kind, kernel's side, groups, channels in and out, size, parameters, multiply-adds. */
export function find(entry, values) {
  const at = entry.knobs.reduce((at, [trait, , offered]) => at * offered.length + offered.indexOf(values[trait]), 0);
  return state(entry, entry.states[at]);
}

export const percent = (part, all) => `${+((100 * part) / (all || 1)).toPrecision(3)}%`;

/** Room on a page of a width: a place for each block, its title above it, and lines of words below a box. On a narrow
    page the flow of the block beside is not drawn. */
function room(width, count, entries) {
  const flat = width < 480,
    two = count > 1 && !flat,
    across = two ? width / 2 - 12 : width,
    // what goes back needs the rest
    own = across - 20,
    high = flat ? 170 : width > 900 ? 240 : 280,
    top = 9 + LINE * most(entries, ({ title }) => inLines(title, own).length),
    tall = high + top + 32;
  const corners = entries.map((entry) => entry.corners.map((at) => state(entry, entry.states[at])));
  return {
    view: `0 0 ${width} ${tall + 56 * (flat && count > 1)}`,
    looks: fit(corners, own, high, across > 480 ? 4 : 2),
    places: [0, 1].map((k) => {
      const low = flat && k > 0,
        y = top + low * tall;
      return { x: k * two * (across + 24), y, width: own, base: y + !low * high, flat: low };
    }),
  };
}

export default widget(words.figure, (kit) => {
  const { model, live, set } = kit,
    tables = model.get("tables"),
    names = Object.keys(tables),
    entries = names.map((name) => tables[name]),
    titles = entries.map(({ title }) => title),
    both = ["block", "beside"].slice(0, names.length > 1 || entries[0].knobs.length ? 2 : 1);
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
      const title = k && name === model.get("block") && entry.knobs.length ? words.papers : entry.title;
      return { name, entry, values, title, block: find(entry, values) };
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
    const k = views.findIndex((one) => one.meant()),
      { c, size, from, i } = views[k]?.meant() ?? shown.find((one) => one.i === model.get("layer")),
      { block } = read()[Math.max(k, 0)];
    if (c) return live.replaceChildren(words.flow(c, times(size), whole(Math.round(c * side(size) ** 2)), from));
    const [[name, what], , , , cIn, cOut, map, ...own] = block.rows[i],
      costs = totals(block).flatMap((all, j) => [whole(own[j]), percent(own[j], all)]);
    live.replaceChildren(
      html("b", { text: name }),
      words.layer(what, cIn, cOut, times(map), ...costs),
      k < 0 ? words.below : "",
    );
  }
  const views = both.map((_, k) => view(words.layers[k], tell, (layer) => k || set({ layer })));
  const main = svg("svg", { class: "ln-ba-main" }, ...views.flatMap(({ nodes }) => nodes), held);

  /** What sets a knob: a menu, and a grip on the edge of the band that it makes wide. */
  function makeKnob(block, knob) {
    const [trait, title, offered, , edge] = knob,
      last = offered.length - 1;
    const at = () => offered.indexOf(model.get(trait)),
      put = (value) => turn(block, { ...read()[0].values, [trait]: value }),
      go = (to) => put(offered[Math.max(0, Math.min(to, last))]);
    /** Channels of the layer whose edge the grip is, at a value. */
    const wide = (value) =>
      find(tables[block], { ...read()[0].values, [trait]: value }).rows.find(([[name]]) => name === edge)?.[5] ?? 0;
    let zero, each;
    const hands = {
      free: true,
      nudge: ([x, y]) => go(at() + x - y),
      // From a value to the next a hand goes as far as the edge does on an average, and 8 pixels at least.
      start([, y]) {
        main.classList.add("ln-held");
        each = ((wide(offered[last]) - wide(offered[0])) * scale) / 2 / last;
        each = each < 0 ? Math.min(each, -8) : Math.max(each, 8);
        zero = y + each * at();
      },
      move: ([, y]) => go(Math.round((zero - y) / each)),
      end: () => main.classList.remove("ln-held"),
    };
    return [
      choice(
        title,
        put,
        most(offered, (value) => `${value}`.length),
      ),
      grip(title, [0, last], hands, svg("rect"), svg("path", { d: "M0-13l6 8H-6zM0 13l6-8H-6z" })),
    ];
  }
  function putKnobs({ name, entry, values }) {
    const menus = [],
      grips = [];
    for (const knob of entry.knobs) {
      const [trait, , offered, , edge] = knob,
        [menu, grip] = (made[name + trait] ??= makeKnob(name, knob)),
        band = shown.find(({ from }) => from === edge);
      menus.push(menu.node);
      menu.put(offered, values[trait]);
      if (!band) continue;
      grips.push(grip.node);
      grip.put(offered.indexOf(values[trait]), values[trait]);
      move(grip.node, band.x + Math.min(0.55 * band.width + 20, band.width + 6), band.ends[0][1] - band.ends[0][2]);
    }
    settle(knobs, menus);
    settle(held, grips);
  }

  const selects = both.map((trait, k) =>
      choice(words[trait], (name) =>
        k ? set({ beside: name }) : name !== model.get("block") && turn(name, papers(name)),
      ),
    ),
    questions = asks(kit, model.get("questions"));
  return {
    nodes: [
      controls(...selects.map(({ node }) => node).slice(names.length > 1 ? 0 : 2), knobs),
      main,
      live,
      questions.node,
    ],
    draw(width) {
      const here = read(),
        { view, looks, places } = (rooms[width] ??= room(width, both.length, entries)),
        axis = [0, 1].map((j) => Math.max(here[0].entry.most[j], totals(here.at(-1).block)[j]));
      selects.forEach((select, k) => select.put(names, here[k].name, titles));
      reserve(live, Math.ceil(1500 / width));
      mend(main, "viewBox", view);
      scale = looks[0].s;
      [shown] = here.map((one, k) =>
        views[k].put(one, looks[names.indexOf(one.name)], places[k], axis, k ? -1 : model.get("layer")),
      );
      putKnobs(here[0]);
      questions.put();
      tell();
    },
    data() {
      return read().flatMap(({ block, title }) => {
        const body = block.rows.map(([[name, what], , , , cIn, cOut, size, ...own]) => [
          name,
          what,
          `${cIn} → ${cOut}`,
          times(size),
          ...own.map(whole),
        ]);
        const last = [words.whole, "", "", "", ...totals(block).map(whole)];
        return [html("p", { text: title }), table([words.heads, ...body, last])];
      });
    },
  };
});
