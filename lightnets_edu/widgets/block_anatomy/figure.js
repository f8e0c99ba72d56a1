import { check, radio } from "../kit/radio.js";
import { choice, controls, dial, html, svg, table, whole, widget } from "../kit/shared.js";
import { fit, INK, sum, times } from "./plan.js";
import { words } from "./words.js";

const state = ({ texts, rows, flows }, [flow, ends, ...own]) => ({
  rows: own.map((i) => [texts[rows[i][0]], ...rows[i].slice(1)]),
  flow: flows[flow],
  ends,
});
const forks = (flow) => flow.filter(Array.isArray).flatMap((fork) => [fork, ...fork.slice(4).flatMap(forks)]);

/** A block's rows, flow and ends at these values of its knobs; the last knob moves fastest. A row: its texts (name,
    what it is, short lines), kind, kernel's side, groups, channels in and out, size, parameters, multiply-adds. */
export function find(entry, values) {
  return state(
    entry,
    entry.states[
      entry.knobs.reduce((at, [trait, , offered]) => at * offered.length + offered.indexOf(values[trait]), 0)
    ],
  );
}

/** Totals, the widest point and where it first is, and the multiply-adds of each kind of layer. */
export function summary({ rows, flow, ends }) {
  const met = [
    [ends[0], words.atInput],
    ...rows.map((row) => [row[5], words.after(row[0][0])]),
    ...forks(flow).map(([join, , c]) => [c, words.after(join)]),
  ];
  const kinds = {};
  for (const [, kind, , , , , , , macs] of rows) if (macs) kinds[kind] = (kinds[kind] ?? 0) + macs;
  return {
    params: sum(rows, (row) => row[7]),
    macs: sum(rows, (row) => row[8]),
    widest: met.reduce((a, b) => (b[0] > a[0] ? b : a)),
    kinds,
  };
}

export const percent = (part, all) => `${+((100 * part) / (all || 1)).toPrecision(3)}%`;

function read(model) {
  const name = model.get("block"),
    layer = model.get("layer"),
    entry = model.get("tables")[name];
  const values = Object.fromEntries(entry.knobs.map(([trait]) => [trait, model.get(trait)])),
    block = find(entry, values);
  return { ...block, ...summary(block), name, entry, values, layer, picked: block.rows[layer] };
}

/** What parameters and multiply-adds are made of: one bar each, cut into the layers. */
function costs({ rows, layer, params, macs }) {
  return [
    [words.parameters, params, 7],
    [words.macs, macs, 8],
  ].flatMap(([title, all, field]) => [
    title(whole(all)),
    html(
      "div",
      {},
      ...rows.map((part, i) =>
        html("div", {
          class: INK[part[1]] + (i === layer ? " ln-ba-on" : ""),
          style: `flex-grow: ${part[field]}`,
          text: part[0][0],
        }),
      ),
    ),
  ]);
}

/** The block in numbers, its kinds of layer with their colours; then the layer picked. */
function sentences({
  entry,
  params,
  macs,
  widest: [c, where],
  kinds,
  picked: [[name, what], , , , cIn, cOut, size, own, spent],
}) {
  const shares = Object.entries(kinds).flatMap(([kind, part], i) => [
    i ? ", " : "",
    html("span", { class: `ln-ba-key ${INK[kind]}`, text: `${words.kinds[kind]} ${percent(part, macs)}` }),
  ]);
  return [
    words.total(entry.differs, whole(params), whole(macs)),
    ...shares,
    words.widest(where, c),
    html("br"),
    html("b", { text: name }),
    words.picked(what, cIn, cOut, times(size)) +
      words.costs(whole(own), whole(spent), percent(own, params), percent(spent, macs)),
  ];
}

export default widget(words.figure, ({ model, live, set }) => {
  const tables = model.get("tables"),
    names = Object.keys(tables),
    dials = {},
    fits = {},
    knobs = controls(),
    hidden = { "aria-hidden": "true" };
  const main = svg("svg", { class: "ln-ba-main" }),
    bars = html("div", { class: "ln-ba-costs", ...hidden }),
    ruler = html("p", { class: "ln-ba-ruler" });
  let built, radios;
  const select = choice(words.block, (block) => {
    const values = Object.fromEntries(tables[block].knobs.map(([trait, , , value]) => [trait, value])),
      spent = find(tables[block], values).rows.map((row) => row[8]);
    set({ ...values, block, layer: spent.indexOf(Math.max(...spent)) });
  });
  // The layer picked stays, while there is one of its name.
  function turn(trait, value) {
    const { entry, values, picked } = read(model),
      { rows } = find(entry, { ...values, [trait]: value });
    set({
      [trait]: value,
      layer: Math.max(
        0,
        rows.findIndex(([[name]]) => name === picked[0][0]),
      ),
    });
  }
  return {
    nodes: [controls(select.node, knobs), main, ruler, live, bars],
    draw(width) {
      const here = read(model),
        { name, entry, values, rows } = here;
      const shown = entry.knobs.map(([trait, title, offered]) => {
        const made = (dials[name + trait] ??= dial(title, (value) => turn(trait, value)));
        made.put(offered, values[trait], values[trait] || words.none);
        return made.node;
      });
      if (knobs.firstChild !== shown[0]) knobs.replaceChildren(...shown);
      select.put(
        names,
        name,
        Object.values(tables).map(({ title }) => title),
        names.length < 2, // a menu of one is no choice
      );
      const { scale, view, draw } = (fits[name + width] ??= fit(
        entry.states.map((own) => state(entry, own)),
        width,
      ));
      if (built !== (built = [width, name, Object.values(values)].join())) {
        const { flow, marks, boxes } = draw(here);
        radios = boxes.map((own, i) => radio(rows[i][0][0], i, rows.length, (layer) => set({ layer }), own));
        main.setAttribute("viewBox", view);
        main.replaceChildren(
          svg("g", hidden, ...flow, ...marks),
          svg("g", { role: "radiogroup", "aria-label": words.layers }, ...radios),
        );
        const n = 2 ** Math.ceil(Math.log2(12 / scale));
        ruler.replaceChildren(html("span", { style: `height: ${n * scale}px` }), words.ruler(n));
      }
      check(radios, here.layer);
      bars.replaceChildren(...costs(here));
      live.replaceChildren(...sentences(here));
    },
    data() {
      const { rows, params, macs } = read(model),
        total = [words.whole, "", "", "", whole(params), whole(macs)];
      const body = rows.map(([[name, what], , , , cIn, cOut, size, own, spent]) => [
        name,
        what,
        `${cIn} → ${cOut}`,
        times(size),
        whole(own),
        whole(spent),
      ]);
      return [table([words.heads, ...body, total])];
    },
  };
});
