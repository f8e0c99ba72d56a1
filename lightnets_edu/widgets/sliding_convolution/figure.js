import { asks } from "../kit/asks.js";
import { player } from "../kit/player.js";
import { choice, controls, html, reserve, table, upto, whole, widget } from "../kit/shared.js";
import { drawing } from "./drawing.js";
import { added, alone, kernelOf, middle, nearest, pairs, places, readers, ways } from "./sliding.js";
import { words } from "./words.js";

const KINDS = ["standard", "depthwise", "pointwise"];
const LAYERS = [3, 2]
  .flatMap((k) => [
    ["standard", k],
    ["depthwise", k],
  ])
  .concat([["pointwise", 1]]);
const LAYER = ["planes", "module", "kind", "kernel", "stride", "padding", "filters", "mix", "output"];
const SPEEDS = [1, 4, 16];
const PAUSE = 1000; // milliseconds at a place, at the lowest speed
const MOST = 81 * 14 * 14; // multiply-adds of the largest state: bars keep their scale
const EDGES = upto(27).map((at) => (at % 3) - 1),
  REDS = upto(27).map((at) => (at % 9 === 4 ? (at < 9 ? 2 : -1) : 0));

const { exact } = words;
const clip = (v, least, most) => Math.max(least, Math.min(v, most));

/** The layer of the traits: filters, what the formula gives, the maps drawn, the sum first; and what it costs. */
function made(state) {
  const { planes, module, kind, kernel: k, stride, padding, output } = state,
    { filters, bias } = kernelOf(state),
    apart = alone(planes, filters, stride, padding),
    deep = kind === "depthwise",
    n = planes.length;
  const formula = deep ? apart.map((map, i) => added([map], bias.slice(i, i + 1))) : [added(apart, bias)],
    given = module.measured ?? [],
    sums = given.length
      ? formula.map((_, i) => given[(i * given.length) / (deep ? n : given.length) + output])
      : formula;
  const maps = deep ? [null, ...sums] : [...sums, ...apart],
    [rows, columns] = [apart[0].length, apart[0][0].length],
    numbers = planes.flat(2),
    [low, high] = module.weights ? [Math.min(...numbers), Math.max(...numbers)] : [0, 9];
  const level = (v) => Math.round((9 * (v - low)) / (high - low || 1)),
    each = module.weights?.flat(3).length,
    large = kind === "pointwise" ? 3 : k,
    costs = each
      ? [{ kind, side: k, each, kernels: module.weights.length }]
      : ways(n, large).map((own, i) => ({ kind: KINDS[i], side: i < 2 ? large : 1, each: own, kernels: n }));
  return {
    ...{ filters, bias, deep, formula, maps, rows, columns, k, n, costs, level },
    size: [planes[0].length, planes[0][0].length],
    unlike: given.length > 0,
    grey: planes.map((plane) => plane.map((row) => row.map(level))),
    most: Math.max(...maps.slice(+deep).flat(2).map(Math.abs)),
    count: module.weights?.length ?? n,
    longest: each ? each * rows * columns : MOST,
  };
}

