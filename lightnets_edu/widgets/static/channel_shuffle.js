import { bind, check, chip, field, figure, fit, html, ink, inks, layout, offer, player, radio, ranges, svg, table, update, upto } from "./shared.js";

const STAGES = ["in order", "reshape", "transpose", "flatten", "layer 2"];
const ORDERS = ["paper", "inverse"];

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

function network(stage, model, choose) {
  const [moves, rays] = ["ln-move", "ln-ray"].map(inks);
  let place, chips, radios;

  function build(width) {
    const { c, n, shuffle, from, first, second } = read(model), all = upto(c);
    place = layout(width, c, n);
    chips = [all, all, from, all].map((row, r) => row.map((channel, i) => chip(place.at(r, i), place, channel, r < 3 && n)));
    radios = chips[3].map((shapes, i) => radio(`Output ${i}`, i, c, choose, shapes));
    const bands = [first, 0, second].flatMap((groups, r) => blocks(c, groups).map((own) => place.band(r, own)));
    const names = ["Input", "Layer 1", shuffle ? "Shuffle" : "No shuffle", `Layer 2${place.upright ? "" : ": pick an output"}`];
    ink(moves, from.map((channel, i) => [Math.floor(channel / n), place.line(1, channel, i)]));
    stage.setAttribute("viewBox", `0 0 ${width} ${place.height}`);
    stage.replaceChildren(
      svg("g", { "aria-hidden": "true" }, svg("path", { class: "ln-band", d: bands.join("") }), ...moves, ...rays,
        ...names.flatMap(place.tray), ...chips.slice(0, 3).flat(2)),
      svg("g", { role: "radiogroup", "aria-label": "Output channel" }, ...radios),
    );
    light();
  }

  function light() {
    const { c, n, from, first, arrivals, inputs, output } = read(model), sources = arrivals.map((i) => from[i]);
    const lit = [inputs, sources, arrivals, [output]];
    chips.forEach((row, r) => row.forEach(([rect], i) => rect.classList.toggle("ln-on", lit[r].includes(i))));
    stage.classList.toggle("ln-many", sources.length > 8);
    check(radios, output);
    ink(rays, sources.map((channel, k) => [Math.floor(channel / n), [
      ...mates(c, first, channel).map((input) => place.line(0, input, channel)),
      place.line(1, channel, arrivals[k]), place.line(2, arrivals[k], output),
    ].join("")]));
  }
  return { build, light, focus: () => radios[read(model).output].focus() };
}

/** Chips that move. A long line wraps between groups. */
function stepper(stage, model) {
  let chips, across, w, pitch;

  function build(width) {
    const { c, g, n } = read(model), most = Math.max(g, n);
    across = n * Math.max(1, Math.min(g, Math.floor(width / 28 / n)));
    w = Math.min(38, (width - (8 * across) / n) / Math.max(across, most));
    pitch = most > 8 ? 23 : 28;
    chips = upto(most < c ? c : 0).map((i) => svg("g", {}, ...chip([w / 2, pitch / 2], { w: w - 3, h: 20 }, i, n)));
    stage.setAttribute("viewBox", `0 0 ${width} ${chips.length && most * pitch}`);
    stage.replaceChildren(...chips);
    put();
  }

  function put() {
    const { from, rows, columns, n, step, arrivals } = read(model), last = step === 4, row = [across, columns, rows, across, across][step];
    chips.forEach((part, i) => {
      const k = step < 2 ? i : from.indexOf(i), column = k % row;
      part.style.transform = `translate(${w * column + 8 * last * Math.floor(column / n)}px, ${pitch * Math.floor(k / row)}px)`;
      part.firstChild.classList.toggle("ln-on", !last || arrivals.includes(k));
    });
  }
  return { build, put };
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
  return `${said}. No shuffle: ${none.length} (n = ${n}). Paper's order: ${paper.length}. Inverse order: ${inverse.length}${`${paper}` === `${inverse}` ? "" : ", not the same"}. min(g, n) · n = ${Math.min(g, n) * n}.`;
}

