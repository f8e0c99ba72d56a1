import { check, radio } from "../kit/radio.js";
import { choice, controls, dial, html, svg, table, tick, upto, widget } from "../kit/shared.js";
import { player } from "../kit/player.js";
import { chip, ink, inks, layout } from "./channels.js";
import { words } from "./words.js";

const ORDERS = ["paper", "inverse"];
const divisors = (c) => upto(c + 1).filter((g) => c % g === 0);

/** The channel at each place after the shuffle: reshaped to g rows, or in the inverse order to n rows. */
export function permutation(c, g, order) {
  const rows = order === "paper" ? g : c / g;
  return upto(c).map((place) => (place % rows) * (c / rows) + Math.floor(place / rows));
}

/** i's group, where c channels are cut into g. */
function mates(c, g, i) {
  const n = c / g,
    first = Math.floor(i / n) * n;
  return upto(n).map((k) => first + k);
}

const blocks = (c, g) => upto(g).map((k) => mates(c, g, (k * c) / g));

/** The inputs that an output reaches: back through its group, the shuffle, the groups met. */
export function reached({ from, first, second }, output) {
  const c = from.length,
    met = mates(c, second, output).flatMap((place) => mates(c, first, from[place]));
  return [...new Set(met)].sort((a, b) => a - b);
}

/** Rising numbers in words: "0–3 8". */
function ranges(numbers) {
  const starts = numbers.filter((i) => !numbers.includes(i - 1)),
    ends = numbers.filter((i) => !numbers.includes(i + 1));
  return starts.map((i, k) => (i < ends[k] ? `${i}–${ends[k]}` : i)).join(" ");
}

/** What the traits say. A wiring: `from`, the channels as shuffled, and both layers' groups. */
function read(model) {
  const [c, g, order, shuffle, found] = ["channels", "groups", "order", "shuffle", "measured"].map((name) =>
    model.get(name),
  );
  const wire = (kind) => found[`${c}/${g}/${kind}`] ?? { from: permutation(c, g, kind), first: g, second: g };
  const wiring = wire(order),
    none = { ...wiring, from: upto(c) },
    now = shuffle ? wiring : none;
  const n = c / g,
    [rows, columns] = order === "paper" ? [g, n] : [n, g],
    output = Math.min(model.get("output"), c - 1);
  const measured = `${c}/${g}/${order}` in found,
    still = !shuffle || measured || g === 1 || n === 1;
  return {
    ...now,
    c,
    g,
    n,
    rows,
    columns,
    order,
    shuffle,
    output,
    wiring,
    ways: [none, ...ORDERS.map(wire)],
    measured,
    still,
    step: still ? 3 * shuffle : model.get("step"),
    arrivals: mates(c, now.second, output),
    inputs: reached(now, output),
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
      chips = [all, all, from, all].map((row, r) =>
        row.map((channel, i) => chip(place.at(r, i), place, channel, r < 3 && n)),
      );
      radios = chips[3].map((shapes, i) => radio(words.output(i), i, c, choose, shapes));
      const bands = [first, 0, second].flatMap((groups, r) => blocks(c, groups).map((own) => place.band(r, own)));
      const names = [words.input, words.first, words.between(shuffle), words.second(place.upright)];
      ink(
        moves,
        from.map((channel, i) => [Math.floor(channel / n), place.line(1, channel, i)]),
      );
      stage.setAttribute("viewBox", `0 0 ${width} ${place.height}`);
      stage.replaceChildren(
        svg(
          "g",
          { "aria-hidden": "true" },
          svg("path", { class: "ln-band ln-quiet", d: bands.join("") }),
          ...moves,
          ...rays,
          ...names.flatMap(place.tray),
          ...chips.slice(0, 3).flat(2),
        ),
        svg("g", { role: "radiogroup", "aria-label": words.outputs }, ...radios),
      );
    },
    light({ c, n, from, first, arrivals, inputs, output }) {
      const sources = arrivals.map((i) => from[i]),
        lit = [inputs, sources, arrivals, [output]];
      chips.forEach((row, r) => row.forEach(([rect], i) => rect.classList.toggle("ln-on", lit[r].includes(i))));
      stage.classList.toggle("ln-many", sources.length > 8);
      check(radios, output);
      ink(
        rays,
        sources.map((channel, k) => [
          Math.floor(channel / n),
          [
            ...mates(c, first, channel).map((input) => place.line(0, input, channel)),
            place.line(1, channel, arrivals[k]),
            place.line(2, arrivals[k], output),
          ].join(""),
        ]),
      );
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
      const last = step === 4,
        row = [across, columns, rows, across, across][step];
      chips.forEach((part, i) => {
        const k = step < 2 ? i : from.indexOf(i),
          column = k % row;
        const [x, y] = [w * column + 8 * last * Math.floor(column / n), pitch * Math.floor(k / row)];
        part.style.transform = `translate(${x}px, ${y}px)`;
        part.firstChild.classList.toggle("ln-on", !last || arrivals.includes(k));
      });
    },
  };
}