export default widget(words.figure, (kit) => {
  const { model, live, set } = kit,
    fixed = !!model.get("module").weights,
    planes = model.get("planes"),
    names = ["", ...planes.map((_, i) => words.channel(i, fixed))];
  let here = {},
    known,
    grab;

  function read(width) {
    const state = Object.fromEntries([...LAYER, "row", "column", "speed"].map((name) => [name, model.get(name)])),
      key = JSON.stringify(LAYER.slice(1).map((name) => state[name]));
    if (known?.key !== key) known = { key, ...made(state) };
    const { size, k } = known,
      { stride, padding } = state,
      [y, x] = [state.row, state.column].map((pixel, way) => nearest(pixel, size[way], k, stride, padding));
    const at = (i, r, c) => planes[i][y * stride + r - padding]?.[x * stride + c - padding] ?? 0,
      pixels = (i, r, c) => [at(i, r, c), clip(known.level(at(i, r, c)), 0, 9)];
    return { ...state, ...known, width, fixed, y, x, pixels };
  }

  // Hands -------------------------------------------------------------------------------------------------------------

  const corner = (way) => [here.y, here.x][way] * here.stride - here.padding;
  /** The window to a place, as near as there is one. */
  function go(...place) {
    const [row, column] = place.map((at, way) =>
      middle(clip(at, 0, [here.rows, here.columns][way] - 1), here.k, here.stride, here.padding),
    );
    set({ row, column });
  }
  const lookAt = (pixel) => {
    const [row, column] = pixel.map((at, way) => clip(at, -1, here.size[way]));
    set({ row, column });
  };
  const window = {
    nudge: ([x, y]) => go(here.y + y, here.x + x),
    start(spot) {
      grab = picture.under(spot).map((at, way) => at - corner(way));
      picture.hold(true);
    },
    move: (spot) => lookAt(picture.under(spot).map((at, way) => Math.round(at - grab[way]) + ((here.k - 1) >> 1))),
    end: () => picture.hold(false),
  };

  /** What a spot of the parts is: in which column, which weight. */
  function what([row, j]) {
    const { k, deep } = here;
    if (row === 0) return { is: "plane", i: j + fixed };
    if (row <= k) return { is: "weight", i: 1 + Math.floor(j / k), r: row - 1, c: j % k };
    return row === k + 1 ? { is: "map", i: j + deep } : { is: "bar", i: 0, j };
  }
  function weigh({ i, r, c }, change) {
    const [name, at] = here.kind === "pointwise" ? ["mix", i - 1] : ["filters", 9 * (i - 1) + 3 * r + c];
    if (!fixed) set({ [name]: model.get(name).map((own, spot) => (spot === at ? change(own) : own)) });
  }
  const reading = {
    show,
    pick(spot) {
      const own = what(spot),
        pixel = own.is === "plane" && picture.pixelAt(own.i),
        place = own.is === "map" && picture.placeAt(own.i);
      if (own.is === "weight") weigh(own, (weight) => (weight < 2 ? weight + 1 : -2));
      if (pixel) lookAt(pixel);
      if (place) go(...place);
    },
    shift(spot, [x, y]) {
      const own = what(spot);
      if (own.is === "weight") weigh(own, (weight) => clip(weight + x - y, -2, 2));
      else window.nudge([x, y]);
      return null;
    },
  };

  /** Lights the past and the future of what is meant, and says it. */
  const tells = {
    plane({ i }) {
      const { k, stride, padding, size } = here,
        pixel =
          picture.pixelAt(i) ??
          [here.y, here.x].map((at, way) => clip(middle(at, k, stride, padding), 0, size[way] - 1)),
        [down, along] = pixel.map((at, way) => readers(at, size[way], k, stride, padding)),
        [tall, wide] = [down, along].map(([first, last]) => Math.max(0, last - first + 1));
      picture.light(i, [...pixel, 1, 1], [down[0], along[0], tall, wide]);
      return words.read(
        i ? [names[i]] : names.slice(1),
        pixel,
        (i ? [planes[i - 1]] : planes).map((plane) => plane[pixel[0]][pixel[1]]),
        tall * wide,
      );
    },
    weight({ i, r, c }) {
      const weight = here.filters[i - 1][r][c],
        [pixel] = here.pixels(i - 1, r, c);
      picture.light(i, [corner(0) + r, corner(1) + c, 1, 1], [here.y, here.x, 1, 1]);
      return words.product(names[i], r, c, pixel, weight, fixed);
    },
    map({ i }) {
      const { k, stride, padding, bias, deep, maps, formula } = here,
        [y, x] = picture.placeAt(i) ?? [here.y, here.x],
        sum = i && !deep ? maps[i][y][x] : formula[Math.max(0, i - 1)][y][x];
      picture.light(i, [y * stride - padding, x * stride - padding, k, k], [y, x, 1, 1]);
      const terms = i ? null : [...maps.slice(1).map((map) => map[y][x]), ...bias];
      return (
        (terms ? words.adds(y, x, terms, sum) : words.gives(names[i], y, x, k * k, sum, deep ? bias[i - 1] : 0)) +
        unlike(i, y, x)
      );
    },
    bar({ j }) {
      picture.light(0);
      return words.costs(here.costs[j], here.rows * here.columns);
    },
  };
  const unlike = (i, y, x) => {
    const { deep, maps, formula } = here;
    return here.unlike && (deep || !i) ? words.measured(maps[i][y][x], formula[Math.max(0, i - 1)][y][x]) : "";
  };
  function show() {
    const spot = picture.meant();
    if (spot) {
      const own = what(spot);
      live.textContent = tells[own.is](own);
      return;
    }
    const { kind, y, x, k, n, deep } = here;
    picture.light(0);
    live.textContent = words.rest[kind](y, x, k, n) + unlike(+deep, y, x);
  }

  // Controls ----------------------------------------------------------------------------------------------------------

  const costs = fixed ? 1 : KINDS.length,
    picture = drawing({ planes, names, photo: !fixed, costs }, reading, window, () => picture.meant() && show());
  const layer = choice(words.layer, (i) => set({ kind: LAYERS[i][0], kernel: LAYERS[i][1] }), 13),
    kernel = choice(words.output, (output) => set({ output })),
    menus = ["stride", "padding", "speed"].map((name) => choice(words[name], (value) => set({ [name]: value })));
  const play = player(
    kit,
    () => {
      const { y, x, rows, columns } = here,
        next = (y * columns + x + 1) % (rows * columns);
      go(Math.floor(next / columns), next % columns);
      return next + 1 < rows * columns;
    },
    { valueOf: () => PAUSE / model.get("speed") },
  );
  const edges = { kind: "standard", kernel: 3, filters: EDGES },
    states = [
      edges,
      { ...edges, filters: REDS },
      { kind: "depthwise", kernel: 3 },
      { kind: "pointwise", kernel: 1, mix: [2, -1, -1] },
    ],
    questions = asks(kit, fixed ? [] : states.map((state, i) => [words.asks[i], state]));
  return {
    nodes: [
      controls(
        layer.node,
        ...(fixed ? [kernel.node] : []),
        menus[0].node,
        menus[1].node,
        html("span", { class: "ln-sl-play" }, ...play.buttons, menus[2].node),
      ),
      picture.node,
      live,
      questions.node,
    ],
    draw(width) {
      here = read(width);
      const { kind, k, output, deep, n } = here,
        own = LAYERS.findIndex(([name, side]) => name === kind && side === k);
      picture.put(here);
      show();
      reserve(live, Math.ceil((fixed ? 1200 : 520) / width));
      const layers = fixed ? [[kind, k]] : LAYERS;
      layer.put(
        upto(layers.length),
        fixed ? 0 : own,
        layers.map((one) => words.layers(...one)),
        fixed,
      );
      if (fixed) kernel.put(upto(deep ? here.count / n : here.count), output);
      menus[0].put(fixed ? [here.stride] : [1, 2], here.stride, undefined, fixed);
      menus[1].put(fixed ? [here.padding] : [0, 1], here.padding, undefined, fixed);
      menus[2].put(SPEEDS, here.speed, SPEEDS.map(words.times));
      questions.put();
    },
    data() {
      const { filters, bias, stride, padding, y, x, k, n, size, maps, deep, rows, columns, costs: spent } = here,
        lines = upto(n).map((i) => {
          const found = pairs(planes[i], filters[i], stride, padding, y, x);
          return [
            names[i + 1],
            found.map((pair) => pair.map(exact).join("·")).join(" + "),
            exact(found.reduce((total, [a, b]) => total + a * b, 0)),
          ];
        });
      const all = rows * columns,
        paid = (name, weights) => [name, whole(weights), whole(weights * all)],
        [, deeper, point] = spent;
      return [
        html("p", {
          text: words.side([
            ...new Set(size.map((side) => words.formula(side, padding, k, stride, places(side, k, stride, padding)))),
          ]),
        }),
        table([[words.here(y, x), words.pairs, words.total], ...lines, ...bias.map((b) => [words.bias, "", exact(b)])]),
        table([
          words.cost(spent[0].kernels),
          ...spent.map(({ kind, side, each }) => paid(words.layers(kind, side), each)),
          ...(point ? [paid(words.separable(deeper.side), deeper.each + point.each)] : []),
        ]),
        table([
          words.maps,
          ...maps.flatMap((map, i) =>
            (map ?? []).map((row, r) => [
              words.row(i ? words.alone(names[i]) : words.sum(here.kind), r),
              row.map(exact).join(", "),
            ]),
          ),
        ]),
      ];
    },
  };
});