function list({ c, second, ways, wiring }) {
  const row = (own) => [own, ...ways.map((way) => reached(way, own[0]))].map(ranges);
  return [
    html("p", { text: `After the shuffle: ${wiring.from.join(" ")}` }),
    table([["output", "reaches: no shuffle", "paper's order", "inverse order"], ...blocks(c, second).map(row)]),
  ];
}

export default {
  render({ model, el }) {
    const set = update.bind(null, model), disabled = model.get("fixed");
    const divisors = (c) => upto(c + 1).filter((g) => c % g === 0);
    let wanted = model.get("groups"), width = 0, half = false;
    function resize(channels) {
      half = true;
      model.set("groups", divisors(channels).findLast((g) => g <= wanted));
      half = false;
      set({ channels });
    }
    const count = html("input", { type: "range", min: 2, max: 32, disabled, oninput: () => resize(+count.value) });
    const groups = html("select", { disabled, onchange: () => set({ groups: wanted = +groups.value }) });
    const mix = html("input", { type: "checkbox", onchange: () => set({ shuffle: mix.checked }) });
    const order = html("select", { onchange: () => set({ order: order.value }) });
    const range = html("input", { type: "range", max: 4, oninput: () => { go.stop(); set({ step: +range.value }); } });
    const main = svg("svg", { class: "ln-network" }), small = svg("svg", { class: "ln-steps", "aria-hidden": "true" });
    const chosen = html("b"), stage = html("span"), badge = html("p", { class: "ln-badge" }), data = html("div", { class: "ln-data" });
    const [words, how] = [1, 2].map(() => html("p", { "aria-live": "polite" })), root = figure("Channel shuffle, interactive");
    const details = html("details", { ontoggle: write }, html("summary", { text: "The data" }), data);
    const picture = network(main, model, (output) => { set({ output }); picture.focus(); }), moves = stepper(small, model);
    const go = player({
      root,
      advance: () => { set({ step: (model.get("step") + 1) % 5 }); return model.get("step") < 4; },
      changed: (playing) => how.setAttribute("aria-live", playing ? "off" : "polite"),
    });
    root.append(
      html("div", { class: "ln-controls" }, field("Channels C", count, chosen), field("Groups g", groups), field("Shuffle", mix), field("Order", order)),
      main, badge, words, html("p", { class: "ln-title", text: "The shuffle, step by step" }),
      html("div", { class: "ln-controls" }, ...go.buttons, field("Stage", range, stage)),
      how, small, details, html("figcaption", { text: model.get("caption") }),
    );
    el.append(root);

    function write() {
      const here = read(model), { c, g, step, still } = here;
      count.value = chosen.textContent = c;
      offer(groups, divisors(c), g);
      offer(order, ORDERS, here.order);
      mix.checked = here.shuffle;
      range.value = step;
      range.setAttribute("aria-valuetext", stage.textContent = STAGES[step]);
      range.disabled = still;
      go.enable(!still);
      words.textContent = sentence(here);
      how.textContent = explain(here);
      const apart = upto(c).some((o) => reached(here.wiring, o).length < c);
      badge.textContent = `C = ${c} ${c < g * g ? "<" : "≥"} g² = ${g * g}: ${here.shuffle || g < 2 ? `${apart ? "no " : ""}full mixing` : "no shuffle"}`;
      if (details.open) data.replaceChildren(...list(here));
    }
    function rebuild() {
      if (half || !width || model.get("channels") % model.get("groups")) return;
      picture.build(width);
      moves.build(width);
      write();
    }
    const offs = [
      bind(model, ["channels", "groups", "order", "shuffle"], rebuild),
      bind(model, ["output"], () => { picture.light(); moves.put(); write(); }),
      bind(model, ["step"], () => { moves.put(); write(); }),
      fit(main, (now) => { width = now; rebuild(); }),
      go.close,
    ];
    return () => { for (const off of offs) off(); root.remove(); };
  },
};
