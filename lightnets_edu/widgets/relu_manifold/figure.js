// A spiral before and after n dimensions: what PyTorch measured, looked up and drawn.
import { check, radio } from "../kit/radio.js";
import { choice, controls, dial, html, svg, table, tick, upto, widget } from "../kit/shared.js";
import { words } from "./words.js";

const NS = [2, 3, 5, 15, 30],
  SEEDS = [0, 1, 2, 5],
  DECODERS = ["best affine", "inverse of T"],
  HUES = 7;

/** "1000 0 0 -500" is [[1, 0], [0, -0.5]]. */
export function points(path) {
  const flat = path.split(" ").map((v) => v / 1000);
  return upto(flat.length / 2).map((i) => [flat[2 * i], flat[2 * i + 1]]);
}

/** Which of point i's n coordinates are not zero: bits in base 32, five a digit. */
export function kept(packed, n, i) {
  const digits = Math.ceil(n / 5);
  return upto(n).map((k) => ((parseInt(packed[i * digits + Math.floor(k / 5)], 32) >> (k % 5)) & 1) === 1);
}

/** How many points are dead, flattened, decodable. */
export const census = (fates) => words.fates.map((_, fate) => [...fates].filter((own) => +own === fate).length);

export function percent(e) {
  const share = 100 * e;
  if (share > 0 && share < 0.005) return "<0.01%";
  return `${share.toFixed(!share ? 0 : share < 1 ? 2 : 1)}%`;
}

/** What the traits say; `trips`: for each n what became of the points. */
function read(model) {
  const [n, seed, relu, point, spiral, name, departs] = "n seed relu point spiral activation departs"
    .split(" ")
    .map((key) => model.get(key));
  const which = DECODERS.indexOf(model.get("decoder")),
    input = points(spiral),
    all = "2".repeat(input.length);
  const trips = NS.map((own) => {
    const found = relu
      ? model.get("trips")[`${own}/${seed}`]
      : { decoded: [spiral, spiral], errors: [0, 0], fates: all, lost: [] };
    return { ...found, n: own, back: points(found.decoded[which]), count: census(found.fates) };
  });
  const here = trips[NS.indexOf(n)],
    bits = relu ? kept(here.kept, n, point) : Array(n).fill(true);
  return {
    ...here,
    seed,
    relu,
    point,
    name,
    departs,
    which,
    input,
    trips,
    bits,
    zero: bits.filter((on) => !on).length,
    extent: reach(here.back),
  };
}

