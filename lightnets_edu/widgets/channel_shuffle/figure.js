import { asks } from "../kit/asks.js";
import { drag } from "../kit/drag.js";
import { part, parts } from "../kit/parts.js";
import { player } from "../kit/player.js";
import { keep } from "../kit/keep.js";
import { choice, controls, dial, html, mend, reserve, svg, table, tick, upto, widget } from "../kit/shared.js";
import { chip, dress, ink, inks, layout, place } from "./channels.js";
import { blocks, flow, kin, links, members, moved, permutation, reached } from "./wiring.js";
import { words } from "./words.js";

const MOST = 16;
const KINDS = ["none", "paper", "inverse", "own"];
const TRAITS = ["channels", "groups", "order", "shuffle", "layers", "own", "output", "step", "measured", "fixed"];
const MOVED = ["shuffle", "order", "own", "step"];
const divide = (c, g) => c % g === 0;

/** Rising numbers in words: "0–3 8". */
function ranges(numbers) {
  const starts = numbers.filter((i) => !numbers.includes(i - 1)),
    ends = numbers.filter((i) => !numbers.includes(i + 1));
  return starts.map((i, k) => (i < ends[k] ? `${i}–${ends[k]}` : i)).join(" ");
}

const swapped = (order, a, b) => order.map((channel, i) => (i === a ? order[b] : i === b ? order[a] : channel));

/** What the traits say; `met` are the groups that have come to each channel. */
function read(model) {
  const [c, g, order, shuffle, layers, own, output, step, found, fixed] = TRAITS.map((name) => model.get(name));
  const wire = (way) => found[`${c}/${g}/${way}`] ?? { from: permutation(c, g, way), first: g, second: g },
    paper = wire("paper");
  const ways = { none: { ...paper, from: upto(c) }, paper, inverse: wire("inverse"), own: { ...paper, from: own } },
    kind = shuffle ? order : "none",
    odd = (way) => `${c}/${g}/${way}` in found,
    measured = odd(kind) || [ways[kind].first, ways[kind].second].some((groups) => groups !== g),
    dealt = g > 1 && g < c && !odd(order === "inverse" ? order : "paper");
  const down = links(ways[kind], layers),
    counts = reached(ways[kind], layers).map((inputs) => inputs.length),
    groups = upto(c).map((i) => 1 << Math.floor((i * g) / c));
  return {
    ...{ c, g, layers, output, kind, ways, measured, dealt, fixed, down, ...ways[kind] },
    rows: order === "inverse" ? c / g : g,
    step: dealt && layers < 3 && ["paper", "inverse"].includes(kind) ? step : 0,
    met: flow(down, groups).map((row) => row.map(members)),
    worst: Math.min(...counts),
    best: Math.max(...counts),
  };
}

/** The one line that compares. */
function verdict(here) {
  const { c, g, kind, ways } = here,
    least = (way) => Math.min(...reached(way, 2).map((inputs) => inputs.length));
  if (here.measured) return words.measured(here);
  if (g === 1) return words.dense(here);
  if (kind === "none") return words.none(here);
  if (here.layers > 2) return words.three(here, least(ways[kind]));
  if (kind !== "own") return c < g * g ? words.apart(here) : words.mixed(here);
  const [mine, other] = [ways.own, ways.paper].map((way) => ({ moved: moved(way.from), least: least(way) }));
  return words.own(here, mine, other) + (mine.least >= other.least && mine.moved < other.moved ? words.beaten : "");
}

/** Rows of channels. `show()` hears that another one is meant, `pick(output)` of a click, `move(order)` of channels in
    another order: between `hold(true)` and the end of a drag, or `hold(false)`, which takes it back. */
