// B0's stages, scaled and drawn to scale; below them what depth, width and resolution take of one budget.
import { asks } from "../kit/asks.js";
import { drag } from "../kit/drag.js";
import { grip } from "../kit/grip.js";
import { part, parts } from "../kit/parts.js";
import { choice, controls, mend, reserve, settle, svg, table, upto, whole, widget } from "../kit/shared.js";
import { boxes, layout, outlines } from "./plan.js";
import { constants, fits, nearest, product, rows, scaled, short, steps, times, total } from "./scaling.js";
import { words } from "./words.js";

const MODES = ["all three", "depth", "width", "resolution"];
const KNOBS = ["alpha", "beta", "gamma", "phi"];
const POWERS = [1, 2, 2]; // of a factor, in the work
const FACES = ["front", "side", "edge ln-cs-0", "edge ln-cs-1", "edge ln-cs-2"];
const KEYS = ["M1 7h8", "M106 2v10", "M202 10l7 -6"];
const DOT = "a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z";

function many(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) mend(node, name, value);
}

/** A network: its stages, and their sums; stem and head are no layers of a stage. */
function weigh(plan, scale) {
  const stages = rows(plan, scale),
    [layers, params, macs] = ["layers", "params", "macs"].map((name) => total(stages, name));
  return { ...scale, stages, layers: layers - 2, params, macs };
}

/** The published networks, which no state changes. */
function read(model) {
  const [plan, values, tried, published] = ["table", "values", "tried", "models"].map((name) => model.get(name)),
    all = published.map(([, depth, width, pixels]) => weigh(plan, { depth, width, pixels })),
    base = all[0].macs;
  const models = all.map((one, i) => {
    const factors = [one.depth, one.width, one.pixels / 224],
      doublings = [...factors.map((factor, i) => POWERS[i] * Math.log2(factor)), Math.log2(one.macs / base)];
    return { ...one, name: published[i][0], factors, doublings };
  });
  return { plan, base, models, values, tried };
}

/** What the traits say. */
function state(model, { plan, base, models, tried }) {
  const [mode, against, phi, ...greek] = ["mode", "against", "phi", ...KNOBS.slice(0, 3)].map((name) =>
      model.get(name),
    ),
    bases = constants(mode, ...greek),
    now = weigh(plan, scaled(mode, phi, ...greek)),
    at = models.findIndex(({ name }) => name === against),
    paper = `${greek}` === "1.2,1.1,1.15" || mode !== MODES[0];
  return {
    ...{ ...now, mode, phi, greek, bases, at },
    factors: bases.map((one) => one ** phi),
    parts: bases.map((one, i) => POWERS[i] * phi * Math.log2(one)),
    product: Math.round(1e9 * product(...bases)) / 1e9,
    share: Math.round((100 * now.macs) / (base * 2 ** phi)),
    top: phi === 2 && paper && tried[mode],
  };
}

