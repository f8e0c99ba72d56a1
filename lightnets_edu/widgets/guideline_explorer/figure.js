// A column of what a layer moves, and beside it the curve of all layers that do the same work.
import { asks } from "../kit/asks.js";
import { drag } from "../kit/drag.js";
import { grip } from "../kit/grip.js";
import { part, parts } from "../kit/parts.js";
import { choice, controls, dial, html, mend, reserve, settle, svg, table, upto, whole, widget } from "../kit/shared.js";
import { layout, split, value } from "./axes.js";
import { bound, layer, nearest, off, reached, short, times } from "./layers.js";
import { words } from "./words.js";

const TRAITS = "guideline size width ratio groups guess revealed values paper own".split(" ");
const SHAPES = { GPU: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", ARM: "M0 -5l5 5l-5 5l-5 -5z" };
const SIZE = 56; // of the maps that the paper's layers read

/** What the traits say: the layers of this work, the one that is meant, the times that were measured. */
function read(model) {
  const here = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)])),
    { guideline, size, width, values, paper, own } = here,
    first = guideline === 1,
    name = first ? "ratio" : "groups",
    all = values[name],
    base = all.indexOf(first ? "1:1" : 1);
  const layers = all.map((what) => layer(size, width, first ? split(what) : [1, 1], first ? 1 : what)),
    rows = (size === SIZE && paper[guideline - 1][width]) || [];
  const timed = rows.map(([who, what, speed]) => {
    const [, , start] = rows.find((row) => row[0] === who);
    return { who, what, at: all.findIndex((one) => `${one}` === what), speed, start, times: start / speed };
  });
  return {
    ...{ ...here, name, all, layers, base },
    spot: all.indexOf(here[name]),
    now: layers[all.indexOf(here[name])],
    timed: timed.filter(({ at }) => at !== base),
    mine: own.says && [first ? own.c_out / own.c_in : own.groups, own.access / bound(own.size, own.macs)],
  };
}