function network(stage, { show, pick, move, hold }) {
  const box = svg("path", { class: "ln-box ln-quiet" }),
    web = svg("path", { class: "ln-web ln-quiet" }),
    [moves, rays] = ["ln-move ln-quiet", "ln-ray"].map(inks),
    names = upto(4).map(() => svg("text"));
  let here,
    spots,
    drawn,
    held = null,
    before;
  const group = parts(words.parts, {
    show,
    pick: ([row, i]) => row > 2 && pick(i),
    shift([row, i], [x]) {
      if (row !== 2 || here.layers > 2) return null;
      const to = Math.max(0, Math.min(i + x, here.c - 1));
      move(swapped(here.from, i, to));
      return [2, to];
    },
  });
  stage.append(svg("g", { "aria-hidden": true }, box, web, ...moves, ...rays, ...names), group.node);

  const chips = keep((key) => {
    const [row, channel, mixed, three] = key.split(" ").map(Number),
      node = part("", ...chip(channel, mixed ? 4 : 1));
    node.classList.add("ln-glide");
    if (row === 2 && !three)
      drag(node, {
        start() {
          [held, before] = [channel, here.from];
          node.classList.add("ln-held");
          hold(true);
        },
        move([x]) {
          const to = spots.nearest(x);
          if (here.from[to] !== channel) move(swapped(before, before.indexOf(channel), to));
          place(node, [x, spots.at(2, 0)[1], 1]);
        },
        end(kept) {
          held = null;
          node.classList.remove("ln-held");
          if (!kept) hold(false);
          place(node, spot(channel, here.from.indexOf(channel)));
        },
      });
    return node;
  });

  /** Where a shuffled channel stands: in its place, or in the table while the shuffle is shown step by step. */
  function spot(channel, i) {
    const { c, rows, step } = here,
      across = c / rows;
    if (step === 1) return spots.cell(Math.floor(channel / across), channel % across, rows, across);
    return step === 2 ? spots.cell(Math.floor(i / rows), i % rows, across, rows) : spots.at(2, i);
  }
  return {
    meant: group.meant,
    build(now, width) {
      here = now;
      const { c, g, from, first, second, layers, kind, step, down, met, output } = here,
        three = layers > 2,
        all = upto(c),
        rows = [all, all, three ? all : from, all];
      spots = layout(width, c, c / g);
      const nodes = chips(
        rows.flatMap((row, r) => {
          const mixed = r > 2 || met[r].some((groups) => groups.length > 1);
          return row.map((channel) => `${r} ${channel} ${+mixed} ${+three}`);
        }),
      );
      drawn = rows.map((row, r) => nodes.slice(r * c, r * c + c));
      rows.forEach((row, r) =>
        row.forEach((channel, i) => {
          const node = drawn[r][i],
            shuffled = r === 2 && !three;
          mend(node, "aria-label", words.part[r](i, channel, three));
          mend(node, "aria-disabled", shuffled && step % 3 > 0);
          dress(node, spots, met[r][i], g);
          if (!shuffled || channel !== held) place(node, shuffled ? spot(channel, i) : spots.at(r, i));
        }),
      );
      const one = blocks(c, first).map((own) => spots.box(0, 1, own)),
        two = blocks(c, second).map((own) =>
          three ? spots.box(2, 2, own) + spots.box(3, 3, own) : spots.box(2, 3, own),
        ),
        weights = [0, 1, 2].filter((row) => (three || row !== 1) && (row < 1 || step % 3 === 0));
      const lines = weights.flatMap((row) => down[row].flatMap((own, j) => own.map((i) => spots.line(row, i, j)))),
        dealt = three || step ? [] : from.map((i, spot) => [Math.floor((i * g) / c) % 4, spots.line(1, i, spot, true)]);
      mend(box, "d", [...one, ...(step % 3 ? [] : two)].join(""));
      mend(web, "d", lines.join(""));
      ink(moves, dealt);
      names.forEach((name, row) => spots.name(name, words.rows(kind, three)[row], row));
      mend(stage, "viewBox", `0 0 ${width} ${spots.height}`);
      group.put(drawn, [3, output]);
    },
    /** Lights a channel's past and future. */
    light(own) {
      const { down, layers, met, step } = here;
      drawn.forEach((row, r) => row.forEach((node, i) => node.classList.toggle("ln-on", own[r].includes(i))));
      const lines = step
        ? []
        : [0, 1, 2].flatMap((r) =>
            own[r + 1].flatMap((j) =>
              down[r][j]
                .filter((i) => own[r].includes(i))
                .map((i) => [met[r][i].length > 1 ? 4 : met[r][i][0] % 4, spots.line(r, i, j, r === 1 && layers < 3)]),
            ),
          );
      ink(rays, lines);
    },
  };
}

