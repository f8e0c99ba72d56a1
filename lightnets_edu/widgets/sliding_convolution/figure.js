import { asks } from "../kit/asks.js";
import { player } from "../kit/player.js";
import { choice, controls, mend, reserve, table, widget } from "../kit/shared.js";
import { drawing } from "./drawing.js";
import { added, alone, clip, filtersOf, middle, nearest, patch, readers, ways } from "./sliding.js";
import { words } from "./words.js";

// in the order of their inks
const KINDS = ["pointwise", "depthwise", "standard"];
const LAYER = ["kind", "kernel", "stride", "padding", "filters", "mix"];
const MADE = ["planes", "pictures", "measured", "bias", "names", "offered", "asked", "fixed"];
// milliseconds at a place, at the lowest speed
const PAUSE = 1000;

export default widget(words.figure, (kit) => {
  const { model, live, set } = kit,
    [planes, pictures, measured, bias, names, { layers, ...others }, asked, fixed] = MADE.map((name) =>
      model.get(name),
    ),
    n = planes.length,
    unlike = measured.length > 0,
    size = [planes[0].length, planes[0][0].length];
  let here = {};

  /** What the traits say: of the layer, where it has changed; and of the window. */
  function read(width) {
    const state = Object.fromEntries(LAYER.map((name) => [name, model.get(name)])),
      { kind, kernel: k, stride, padding } = state,
      key = JSON.stringify(state);
    if (key !== here.key) {
      const filters = filtersOf(state),
        deep = kind === "depthwise",
        apart = alone(planes, filters, deep ? bias : [], stride, padding),
        maps = [deep ? [] : added(apart, bias[0]), ...apart].map((map, i) => measured[i] ?? map),
        large = k > 1 ? k : 3;
      here = {
        ...{ ...state, key, k, deep, filters, maps },
        even: !deep && !unlike,
        ink: KINDS.indexOf(kind),
        many: [maps[1].length, maps[1][0].length],
        most: Math.max(...maps.flat(2).map(Math.abs)),
        costs: ways(n, large).map((each, i) => [words.layer(KINDS[2 - i], i < 2 ? large : 1), each]),
        // of the largest state: bars keep their scale
        longest: 9 * n * n * (size[0] + 2) * (size[1] + 2),
        window: (place) => [...place.map((at) => at * stride - padding), k, k],
      };
    }
    const place = ["row", "column"].map((name, way) => nearest(model.get(name), size[way], k, stride, padding));
    const [patches, dyes] = [planes, pictures.slice(1)].map((own) =>
      own.map((plane) => patch(plane, k, stride, padding, ...place)),
    );
    here = { ...here, width, place, patches, dyes };
  }
  const pixelOf = (place) => place.map((at) => middle(at, here.k, here.stride, here.padding));

  /** The window to a pixel, or to a place: as near as there is one. */
  function look(pixel) {
    const [row, column] = pixel.map((at, way) => clip(at, -1, size[way]));
    set({ row, column });
  }
  const go = (place) => look(pixelOf(place.map((at, way) => clip(at, 0, here.many[way] - 1))));
  const hands = [look, go];

  /** What a spot of the parts is: an input, 0, a map, 1, or a weight, 2; in which column, and which weight. */
  function what([row, j]) {
    const { k, deep } = here;
    if (row === 0) return [0, j + fixed];
    return row > k ? [1, j + deep] : [2, 1 + Math.floor(j / k), k * (row - 1) + (j % k)];
  }
  function weigh(i, at, change) {
    const { k, kind } = here,
      [name, spot] = kind === "pointwise" ? ["mix", i - 1] : ["filters", 9 * i - 9 + 3 * Math.floor(at / k) + (at % k)];
    if (!fixed) set({ [name]: model.get(name).map((own, one) => (one === spot ? change(own) : own)) });
  }
  function pick(spot) {
    const [kind, i, at] = what(spot),
      cell = picture.under(i, kind);
    if (kind > 1) weigh(i, at, (weight) => (weight < 2 ? weight + 1 : -2));
    else if (cell) hands[kind](cell);
  }
  function shift(spot, [x, y]) {
    const [kind, i, at] = what(spot),
      [row, column] = here.place;
    if (kind > 1) weigh(i, at, (weight) => clip(weight + x - y, -2, 2));
    else go([row + y, column + x]);
  }

  /** Lights the past and the future of what is meant, and says it. */
  const tells = [
    (i) => {
      const pixel = picture.under(i, 0) ?? pixelOf(here.place).map((at, way) => clip(at, 0, size[way] - 1)),
        [[top, tall], [left, wide]] = pixel.map((at, way) => readers(at, size[way], here.k, here.stride, here.padding)),
        values = planes.map((plane, own) => [names[own + 1], plane[pixel[0]][pixel[1]]]);
      picture.light(i, [...pixel, 1, 1], [top, left, tall, wide]);
      return words.here(pixel, words.read(i ? [values[i - 1]] : values, tall * wide));
    },
    (i) => {
      const place = picture.under(i, 1) ?? here.place,
        [y, x] = place,
        [total, ...terms] = here.maps.map((map) => map[y]?.[x]);
      picture.light(i, here.window(place), [y, x, 1, 1]);
      return words.here(
        place,
        i || unlike
          ? words.gives(i ? names[i] : words.sum(), here.maps[i][y][x])
          : words.adds([...terms, ...bias], total),
      );
    },
    (i, at) => {
      const { k, place, filters, patches, window } = here,
        spot = [Math.floor(at / k), at % k];
      picture.light(i, [...spot.map((way, j) => way + window(place)[j]), 1, 1], [...place, 1, 1]);
      return words.here(spot, words.product(names[i], patches[i - 1][at], filters[i - 1].flat()[at]));
    },
  ];
  function show() {
    const { kind, place, k } = here,
      spot = picture.meant();
    if (!spot) picture.light(0);
    const [own, i, at] = spot ? what(spot) : [];
    const said = spot ? tells[own](i, at) : words.here(place, words.rest[kind](k, n));
    mend(live, "text", said + (unlike ? words.measured : ""));
  }

  const picture = drawing(names, pictures, fixed, { show, pick, shift }, hands);
  const layer = choice(words.layers, (own) => set({ kind: own.split(" ")[0], kernel: +own.slice(-1) })),
    menus = Object.keys(others).map((name) => choice(words[name], (value) => set({ [name]: value })));
  function advance() {
    const [rows, columns] = here.many,
      next = (here.place[0] * columns + here.place[1] + 1) % (rows * columns);
    go([Math.floor(next / columns), next % columns]);
    return next + 1 < rows * columns;
  }
  const { buttons } = player(kit, advance, { valueOf: () => PAUSE / model.get("speed") }),
    questions = asks(
      kit,
      asked.map((state, i) => [words.asks[i], state]),
    );
  buttons[1].setAttribute("data-sets", "row column");
  return {
    nodes: [controls(layer.node, ...menus.map(({ node }) => node), ...buttons), picture.node, live, questions.node],
    draw(width) {
      read(width);
      picture.put(here);
      show();
      reserve(live, Math.ceil((fixed ? 900 : 520) / width));
      const texts = layers.map((own) => words.layer(...own.split(" ")));
      layer.put(layers, `${here.kind} ${here.k}`, texts, fixed);
      Object.entries(others).forEach(([name, values], i) =>
        menus[i].put(values, model.get(name), values, values.length < 2),
      );
      questions.put();
    },
    data() {
      const { filters, place, patches, maps } = here,
        pair = (i) => (value, at) => `${words.exact(value)}·${words.exact(filters[i].flat()[at])}`,
        rows = (map, i) =>
          map.map((row, y) => [words.row(i ? names[i] : words.sum(), y), row.map(words.exact).join(", ")]);
      return [
        table([
          words.heads(place),
          ...patches.map((pixels, i) => [names[i + 1], pixels.map(pair(i)).join(" + ")]),
          ...maps.flatMap(rows),
        ]),
      ];
    },
  };
});