const reach = (list) => Math.max(1.1, ...list.flat().map(Math.abs));
const places = (list, [x, y], unit) => list.map(([a, b]) => [x + unit * a, y - unit * b]);
const line = (spots) => `M${spots.join("L")}`;
const text = (x, y, said, kind) => svg("text", { x, y, text: said, class: kind });
const cross = (x, y, r) => `M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`;
const circle = (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
const shape = [cross, circle, circle];

/** A sector that gets lost. */
function sector([from, to, fate], [x, y], r) {
  const [a, b, c] = places(
    [from, (from + to) / 2, to].map((d) => (d * Math.PI) / 180).map((d) => [Math.cos(d), Math.sin(d)]),
    [x, y],
    r,
  );
  return svg("path", {
    class: `ln-rm-lost${fate} ln-quiet`,
    d: `M${x} ${y}L${a}A${r} ${r} 0 0 0 ${b}A${r} ${r} 0 0 0 ${c}z`,
  });
}

/** How much of the first colour is in a hue, in per cent. */
const share = (hue) => Math.round(100 - (100 * hue) / (HUES - 1));

/** A square with the spiral: hue and size grow along it, shapes tell fates. */
function plot(list, { fates, point, extent }, left, top, side, sectors = []) {
  const middle = [left + side / 2, top + side / 2],
    unit = (side / 2 - 8) / extent,
    spots = places(list, middle, unit),
    marks = {};
  spots.forEach(([x, y], i) => {
    const key = `${Math.floor((HUES * i) / list.length)}${fates[i]}`,
      size = (1.5 + (2.5 * i) / list.length) * Math.min(1, 0.45 + side / 600);
    marks[key] = (marks[key] ?? "") + shape[fates[i]](x, y, size);
  });
  return [
    ...sectors.map((own) => sector(own, middle, unit * 1.07)),
    svg("rect", {
      x: left + 0.5,
      y: top + 0.5,
      width: side - 1,
      height: side - 1,
      rx: 6,
      class: "ln-rm-frame ln-quiet",
    }),
    svg("path", { class: "ln-rm-line ln-quiet", d: line(spots) }),
    ...Object.entries(marks).map(([[hue, fate], d]) =>
      svg("path", {
        class: `ln-rm-mark ln-rm-fate${fate}`,
        d,
        style: `--ln-rm-hue: color-mix(in oklch increasing hue, var(--ln-0) ${share(hue)}%, var(--ln-1))`,
      }),
    ),
    svg("circle", { class: "ln-rm-ring", cx: spots[point][0], cy: spots[point][1], r: 7.5 }),
  ];
}

/** The selected point's coordinates: filled where something is left of them. */
function cells(bits, x, y, across, pitch) {
  const d = ["", ""],
    a = pitch - 4;
  bits.forEach((on, k) => {
    d[+on] += `M${x + pitch * (k % across) + 2} ${y + pitch * Math.floor(k / across) + 2}h${a}v${a}h${-a}z`;
  });
  return [svg("path", { class: "ln-rm-off", d: d[0] }), svg("path", { class: "ln-rm-on", d: d[1] })];
}

/** Input, the selected point's coordinates, what came back; side by side where there is room. */
function picture(here, width) {
  const { n, bits, zero, which, count, errors, input, back, lost, name, relu, point } = here,
    wide = width >= 520,
    head = 22;
  const side = wide ? Math.min(330, (width - 130) / 2) : Math.min(width, 280),
    left = (width - (wide ? 2 * side + 130 : side)) / 2;
  const foot = head + side,
    [x, y] = wide ? [left + side + 130, head] : [left, foot + 104],
    bottom = y + side + 19;
  const across = wide ? Math.min(n, 5) : n,
    pitch = !wide && n > 15 ? 9 : 18,
    high = Math.ceil(n / across) * pitch;
  const mid = wide ? left + side + 65 : width / 2,
    heart = head + side / 2,
    level = wide ? heart - high / 2 : foot + 54;
  const label = (at, said) => text(mid, at, said, "ln-rm-middle");
  const way = (at, said) => [
    label(at, said),
    svg("path", { class: "ln-rm-way", d: `M${mid - 45} ${at + 10}h90m-6 -5l6 5l-6 5` }),
  ];
  const legend = [2, 1, 0].flatMap((fate, k) => {
    const at = left + Math.max(side, wide * 290) * [0, 0.4, 0.77][k];
    return [
      svg("rect", { class: `ln-rm-lost${fate} ln-quiet`, x: at - 2, y: foot + 8, width: 14, height: 14 }),
      svg("path", { class: `ln-rm-mark ln-rm-fate${fate}`, d: shape[fate](at + 5, foot + 15, 4) }),
      text(at + 13, foot + 19, words.fate(count[fate], fate)),
    ];
  });
  const [cx, unit] = [left + side / 2, (side / 2 - 8) / here.extent];
  return [
    bottom + 7,
    [
      text(left, 13, words.input, "ln-rm-title"),
      ...plot(input, here, left, head, side, lost),
      ...legend,
      ...(here.extent < 2
        ? [text(cx + 0.2 * unit, heart + 4, words.start), text(cx + 0.92 * unit, heart + 4, words.end, "ln-rm-end")]
        : []),
      ...(wide
        ? [
            ...way(heart - 108, relu ? words.through(name) : words.linear),
            label(level - 8, words.point(point)),
            label(level + high + 16, words.zero(zero, n)),
            ...way(heart + 92, words.back),
          ]
        : [label(level - 6, words.pointZero(point, zero, n))]),
      ...cells(bits, mid - (across * pitch) / 2, level, across, pitch),
      text(x, y - 9, words.decoded(DECODERS[which]), "ln-rm-title"),
      ...plot(back, here, x, y, side),
      text(x, bottom, words.thisError(percent(errors[which])), "ln-rm-title"),
      ...(side < 250
        ? []
        : [text(x + side, bottom, words.errorOf(DECODERS[1 - which], percent(errors[1 - which])), "ln-rm-end")]),
    ],
  ];
}

/** A small picture for each n: the choice of n. */
function strip(stage, choose) {
  let radios, built, w, side, at;
  return (here, width) => {
    if (built !== width) {
      built = width;
      w = Math.min(130, (width - 20) / 5);
      side = Math.min(w - 8, 84);
      at = (i) => (width - 5 * w - 20) / 2 + i * (w + 5);
      radios = NS.map((n, i) =>
        radio("", i, 5, choose, [
          svg("rect", { x: at(i) + 1, y: 1, width: w - 2, height: side + 54, rx: 6 }),
          text(at(i) + w / 2, 16, words.n(n)),
          svg("path", { class: "ln-rm-line" }),
          text(at(i) + w / 2, side + 39),
          svg("path", { class: "ln-rm-bar" }),
        ]),
      );
      stage.setAttribute("viewBox", `0 0 ${width} ${side + 56}`);
      stage.replaceChildren(svg("g", { role: "radiogroup", "aria-label": words.dimensions }, ...radios));
    }
    here.trips.forEach(({ n, back, errors }, i) => {
      const e = errors[here.which],
        error = percent(e),
        [, , path, said, bar] = radios[i].children;
      radios[i].setAttribute("aria-label", words.nError(n, error));
      path.setAttribute("d", line(places(back, [at(i) + w / 2, 22 + side / 2], (side / 2 - 2) / reach(back))));
      said.textContent = w > 100 ? words.error(error) : error;
      bar.setAttribute("d", `M${at(i) + 6} ${side + 44}h${(w - 12) * Math.min(1, e)}v5H${at(i) + 6}z`);
    });
    check(radios, NS.indexOf(here.n));
  };
}

function sentence({ n, relu, departs, name, fates, count, errors, which, zero, point }) {
  const own = words.own(point, zero, n, fates[point]);
  if (!relu) return words.exact(n, name, own);
  const [first, second] = [which, 1 - which].map((i) => words.errorOf(DECODERS[i], percent(errors[i])));
  const said = words.said({ n, all: fates.length, alive: count[2], dead: count[0], first, second, own });
  return departs ? words.measured + said : said;
}

export default widget(words.figure, ({ model, live, set }) => {
  const seed = dial(words.seed, (value) => set({ seed: value })),
    relu = tick(model.get("activation"), (on) => set({ relu: on }));
  const decoder = choice(words.decoder, (kind) => set({ decoder: kind })),
    point = dial(words.points, (i) => set({ point: i }));
  const small = svg("svg", { class: "ln-rm-strip" }),
    main = svg("svg", { class: "ln-rm-main", role: "img", "aria-label": words.picture });
  const pick = strip(small, (i) => set({ n: NS[i] }));
  return {
    nodes: [controls(relu.node, decoder.node, seed.node, point.node), small, main, live],
    draw(width) {
      const here = read(model),
        [height, shapes] = picture(here, width);
      pick(here, width);
      main.setAttribute("viewBox", `0 0 ${width} ${height}`);
      main.replaceChildren(...shapes);
      relu.put(here.relu);
      decoder.put(
        DECODERS,
        DECODERS[here.which],
        DECODERS.map((kind) => words.decoders[kind]),
      );
      seed.put(SEEDS, here.seed);
      point.put(upto(here.input.length), here.point);
      live.textContent = sentence(here);
    },
    data() {
      const { trips, fates } = read(model),
        share = (many) => words.share(many, fates.length),
        [heads, ...many] = model.get("many");
      return [
        table([
          heads,
          ...trips.map(({ n, errors, count }, i) => [
            n,
            ...errors.map(percent),
            share(count[2]),
            share(count[0]),
            ...many[i],
          ]),
        ]),
        ...model.get("notes").map((note) => html("p", { text: note })),
      ];
    },
  };
});