/** The drawing. `set(values)` hears of what a hand sets, `show()` that another part is meant. */
function picture(stage, { set, show }) {
  const path = (name) => svg("path", { class: `ln-ge-${name}` }),
    over = (size) => svg("rect", { class: "ln-ge-hit", ...size }),
    hidden = (...shapes) => svg("g", { "aria-hidden": true }, ...shapes),
    [ground, grid] = ["ground ln-quiet", "grid ln-quiet"].map(path),
    [curve, ring, ruler, own, outline, edge] = ["curve", "ring", "ruler", "ring", "ruler", "edge"].map(path),
    keys = upto(3).map((i) => svg("rect", { class: `ln-ge-piece ln-ge-${i}`, width: 9, height: 9, y: 2.5 })),
    mark = svg("circle", { class: "ln-ge-mark" }),
    ask = svg("text", { y: 4.5, class: "ln-ge-mid ln-ge-head" }),
    texts = svg("g"),
    points = new Map();
  let here, place;

  const closest = (name, spots, target) => here.values[name][nearest(spots, target)],
    guessed = (y) => closest("guess", here.values.guess, (place.low - y) / place.unit);
  function step(name, by) {
    const list = here.values[name],
      to = list.indexOf(here[name]) + by;
    set({ [name]: list[Math.max(0, Math.min(to, list.length - 1))] });
  }
  /** Hands on a part; what is held does not glide. */
  const hands = (move, start = () => {}) => ({
    free: true,
    start(spot) {
      stage.classList.add("ln-held");
      start(spot);
    },
    move,
    end: () => stage.classList.remove("ln-held"),
  });

  // The question mark goes one way at a time, so that a guess does not change the question.
  let begun, upright;
  const aim = over({ x: -13, width: 26, height: 24 });
  const dot = grip(
    "",
    [0, 1],
    {
      nudge: ([x, y]) => step(here.name, x - y),
      ...hands(
        ([x, y]) => {
          const spots = here.all.map((what) => place.along(value(what)));
          upright ??= !here.revealed && Math.abs(y - begun[1]) >= Math.abs(x - begun[0]);
          set(upright ? { guess: guessed(y) } : { [here.name]: closest(here.name, spots, x) });
        },
        (spot) => {
          [begun, upright] = [spot, undefined];
        },
      ),
    },
    mark,
    ask,
    aim,
  );
  const level = grip(
    words.guess,
    [1, 4],
    { nudge: ([x, y]) => step("guess", x - y), ...hands(([, y]) => set({ guess: guessed(y) })) },
    edge,
    over({ x: -5, y: -13, width: 26, height: 26 }),
  );

  // The column is pulled at any of its pieces: the input by its border, the output by its height, groups by the top.
  const pieces = upto(3).map((i) => {
    const tall = ({ parts, least, factor }) => place.unit * (here.guideline === 1 ? parts[i & 2] / least : factor);
    const node = part(words.pieces[i], svg("rect", { class: `ln-ge-piece ln-ge-${i} ln-glide` }), over());
    let from, before;
    const pull = hands(
      ([, y]) => {
        const now = before + from - y;
        if (here.revealed) set({ [here.name]: closest(here.name, here.layers.map(tall), now) });
        else set({ guess: guessed(place.low - now) });
      },
      ([, y]) => {
        [from, before] = [y, here.revealed ? tall(here.now) : here.guess * place.unit];
      },
    );
    drag(node, pull);
    return node;
  });
  function point({ who, what }) {
    const key = `${who} ${what}`;
    if (!points.has(key)) {
      const seen = svg("path", { d: SHAPES[who], class: "ln-ge-time" });
      points.set(key, part(words.time(who, words.at(what)), seen, over({ x: -12, y: -5, width: 24, height: 10 })));
    }
    return points.get(key);
  }
  const group = parts(words.parts, {
    show,
    shift(spot, [x, y]) {
      step(here.revealed ? here.name : "guess", x - y);
      return spot;
    },
  });
  stage.append(
    hidden(ground, grid, curve, ring, ruler, own, ...keys),
    group.node,
    hidden(outline, texts),
    level.node,
    dot.node,
  );

  return {
    meant: group.meant,
    draw(now, width) {
      here = now;
      const { all, base, guess, guideline, layers, mine, revealed, spot } = here;
      place = layout(width, guideline);
      const { low, broad, x, left, right, along, level: at } = place,
        shown = layers[revealed ? spot : base],
        [across, high] = [along(value(all[spot])), at(revealed ? shown.factor : guess)],
        timed = revealed ? here.timed : [],
        legend = width < 460 ? 76 : 96,
        box = (x, y, half) => `M${x - half} ${y - half}h${2 * half}v${2 * half}h${-2 * half}z`;
      let floor = low;
      pieces.forEach((node, i) => {
        const height = (shown.parts[i] / shown.least) * place.unit;
        floor -= height;
        for (const shape of node.children)
          for (const [key, number] of Object.entries({ x, y: floor, width: broad, height })) mend(shape, key, number);
        mend(keys[i], "x", i * legend);
      });
      for (const one of timed)
        mend(point(one), "transform", `translate(${along(value(all[one.at]))} ${at(one.times)})`);
      group.put([pieces, timed.map(point)].filter((row) => row[0]));
      for (const [node, d] of [
        [ground, place.ground],
        [grid, place.grid],
        [curve, revealed ? place.curve(here.size, here.width) : place.least],
        [ring, revealed ? "" : box(along(value(all[base])), at(1), 4)],
        [ruler, `M${x + broad} ${high}H${across}${guess > 1 ? `M${left} ${at(guess)}H${right}` : ""}`],
        [own, mine && revealed ? box(along(mine[0]), at(mine[1]), 7) : ""],
        [outline, revealed ? "" : `M${x} ${low}V${at(guess)}H${x + broad}V${low}`],
        [edge, "M0 0l12 -7v14z"],
      ])
        mend(node, "d", d);
      mend(mark, "r", revealed ? 6 : 9);
      mend(aim, "y", revealed ? -5 : -12); // a time just above the dot has room to be pointed at
      mend(ask, "text", revealed ? "" : words.ask);
      mend(dot.node, "transform", `translate(${across} ${high})`);
      mend(dot.node, "aria-label", words.handles[guideline - 1]);
      mend(dot.node, "aria-valuemax", all.length - 1);
      dot.put(spot, words.at(all[spot]));
      mend(level.node, "transform", `translate(${right + 4} ${at(guess)})`);
      level.put(guess, times(guess));

      const lines = [
        ...place.levels,
        ...place.ticks,
        ...words.legend(shown).map((text, i) => [i * legend + 13, 11, text]),
        [left - 6, low + 16, words.axes[guideline - 1], "end"],
        [across, low + 32, words.at(all[spot]), "mid ln-ge-head"],
        [x + broad / 2, at(shown.factor) - 5, revealed ? times(shown.factor) : words.at(all[base]), "mid ln-ge-head"],
        [right + 4, at(guess) - 14, times(guess), "head"],
        [left + 8, at(1) + 18, words.formula],
        [left + 8, at(1) + 31, words.least(short(here.now.least))],
        [left + 8, at(1) + 44, words.macs(short(here.now.macs))],
        [0, low + 49, timed[0] ? words.measured[+(width < 460)] : ""],
      ];
      settle(
        texts,
        lines.map(([x, y, text, name = ""], i) => {
          const node = texts.children[i] ?? svg("text");
          for (const [key, now] of Object.entries({ x, y, text, class: name && `ln-ge-${name}` })) mend(node, key, now);
          return node;
        }),
      );
      mend(stage, "viewBox", `0 0 ${width} ${place.height}`);
    },
  };
}