export default widget(words.figure, (kit) => {
  const { model, live } = kit;
  let here, undo;
  /** What a hand sets ends what plays. */
  function set(values) {
    go.stop();
    kit.set(values);
  }
  const stage = svg("svg", { class: "ln-network" }),
    said = html("p", { class: "ln-verdict" }),
    picture = network(stage, {
      show,
      pick: (output) => set({ output }),
      move: (own) => set({ shuffle: true, order: "own", own, step: 0 }),
      hold(on) {
        if (on) undo = Object.fromEntries(MOVED.map((name) => [name, model.get(name)]));
        else set(undo);
      },
    });
  const channels = dial(
      words.channels,
      (c) => set({ channels: c, own: upto(c), output: Math.min(here.output, c - 1) }),
      2,
    ),
    groups = choice(words.groups, (g) => set({ groups: g }), 2),
    third = tick(words.third, (on) => set({ layers: on ? 3 : 2, step: 0 }));
  const between = choice(words.between, (kind) =>
    set({ step: 0, ...(kind === "none" ? { shuffle: false } : { shuffle: true, order: kind }) }),
  );
  const go = player(kit, () => {
    const step = (here.step + 1) % 4;
    kit.set({ shuffle: true, order: model.get("order") === "inverse" ? "inverse" : "paper", layers: 2, step });
    return step > 0;
  });
  for (const button of go.buttons) button.setAttribute("data-sets", "shuffle order layers step");
  const dealt = { shuffle: true, order: "paper", step: 0, output: 0 },
    states = [
      { shuffle: false, layers: 2, step: 0 },
      { ...dealt, layers: 2, channels: 12, groups: 4, own: upto(12) },
      { ...dealt, layers: 3, channels: 12, groups: 4, own: upto(12) },
      { ...dealt, layers: 2, channels: 12, groups: 3, own: upto(12), order: "own" },
    ];
  const questions = asks({ model, set }, model.get("fixed") ? [] : states.map((state, i) => [words.asks[i], state]));

  /** Lights the channel that is meant, else the chosen output, and says what it has read and what reads it. */
  function show() {
    const { c, down, from, kind, layers, output, step } = here,
      meant = picture.meant(),
      [row, i] = meant ?? [3, output],
      [inputs, , , outputs] = kin(down, row, i);
    picture.light(step && !meant ? [[], [], upto(c), []] : kin(down, row, i));
    const hint = kind === "own" && layers < 3 && !meant,
      told = () =>
        words.told(words.part[row](i, from[i], layers > 2), row, ranges(inputs), ranges(outputs)) +
        (meant ? "" : words.marks);
    mend(live, "text", step && !meant ? words.stages[step](here) : hint ? words.hint : told());
  }
  return {
    nodes: [
      controls(
        channels.node,
        groups.node,
        third.node,
        between.node,
        html("span", { class: "ln-deal" }, words.dealing, ...go.buttons),
      ),
      stage,
      said,
      live,
      questions.node,
    ],
    draw(width) {
      here = read(model);
      const { c, g, kind, layers, dealt, fixed } = here,
        size = upto(MOST + 1).slice(2);
      picture.build(here, width);
      show();
      mend(said, "text", verdict(here));
      reserve(said, Math.ceil(580 / width));
      reserve(live, Math.ceil(520 / width));
      channels.put(
        size.filter((one) => divide(one, g)),
        c,
        c,
        fixed,
      );
      groups.put(
        upto(c + 1).filter((one) => divide(c, one)),
        g,
        undefined,
        fixed,
      );
      between.put(
        KINDS,
        kind,
        KINDS.map((one) => words.kinds[one]),
      );
      third.put(layers > 2);
      go.enable(dealt);
      questions.put();
    },
    data() {
      const { c, layers, second, ways, from } = here,
        all = ["none", "paper", "inverse"].map((way) => reached(ways[way], layers)).concat([reached(here, layers)]);
      const rows = blocks(c, second).map((own) => [own, ...all.map((way) => way[own[0]])].map(ranges));
      return [html("p", { text: words.after(from) }), table([words.heads, ...rows])];
    },
  };
});