/** The drawing. `set(values)` hears of what a hand sets, `show()` that another part is meant. */
function picture(stage, fixed, { model, set, show }) {
  const path = (name, d) => svg("path", { class: `ln-cs-${name}`, d }),
    hidden = (...shapes) => svg("g", { "aria-hidden": true }, ...shapes),
    { models, values } = fixed;
  const [ground, ghost] = ["grid ln-quiet", "ghost ln-glide"].map((name) => path(name)),
    bars = upto(7).map((i) => svg("rect", { class: i < 6 ? `ln-cs-bar ln-cs-${i % 3}` : "ln-cs-sum" })),
    keys = upto(3).map((i) => path(FACES[i + 2], KEYS[i])),
    texts = svg("g");
  let here, place;

  /** What fits for one of the constants, or for φ. */
  function offered(i) {
    const now = (at) => here.greek.map((one, j) => (j === i ? at : one)),
      all = values[KNOBS[i]];
    return i < 3 ? all.filter((one) => fits(...now(one))) : all;
  }
  function step(i, by) {
    const list = offered(i),
      to = list.indexOf(model.get(KNOBS[i])) + by;
    set({ [KNOBS[i]]: list[Math.max(0, Math.min(to, list.length - 1))] });
  }
  /** Hands on a part; what is held does not glide. */
  const hands = (move, start) => ({
    free: true,
    start(spot) {
      stage.classList.add("ln-held");
      start?.(spot);
    },
    move,
    end: () => stage.classList.remove("ln-held"),
  });
  // A stage is pulled to the right or up: it grows with φ.
  const stages = upto(7).map((i) => {
    const node = part(words.stage(i + 2), ...FACES.map((name) => path(`${name} ln-glide`)), path("hit"));
    let begun, sizes;
    const sum = ({ layers, channels, size }) =>
      here.zoom * [layers, channels, size].reduce((all, one, j) => all + one * place.units[j], 0);
    drag(
      node,
      hands(
        ([x, y]) => set({ phi: values.phi[nearest(sizes, begun + x - y)] }),
        ([x, y]) => {
          const size = (phi) => sum(rows(fixed.plan, scaled(here.mode, phi, ...here.greek))[i + 1]);
          sizes = values.phi.map(size);
          begun = size(here.phi) - x + y;
        },
      ),
    );
    return node;
  });
  const published = models.map(({ name }) =>
    part(name, path("dot"), svg("text", { text: name, class: "ln-cs-mid" }), path("hit")),
  );
  const knobs = KNOBS.map((name, i) =>
    grip(
      words.grips[i],
      [0, values[name].length - 1],
      {
        nudge: ([x, y]) => step(i, x - y),
        ...hands(([x]) => {
          const list = offered(i),
            far = (x - place.left) / place.step;
          if (i > 2) set({ phi: list[nearest(list, far)] });
          else if (here.phi) set({ [name]: list[nearest(list, 2 ** (far / POWERS[i] / here.phi))] });
        }),
      },
      svg("rect", { class: "ln-cs-knob", x: -6, y: -7.5, width: 12, height: 15, rx: 3 }),
      path("hit", "M-12 -12h24v24h-24z"),
    ),
  );
  const group = parts(words.parts, {
    show,
    pick: ([row, i]) => row && set({ against: models[i].name }),
    shift(spot, [x, y]) {
      step(3, x - y);
      return spot;
    },
  });
  const handles = svg("g");
  stage.append(hidden(ground, ...keys, ...bars), group.node, hidden(ghost, texts), handles, knobs[3].node);

  return {
    meant: group.meant,
    draw(now, width) {
      place = layout(width, fixed.base);
      const { at, mode, parts: lengths, phi, product: all, bases, factors } = now,
        { broad, floor, left, low, rail, tall, top, x } = place,
        other = models[at],
        { zoom, places } = boxes(now.stages.slice(1, -1), other.stages.slice(1, -1), place),
        level = (row) => top + row * rail;
      here = { ...now, zoom };
      places.forEach(({ own, slot }, i) => {
        const shapes = stages[i].children;
        outlines(own).forEach((d, j) => mend(shapes[j], "d", d));
        mend(shapes[5], "d", `M${own.x - 1} 14h${slot + 3}v${tall + 12}h${-slot - 3}z`);
      });
      mend(ghost, "d", places.map((pair) => outlines(pair.ghost).slice(0, 2).join("")).join(""));
      mend(ground, "d", place.grid);
      let from = left;
      const bar = (i, x, y, width, height) => many(bars[i], { x, y, width, height });
      lengths.forEach((one, i) => {
        const long = one * place.step;
        bar(i, left, level(i) + 16, long, 9);
        bar(i + 3, from, low + 16, long, 7);
        from += long;
      });
      const end = Math.log2(now.macs / fixed.base);
      bar(6, left, low + 24, end * place.step, 5);
      published.forEach((node, m) => {
        const spots = models[m].doublings.map((one, i) => [x(one), i < 3 ? level(i) + 20.5 : low + 36]),
          [mark, label, hit] = node.children,
          around = (shape) => spots.map(([x, y]) => `M${x - 4} ${y}${shape}`).join("");
        mend(mark, "d", around(DOT));
        mend(hit, "d", around("v-6h8v12h-8z"));
        many(label, { x: spots[3][0], y: low + 50 });
      });
      group.put([stages, published], [1, at]);
      settle(handles, mode === MODES[0] ? knobs.slice(0, 3).map(({ node }) => node) : []);
      [...now.greek, phi].forEach((one, i) => {
        mend(
          knobs[i].node,
          "transform",
          `translate(${x(i < 3 ? lengths[i] : phi)} ${i < 3 ? level(i) + 20.5 : low + 22.5})`,
        );
        knobs[i].put(values[KNOBS[i]].indexOf(one), `${one}`);
      });

      const [sizes, others] = [now, other].map((one) => [one.layers, one.stages[7].channels, one.pixels]),
        free = mode === MODES[0];
      let edge = -9;
      const numbers = places.map(({ own }, i) => {
        const at = own.x + own.b / 2,
          room = at - edge > 13 && (zoom === 1 || at < broad - 90);
        if (room) edge = at;
        return [at, floor + 14, room ? i + 2 : "", "mid"];
      });
      const lines = [
        ...words.legend.map((text, i) => [i * 100 + 13, 11, text]),
        [broad, floor + 14, words.zoom(zoom), "end"],
        ...numbers,
        ...upto(3).flatMap((i) => [
          [left - 18, level(i) + 11, words.rail(i, bases[i], times(factors[i]), free)],
          [width, level(i) + 11, words.here(sizes[i], width < 460 ? "" : words.units[i], other.name, others[i]), "end"],
        ]),
        [left - 18, low + 11, words.product(all), "head"],
        [width, low + 11, short(now.macs) + (width < 460 ? "" : words.macs), "end ln-cs-head"],
        [Math.max(x(phi) + 11, x(end) + 5), low + 26, words.phi(phi), "head"],
        ...place.ticks,
      ];
      settle(
        texts,
        lines.map(([x, y, text, name = ""], i) => {
          const node = texts.children[i] ?? svg("text");
          many(node, { x, y, text, class: name && `ln-cs-${name}` });
          return node;
        }),
      );
      mend(stage, "viewBox", `0 0 ${width} ${place.height}`);
    },
  };
}