function explain(here) {
  if (here.measured) return words.measured;
  if (here.g === 1) return words.dense;
  if (here.n === 1) return words.alone;
  return here.shuffle ? words.explained[here.step](here) : words.none;
}

function sentence({ c, g, n, ways, inputs, measured, output, shuffle }) {
  const [none, paper, inverse] = ways.map((way) => reached(way, output));
  const said = words.reaches(measured, output, inputs.length, c);
  if (!shuffle) return said + words.apart(n);
  const [others, most] = [`${paper}` !== `${inverse}`, Math.min(g, n) * n];
  return said + words.compared({ n, none: none.length, paper: paper.length, inverse: inverse.length, others, most });
}

export default widget(words.figure, (kit) => {
  const { model, live, set } = kit,
    fixed = model.get("fixed"),
    say = (text) => html("p", { text });
  let wanted = model.get("groups"),
    built;
  const channels = dial(words.channels, (c) => set({ channels: c, groups: divisors(c).findLast((g) => g <= wanted) }));
  const groups = choice(words.groups, (g) => set({ groups: (wanted = g) }));
  const shuffle = tick(words.shuffle, (on) => set({ shuffle: on })),
    order = choice(words.order, (kind) => set({ order: kind }));
  const stage = dial(words.stage, (step) => {
    go.stop();
    set({ step });
  });
  const main = svg("svg", { class: "ln-network" }),
    small = svg("svg", { class: "ln-steps", "aria-hidden": "true" });
  const badge = html("p", { class: "ln-badge" }),
    how = html("p", { "aria-live": "polite" });
  const picture = network(main, (output) => set({ output })),
    moves = stepper(small);
  const go = player({ ...kit, live: how }, () => {
    set({ step: (model.get("step") + 1) % 5 });
    return model.get("step") < 4;
  });
  return {
    nodes: [
      controls(channels.node, groups.node, shuffle.node, order.node),
      main,
      badge,
      live,
      html("p", { class: "ln-title", text: words.steps }),
      controls(...go.buttons, stage.node),
      how,
      small,
    ],
    draw(width) {
      const here = read(model),
        { c, g, step, still } = here,
        shape = [width, c, g, here.shuffle, here.order].join();
      if (shape !== built) {
        built = shape;
        picture.build(here, width);
        moves.build(here, width);
      }
      picture.light(here);
      moves.put(here);
      channels.put(
        upto(31).map((i) => i + 2),
        c,
        c,
        fixed,
      );
      groups.put(divisors(c), g, divisors(c), fixed);
      shuffle.put(here.shuffle);
      order.put(
        ORDERS,
        here.order,
        ORDERS.map((kind) => words.orders[kind]),
      );
      stage.put(upto(5), step, g < 2 || g === c ? words.noStage : words.stages[step], still);
      go.enable(!still);
      live.textContent = sentence(here);
      how.textContent = explain(here);
      const apart = upto(c).some((o) => reached(here.wiring, o).length < c);
      badge.textContent = here.shuffle || g < 2 ? words.mixing({ c, g, apart }) : words.noMixing;
    },
    data() {
      const { c, second, ways, wiring } = read(model),
        row = (own) => [own, ...ways.map((way) => reached(way, own[0]))].map(ranges);
      return [say(words.after(wiring.from)), table([words.heads, ...blocks(c, second).map(row)])];
    },
  };
});
