import { check, choice, controls, dial, html, radio, svg, table, tick, upto, widget } from "./shared.js";
import { player } from "./player.js";
import { chip, ink, inks, layout } from "./channels.js";

const STAGES = ["in order", "reshape", "transpose", "flatten", "layer 2"];
const ORDERS = ["paper", "inverse"];
const divisors = (c) => upto(c + 1).filter((g) => c % g === 0);

/** The channel at each place after the shuffle: reshaped to g rows, or in the inverse order to n rows. */
export function permutation(c, g, order) {
  const rows = order === "paper" ? g : c / g;
  return upto(c).map((place) => (place % rows) * (c / rows) + Math.floor(place / rows));
}

/** i's group, where c channels are cut into g. */
function mates(c, g, i) {
  const n = c / g, first = Math.floor(i / n) * n;
  return upto(n).map((k) => first + k);
}

const blocks = (c, g) => upto(g).map((k) => mates(c, g, (k * c) / g));

/** The inputs that an output reaches: back through its group, the shuffle, the groups met. */
export function reached({ from, first, second }, output) {
  const c = from.length, met = mates(c, second, output).flatMap((place) => mates(c, first, from[place]));
  return [...new Set(met)].sort((a, b) => a - b);
}

/** Rising numbers in words: "0–3 8". */
function ranges(numbers) {
  const starts = numbers.filter((i) => !numbers.includes(i - 1)), ends = numbers.filter((i) => !numbers.includes(i + 1));
  return starts.map((i, k) => (i < ends[k] ? `${i}–${ends[k]}` : i)).join(" ");
}

/** What the traits say. A wiring: `from`, the channels as shuffled, and both layers' groups. */
function read(model) {
  const [c, g, order, shuffle, found] = ["channels", "groups", "order", "shuffle", "measured"].map((name) => model.get(name));
  const wire = (kind) => found[`${c}/${g}/${kind}`] ?? { from: permutation(c, g, kind), first: g, second: g };
  const wiring = wire(order), none = { ...wiring, from: upto(c) }, now = shuffle ? wiring : none;
  const n = c / g, [rows, columns] = order === "paper" ? [g, n] : [n, g], output = Math.min(model.get("output"), c - 1);
  const measured = `${c}/${g}/${order}` in found, still = !shuffle || measured || g === 1 || n === 1;
  return {
    ...now, c, g, n, rows, columns, order, shuffle, output, wiring, ways: [none, ...ORDERS.map(wire)], measured, still,
    step: still ? 3 * shuffle : model.get("step"), arrivals: mates(c, now.second, output), inputs: reached(now, output),
  };
}

/** The large picture: `build` draws channels and lines, `light` what the selected output reaches. */
function network(stage, choose) {
  const [moves, rays] = ["ln-move ln-quiet", "ln-ray"].map(inks);
  let place, chips, radios;
  return {
    build({ c, n, shuffle, from, first, second }, width) {
      const all = upto(c);
      place = layout(width, c, n);
      chips = [all, all, from, all].map((row, r) => row.map((channel, i) => chip(place.at(r, i), place, channel, r < 3 && n)));
      radios = chips[3].map((shapes, i) => radio(`Output ${i}`, i, c, choose, shapes));
      const bands = [first, 0, second].flatMap((groups, r) => blocks(c, groups).map((own) => place.band(r, own)));
      const names = ["Input", "Layer 1", shuffle ? "Shuffle" : "No shuffle", `Layer 2${place.upright ? "" : ": pick an output"}`];
      ink(moves, from.map((channel, i) => [Math.floor(channel / n), place.line(1, channel, i)]));
      stage.setAttribute("viewBox", `0 0 ${width} ${place.height}`);
      stage.replaceChildren(
        svg("g", { "aria-hidden": "true" }, svg("path", { class: "ln-band ln-quiet", d: bands.join("") }), ...moves, ...rays,
          ...names.flatMap(place.tray), ...chips.slice(0, 3).flat(2)),
        svg("g", { role: "radiogroup", "aria-label": "Output channel" }, ...radios),
      );
    },
    light({ c, n, from, first, arrivals, inputs, output }) {
      const sources = arrivals.map((i) => from[i]), lit = [inputs, sources, arrivals, [output]];
      chips.forEach((row, r) => row.forEach(([rect], i) => rect.classList.toggle("ln-on", lit[r].includes(i))));
      stage.classList.toggle("ln-many", sources.length > 8);
      check(radios, output);
      ink(rays, sources.map((channel, k) => [Math.floor(channel / n), [
        ...mates(c, first, channel).map((input) => place.line(0, input, channel)),
        place.line(1, channel, arrivals[k]), place.line(2, arrivals[k], output),
      ].join("")]));
    },
  };
}