export default widget(words.figure, (kit) => {
  const { model, live, set } = kit,
    fixed = read(model),
    stage = svg("svg", { class: "ln-cs-stage" }),
    drawing = picture(stage, fixed, { model, set, show: () => mend(live, "text", said()) });
  let here;
  const mode = choice(words.mode, (one) => set({ mode: one }));

  const own = { mode: MODES[0], alpha: 1.2, beta: 1.1, gamma: 1.15 };
  const states = [
    { ...own, mode: "depth", phi: 1, against: "B0" },
    { ...own, phi: 2, against: "B0" },
    { ...own, phi: 0.5, against: "B1" },
    { ...own, phi: 7, against: "B7" },
  ];
  const questions = asks(
    kit,
    states.map((state, i) => [words.asks[i], state]),
  );
  const apart = ({ factors }) => factors.map((factor, i) => steps(factor, here.bases[i]));

  /** What is meant, else what is drawn. */
  function said() {
    const [row, i] = drawing.meant() ?? [];
    if (row === 0) {
      const one = here.stages[i + 1];
      return words.stages(i + 2, one, Math.round((100 * one.macs) / here.macs));
    }
    if (row === 1) return words.model(fixed.models[i].name, fixed.models[i].macs, apart(fixed.models[i]));
    return words.said(here.macs, here.share, here.params, here.top);
  }
  return {
    nodes: [controls(mode.node), stage, live, questions.node],
    draw(width) {
      here = state(model, fixed);
      mode.put(MODES, here.mode, words.modes);
      drawing.draw(here, width);
      reserve(live, Math.ceil((115 * 7.8) / width));
      mend(live, "text", said());
      questions.put();
    },
    data() {
      const stages = here.stages.map(({ layers, channels, size, params, macs }, i) => [
        ...[i + 1, layers, channels, `${size} × ${size}`, whole(params), whole(macs)],
      ]);
      const models = fixed.models.map((one) => [
        ...[one.name, times(one.depth), times(one.width), one.pixels, whole(one.params), whole(one.macs)],
        ...apart(one).map(words.one),
      ]);
      return [table([words.heads, ...stages]), table([words.models, ...models])];
    },
  };
});
