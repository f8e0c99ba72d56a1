import { asks } from "../kit/asks.js";
import { drag } from "../kit/drag.js";
import { parts } from "../kit/parts.js";
import { choice, controls, html, mend, reserve, settle, svg, table, tick, upto, whole, widget } from "../kit/shared.js";
import { plot } from "./plot.js";
import {
  NUMBERS,
  ahead,
  brush,
  brushed,
  ceiling,
  clip,
  costs,
  overlap,
  percent,
  rounded,
  sides,
  short,
  spans,
  sum,
  unpack,
  values,
} from "./sums.js";
import { words } from "./words.js";

const ORDERS = ["execution", "largest first"],
  METRICS = NUMBERS.slice(1),
  ALL = [0, 1000],
  // A sketch is of one network, in one order, of one measure.
  BARE = Array(10).fill(0),
  TRAITS = ["shown", "against", "metric", "order", "brush", "sketch", "sketching"];

/** The room of the plots, and where they stand in it: side by side, or one below the other where neither would be
    broad. */
function rooms(width, many) {
  const height = width < 400 ? 300 : width < 700 ? 390 : 340,
    [x, y] = many < 2 ? [0, 0] : width < 700 ? [0, height / 2 + 3] : [width / 2 + 10, 0];
  return [height, upto(many).map((i) => [x * i, y * i, x ? width - x : width, y ? height - y : height])];
}