export default widget(words.figure, (kit) => {
  const { model, live, set } = kit,
    measured = model.get("own").says,
    stage = svg("svg", { class: "ln-ge-stage" }),
    drawing = picture(stage, { set, show: () => mend(live, "text", said()) });
  let here;
  const guideline = choice(words.controls.guideline, (one) => set({ guideline: one })),
    size = dial(words.controls.size, (one) => set({ size: one }), 7),
    work = dial(words.controls.width, (one) => set({ width: one }), 9);
  const start = { guideline: 1, size: 56, width: 128, ratio: "1:12", guess: 1, revealed: false },
    { ratio, ...many } = { ...start, guideline: 2, groups: 8 },
    states = [start, { ...start, size: 7, width: 512 }, { ...start, ratio: "1:6", guess: 2 }, many],
    questions = asks(kit, measured ? [] : states.map((state, i) => [words.asks[i], state]));
  const reveal = html("button", {
    type: "button",
    "data-sets": "revealed",
    onclick: () => set({ revealed: !here.revealed }),
  });
  questions.node.replaceChildren(reveal, ...questions.node.children);

  /** What is meant, else how good the guess is. */
  function said() {
    const [row, i] = drawing.meant() ?? [],
      { all, base, guess, layers, now, revealed, timed } = here;
    if (row === 0) return revealed ? words.piece(i, now) : words.balanced + words.piece(i, layers[base]);
    if (row === 1) return words.timed(timed[i]);
    if (!revealed) return words.question(now, guess);
    if (guess === 1) return measured ?? words.hint;
    const found = reached(
      layers.slice(base).map(({ factor }) => factor),
      guess,
    );
    return words.verdict(off(guess, now.factor), words.at(all.at(found < 0 ? -1 : base + found)), found < 0);
  }
  return {
    nodes: [controls(guideline.node, size.node, work.node), stage, live, questions.node],
    draw(width) {
      here = read(model);
      guideline.put([1, 2], here.guideline, words.guidelines);
      size.put(here.values.size, here.size, words.map(here.size));
      work.put(here.values.width, here.width, words.work(here.width));
      mend(reveal, "text", here.revealed ? words.hide : words.reveal);
      drawing.draw(here, width);
      reserve(live, Math.ceil((Math.max(86, measured?.length ?? 0) * 7.8) / width));
      mend(live, "text", said());
      questions.put();
    },
    data() {
      const { all, guideline, layers, timed } = here,
        time = (at, who) => timed.find((one) => one.at === at && one.who === who)?.times.toFixed(2) ?? "";
      const rows = layers.map(({ c_in, c_out, macs, access, factor }, i) => [
        ...[all[i], `${c_in} → ${c_out}`, whole(macs), whole(access), factor.toFixed(3)],
        ...[time(i, "GPU"), time(i, "ARM")],
      ]);
      return [table([[words.axes[guideline - 1], ...words.heads], ...rows])];
    },
  };
});