/** Chips that move. A long line wraps between groups. */
function stepper(stage) {
  let chips, across, w, pitch;
  return {
    build({ c, g, n }, width) {
      const most = Math.max(g, n);
      across = n * Math.max(1, Math.min(g, Math.floor(width / 28 / n)));
      w = Math.min(38, (width - (8 * across) / n) / Math.max(across, most));
      pitch = most > 8 ? 23 : 28;
      chips = upto(most < c ? c : 0).map((i) => svg("g", {}, ...chip([w / 2, pitch / 2], { w: w - 3, h: 20 }, i, n)));
      stage.setAttribute("viewBox", `0 0 ${width} ${chips.length && most * pitch}`);
      stage.replaceChildren(...chips);
    },
    put({ from, rows, columns, n, step, arrivals }) {
      const last = step === 4, row = [across, columns, rows, across, across][step];
      chips.forEach((part, i) => {
        const k = step < 2 ? i : from.indexOf(i), column = k % row;
        part.style.transform = `translate(${w * column + 8 * last * Math.floor(column / n)}px, ${pitch * Math.floor(k / row)}px)`;
        part.firstChild.classList.toggle("ln-on", !last || arrivals.includes(k));
      });
    },
  };
}

function explain({ g, n, from, rows, columns, shuffle, measured, step }) {
  if (measured) return "The order that the code gives.";
  if (g === 1) return "g = 1: a dense layer; the shuffle changes nothing.";
  if (n === 1) return "g = C: each channel alone; the shuffle changes nothing.";
  if (!shuffle) return "No shuffle: groups stay apart.";
  return [
    `Layer 1 gives ${g} groups of ${n}.`,
    `Reshape to ${rows} rows of ${columns}${rows === g ? ", one a group" : ""}.`,
    `Transpose to ${columns} rows of ${rows}.`,
    `Flatten, row after row: ${from.join(" ")}.`,
    `Each group of layer 2 takes ${n} neighbours.`,
  ][step];
}

function sentence({ c, g, n, ways, inputs, measured, output, shuffle }) {
  const [none, paper, inverse] = ways.map((way) => reached(way, output));
  const said = `${measured ? "Measured, not the formula: o" : "O"}utput ${output} reaches ${inputs.length} of ${c} inputs`;
  if (!shuffle) return `${said}: n = ${n}.`;
  return `${said}. No shuffle: ${none.length} (n = ${n}). Paper's order: ${paper.length}. Inverse order: ${inverse.length}${`${paper}` === `${inverse}` ? "" : ", but others"}. min(g, n) · n = ${Math.min(g, n) * n}.`;
}

export default widget("Channel shuffle", (kit) => {
  const { model, live, set } = kit, fixed = model.get("fixed"), say = (text) => html("p", { text });
  let wanted = model.get("groups"), built;
  const channels = dial("Channels C", (c) => set({ channels: c, groups: divisors(c).findLast((g) => g <= wanted) }));
  const groups = choice("Groups g", (g) => set({ groups: wanted = g }));
  const shuffle = tick("Shuffle", (on) => set({ shuffle: on })), order = choice("Order", (kind) => set({ order: kind }));
  const stage = dial("Stage", (step) => { go.stop(); set({ step }); });
  const main = svg("svg", { class: "ln-network" }), small = svg("svg", { class: "ln-steps", "aria-hidden": "true" });
  const badge = html("p", { class: "ln-badge" }), how = html("p", { "aria-live": "polite" });
  const picture = network(main, (output) => set({ output })), moves = stepper(small);
  const go = player({ ...kit, live: how }, () => {
    set({ step: (model.get("step") + 1) % 5 });
    return model.get("step") < 4;
  });
  return {
    nodes: [
      controls(channels.node, groups.node, shuffle.node, order.node), main, badge, live,
      html("p", { class: "ln-title", text: "The shuffle, step by step" }), controls(...go.buttons, stage.node), how, small,
    ],
    draw(width) {
      const here = read(model), { c, g, step, still } = here, shape = [width, c, g, here.shuffle, here.order].join();
      if (shape !== built) {
        built = shape;
        picture.build(here, width);
        moves.build(here, width);
      }
      picture.light(here);
      moves.put(here);
      channels.put(upto(31).map((i) => i + 2), c, c, fixed);
      groups.put(divisors(c), g, divisors(c), fixed);
      shuffle.put(here.shuffle);
      order.put(ORDERS, here.order);
      stage.put(upto(5), step, g < 2 || g === c ? "none" : STAGES[step], still);
      go.enable(!still);
      live.textContent = sentence(here);
      how.textContent = explain(here);
      const apart = upto(c).some((o) => reached(here.wiring, o).length < c);
      badge.textContent = here.shuffle || g < 2 ? `C = ${c} ${c < g * g ? "<" : "≥"} g² = ${g * g}: ${apart ? "no " : ""}full mixing` : "No shuffle: groups never mix";
    },
    data() {
      const { c, second, ways, wiring } = read(model), row = (own) => [own, ...ways.map((way) => reached(way, own[0]))].map(ranges);
      return [
        say(`After the shuffle: ${wiring.from.join(" ")}`),
        table([["output", "reaches: no shuffle", "paper's order", "inverse order"], ...blocks(c, second).map(row)]),
      ];
    },
  };
});