export default widget(words.figure, (kit) => {
  const { model, live, set } = kit,
    loaded = new Map(
      model.get("networks").map((own) => [own.name, { ...own, rows: unpack(own), blocks: spans(own.blocks) }]),
    ),
    names = [...loaded.keys()],
    labels = (list) => list.map((name) => loaded.get(name)?.label ?? words.none),
    kinds = [...new Set([...loaded.values()].flatMap(({ rows }) => rows.map((row) => row[1])))].sort();
  const shown = choice(words.network, (name) => set({ shown: name, sketch: BARE })),
    against = choice(words.against, (name) => set({ against: name })),
    count = choice(words.count, (name) => set({ metric: name, sketch: BARE })),
    sorted = tick(words.sorted, (on) => set({ order: ORDERS[+on], sketch: BARE })),
    start = html("button", {
      type: "button",
      "data-sets": "sketching sketch",
      onclick: () => set(here.sketching ? { sketching: false } : { sketching: true, sketch: BARE }),
    }),
    questions = asks(
      kit,
      words.asks.map(([text, state]) => [text, { ...state, sketch: BARE }]),
    );
  questions.node.replaceChildren(start, ...questions.node.children);

  const plots = [plot(), plot()],
    sky = svg("g", { "aria-hidden": "true" }),
    pool = []; // all parts, in their order on the page
  // `rows` are those of the parts: of which plot, and which layers each part stands for; `hand` is where one began, in
  // the plot that is `held`, and `stood` where it got to.
  let here, drawn, rows, built, held, hand, stood, swept;

  /** Adds up the layers of the i-th network from a to b, as drawn; that sum is said then, not the last one. */
  function sweep(i, a, b) {
    stood = [rows.findIndex((own) => own.i === i), b];
    swept = true;
    set({ brush: brush(drawn[i].rows.length, Math.min(a, b), Math.max(a, b) + 1) });
  }
  /** Sketches a height from one tenth to another. */
  function raise(a, b, level) {
    const inside = (j) => j >= Math.min(a, b) && j <= Math.max(a, b);
    set({ sketch: here.sketch.map((old, j) => (inside(j) ? clip(level, 10) : old)) });
  }
  const group = parts(words.parts, {
    show(spot) {
      swept = `${spot}` === `${stood}`;
      if (!swept) stood = null;
      tell();
    },
    pick([row, k]) {
      const { i, spans } = rows[row],
        ends = brush(drawn[i].rows.length, spans[k].from, spans[k].to);
      if (here.sketching) raise(k, k, (here.sketch[k] + 1) % 11);
      else set({ brush: `${ends}` === `${here.brush}` ? ALL : ends });
    },
    shift([row, k], [x, y]) {
      const { i, nodes, spans } = rows[row];
      if (here.sketching) raise(k, k, here.sketch[k] - Math.sign(y));
      if (nodes !== drawn[i].columns || !x) return null;
      if (!stood) hand = k;
      sweep(i, hand, clip(k + x, spans.length - 1));
      return stood;
    },
  });
  const stage = svg("svg", { class: "ln-ns-stage" }, sky, group.node);
  drag(group.node, {
    start(spot) {
      held = here.sketching ? 0 : drawn.findLastIndex((_, i) => plots[i].holds(spot));
      const { at, find } = plots[held],
        [x] = spot,
        [from, to] = brushed(drawn[held].rows.length, here.brush),
        near = (k) => Math.abs(at(k) - x) < 8;
      hand = here.sketching ? find(x, 10) : near(to) ? from : near(from) ? to - 1 : find(x);
    },
    move([x, y]) {
      const k = plots[held].find(x, here.sketching && 10);
      if (!here.sketching) return sweep(held, hand, k);
      raise(hand, k, Math.round(10 * plots[0].high(y)));
      hand = k;
    },
  });

  function build(width) {
    const { metric, order, sketching } = here,
      pair = [here.shown, here.against].filter(Boolean),
      networks = pair.map((name) => loaded.get(name)),
      most = ceiling(Math.max(...networks.flatMap(({ rows }) => values(rows, metric)))),
      [height, boxes] = rooms(width, pair.length);
    let next = 0;
    function part(attributes) {
      const one = (pool[next] ||= svg("rect", { role: "option" }));
      for (const name in attributes) one.setAttribute(name, attributes[name]);
      next += 1;
      return one;
    }
    stage.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawn = networks.map((network, i) => ({
      ...network,
      ...plots[i].build(boxes[i], network, { metric, order, sketching, most, kinds, part }),
    }));
    rows = drawn.flatMap(({ label, rows, columns, boxes, tenths, blocks, places }, i) => {
      const n = rows.length,
        name = pair[1] ? `${label}. ` : "",
        layers = places.map((place, k) => ({ name: words.layer(place + 1, n, rows[place][0]), from: k, to: k + 1 })),
        groups = blocks.map((own) => ({ ...own, name: words.block(own.from + 1, own.to, n, own.name) })),
        stretches = tenths.map((_, j) => ({ name: words.tenth(j + 1) }));
      const all = [
        [tenths, stretches],
        [columns, layers],
        [boxes, groups],
      ];
      return all.map(([nodes, spans]) => {
        nodes.forEach((one, k) => one.setAttribute("aria-label", name + spans[k].name));
        return { i, nodes, spans };
      });
    });
    rows = rows.filter(({ i, nodes }) => nodes.length && !(sketching && i));
    settle(
      sky,
      drawn.map((_, i) => plots[i].node),
    );
    group.put(rows.map(({ nodes }) => nodes));
  }

  /** Lights what is meant and says its numbers, else those of the brush. */
  function tell() {
    const { metric, order, sketch, sketching } = here,
      [row, k] = group.meant() ?? [],
      { i: which = 0, nodes, spans } = rows[row] ?? {},
      own = spans?.[k],
      one = drawn[which],
      some = drawn.map(({ rows }) => brushed(rows.length, here.brush)),
      all = `${here.brush}` === `${ALL}`;
    drawn.forEach(({ numbers, boxes, blocks }, i) => {
      const mine = i === which && !sketching && own,
        cover = sketching && !i,
        total = sum(numbers),
        part = sum(numbers.slice(...some[i]));
      boxes.forEach((node, b) =>
        node.classList.toggle("ln-ns-on", !!mine && blocks[b].from <= mine.from && mine.to <= blocks[b].to),
      );
      plots[i].light(
        mine,
        some[i],
        all || cover ? short(total) : words.part(rounded(part, total), short(total)),
        i ? [] : cover ? sketch.map((level) => level / 10) : ahead(sketch, numbers),
        cover,
      );
    });
    mend(live, "text", [drawn.some(({ differs }) => differs) && words.measured, said()].filter(Boolean).join(" "));

    function said() {
      const { label, numbers } = one,
        ends = own && [own.from, own.to];
      if (sketching) return own ? words.level(own.name, sketch[k]) : words.draw(label, metric);
      if (own && !swept)
        return `${nodes[k].getAttribute("aria-label")}. ${costs(numbers, ends, metric)}; ${sides(numbers, ends)}.`;
      if (!all)
        return drawn
          .map(({ label, numbers }, i) =>
            words.some(label, some[i], numbers.length, order, costs(numbers, some[i], metric)),
          )
          .join(" ");
      return sum(sketch) ? words.score(percent(overlap(sketch, numbers), 1), metric) : words.hint;
    }
  }

  return {
    nodes: [controls(shown.node, against.node, count.node, sorted.node), stage, live, questions.node],
    draw(width) {
      here = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));
      const { brush, sketch, ...shape } = here,
        now = width + JSON.stringify(shape),
        free = (taken) => names.filter((name) => name !== taken),
        [firsts, others] = [free(here.against), ["", ...free(here.shown)]];
      if (now !== built) build(width);
      built = now;
      tell();
      reserve(live, Math.ceil(1350 / width));
      shown.put(firsts, here.shown, labels(firsts), firsts.length < 2);
      against.put(others, here.against, labels(others), others.length < 2);
      count.put(METRICS, here.metric, words.measures.slice(1));
      sorted.put(here.order !== ORDERS[0]);
      mend(start, "text", here.sketching ? words.reveal : words.sketch);
      questions.put();
    },
    data() {
      return drawn.map(({ label, input, rows }) =>
        table([
          [words.layers, `${label}, ${input}`, ...words.measures],
          ...[...rows, ["", 0, 0, ...NUMBERS.map((measure) => sum(values(rows, measure)))]].map(
            ([what, , , ...own], i) => [rows[i] ? i + 1 : words.all, what, ...own.map(whole)],
          ),
        ]),
      );
    },
  };
});
