import { asks } from "../kit/asks.js";
import { drag } from "../kit/drag.js";
import { grip } from "../kit/grip.js";
import { part, parts } from "../kit/parts.js";
import { choice, controls, dial, mend, reserve, svg, table, upto, whole, widget } from "../kit/shared.js";
import { divisors, least, nearest, scaled, short, times, total, ways } from "./costs.js";
import { layout } from "./layout.js";
import { words } from "./words.js";

const NAMES = "c_in c_out kernel size groups alpha rho balance values measured controls".split(" ");
const LETTERS = { size: 7, kernel: 3, groups: 3.4 };
const MEASURES = ["macs", "access", "time"];
// The traits that a drag changes: of a square, of a letter on the roofline.
const TUGS = {
  standard: [0, "c_out"],
  grouped: ["groups", "groups"],
  depthwise: ["c_out", "kernel"],
  pointwise: ["c_out", "c_out"],
};

/** What the traits say: the costs of all that is drawn; `one` is the standard layer at α = 1, ρ = 1. */
function reckon(traits) {
  const { c_in, c_out, kernel, size, groups, alpha, rho, balance, measured, controls } = traits;
  const [a, b, h] = [scaled(c_in, alpha), scaled(c_out, alpha), Math.round(size * rho)],
    now = ways(a, b, kernel, h, groups);
  const bill = (key, steps, sum = total(steps)) => ({
    ...sum,
    key,
    time: least(steps, balance),
    works: sum.macs >= balance * sum.access,
  });
  const one = bill("standard", ways(c_in, c_out, kernel, size, 1).standard),
    pair = ["depthwise", "pointwise"].map((key, i) => bill(key, [now.separable[i]])),
    row = (key, all, parts = [all]) => ({ key, all, parts });
  const rows = [row("separable", bill("separable", now.separable), pair)];
  if (controls.includes("groups")) rows.unshift(row("grouped", bill("grouped", now.grouped)));
  if (measured.says) rows.push(row("own", bill("own", measured.steps, measured)));
  return { ...traits, a, b, now, one, rows, bills: [one, ...rows.flatMap(({ parts }) => parts)] };
}

/** The values of a trait that fit the others: widths go in steps of the groups, and groups divide the widths. */
function offered(name, { a, b, c_in, c_out, groups, alpha, values }) {
  const fits = (c, by) => scaled(c, by) % groups === 0;
  if (name === "groups") return divisors(a, b);
  if (name === "alpha") return values.alpha.filter((by) => fits(c_in, by) && fits(c_out, by));
  return name[1] === "_" ? values[name].filter((c) => fits(c, alpha)) : values[name];
}

const put = (node, values) => Object.entries(values).forEach((pair) => mend(node, ...pair));

/** The drawing. `show()` hears that another part is meant, `move(values)` of traits that a hand sets, `hold(on)` of the
    begin and the end of a drag. */
function picture(stage, { show, move, hold }) {
  const [grid, roof, stems, outline, ghost, knob, grasp] = [
    "grid ln-quiet",
    "roof",
    "stems ln-quiet",
    "outline",
    "ghost ln-quiet",
    "knob",
    "hit",
  ].map((name) => svg("path", { class: `ln-cc-${name}` }));
  const texts = svg("g"),
    nodes = {};
  let here, place;

  /** The trait that a hand on a part moves, if it has a control. */
  function tug(key, column) {
    const name = TUGS[key]?.[+(column > 2)];
    return [name, name === "c_out" && "alpha"].find((own) => here.controls.includes(own));
  }
  function step(name, [x, y]) {
    const values = offered(name, here);
    move({ [name]: values[nearest(upto(values.length), values.indexOf(here[name]) + x - y)] });
  }
  /** Hands that set the trait `find()` so that `reach(name, value)`, in pixels, is nearest to where they are. */
  function hands(find, reach, upwards) {
    let name, from, before;
    return {
      start(spot) {
        name = find();
        if (!name) return;
        [from, before] = [spot, reach(name, here[name])];
        hold(true);
      },
      move([x, y]) {
        if (!name) return;
        const [right, up] = [x - from[0], from[1] - y],
          values = offered(name, here),
          far = values.map((value) => reach(name, value));
        move({ [name]: values[nearest(far, before + (upwards && Math.abs(up) > Math.abs(right) ? up : right))] });
      },
      end: () => hold(false),
    };
  }
  /** A part: what is seen, and what is hit. */
  function make(key, column) {
    const letter = column > 2,
      hit = svg("rect", { class: "ln-cc-hit" });
    const seen = letter
      ? [svg("circle", { r: 9 }), svg("text", { text: words.mark(key), y: 4.5 })]
      : [svg("rect", { class: "ln-cc-square ln-glide" })];
    const node = part(words.part(key, column), ...seen, hit);
    mend(node, "class", `ln-part ln-glide ln-cc-${key}`);
    /** Where its letter would stand with another value of a trait, or how long its square's side would be. */
    function reach(name, value) {
      const { rows, bills, one } = reckon({ ...here, [name]: value }),
        own = (bill) => bill.key === key,
        { macs, access } = bills.find(own),
        row = rows.find(({ parts }) => parts.some(own));
      return letter ? place.at(macs / access) : place.side(row.all[MEASURES[column]], one[MEASURES[column]]);
    }
    if (TUGS[key]?.[+letter])
      drag(
        node,
        hands(() => tug(key, column), reach, !letter),
      );
    return node;
  }
  function node({ key }, column) {
    return (nodes[key + column] ??= make(key, column));
  }
  const group = parts(words.parts, {
    show,
    shift(spot, way) {
      const name = tug(here.bills[spot[0]].key, spot[1]);
      if (name) step(name, way);
      return spot;
    },
  });
  const own = hands(
      () => "balance",
      (_, value) => place.at(value),
    ),
    knee = grip(words.balance, [1, 200], { nudge: (way) => step("balance", way), ...own }, knob, grasp);
  const hidden = (...shapes) => svg("g", { "aria-hidden": true }, ...shapes);
  stage.append(hidden(grid, roof, stems, texts), knee.node, group.node, hidden(outline, ghost));

  return {
    meant: group.meant,
    draw(now, last, width) {
      [here, place] = [now, layout(width, now)];
      const { one, rows, bills, balance } = now,
        { unit, wide, floor } = place,
        lines = place.texts(balance);
      const side = ({ rows, one }, r, measure) => place.side(rows[r].all[measure], one[measure]),
        box = (x, y, side) => `M${x} ${y}v${-side}h${side}v${side}z`,
        boxes = (side) =>
          rows.map((_, r) => MEASURES.map((key, i) => box(i * wide + 1, floor(r), side(r, key))).join("")).join("");
      MEASURES.forEach((measure, i) => {
        const x = i * wide + 1;
        lines.push([x, 12, words.measures[i], "ln-cc-head"]);
        lines.push([x, 28, words.outline(i < 2 && short(one[measure]), one.works)]);
        for (const shape of node(one, i).children) put(shape, { x, width: 84, height: 32 });
        rows.forEach(({ parts, all }, r) => {
          const full = side(now, r, measure);
          let low = floor(r);
          lines.push([x, low + 15, times(all[measure], one[measure], words.same), "ln-cc-ratio"]);
          lines.push([x, low + 29, i < 2 ? short(all[measure]) : last ? words.before : ""]);
          parts.forEach((bill, k) => {
            const high = (full * bill[measure]) / all[measure],
              [seen, hit] = node(bill, i).children;
            low -= high;
            put(seen, { x, y: low, width: full, height: high });
            put(hit, { x, y: low, width: Math.max(full, 26), height: high + (k ? 0 : 6) });
          });
        });
      });
      rows.forEach(({ key }, r) => lines.push([1, place.title(r), words.rows[key](now), "ln-cc-head"]));
      lines.forEach(([x, y, text, name = ""], i) => {
        if (!texts.children[i]) texts.append(svg("text"));
        put(texts.children[i], { x, y, class: name, text });
      });
      for (const [path, d] of [
        [outline, boxes(() => unit)],
        [ghost, last ? boxes((r, key) => side(last, r, key)) + place.rings(last.bills) : ""],
        [grid, place.grid],
        [roof, place.roof(balance)],
        [stems, place.stems(bills)],
        [knob, place.knob(balance)],
        [grasp, place.grasp(balance)],
      ])
        mend(path, "d", d);
      mend(stage, "viewBox", `0 0 ${width} ${place.height}`);
      place.marks(bills).forEach((x, i) => {
        node(bills[i], 3).style.transform = `translate(${x}px, ${place.rail}px)`;
      });
      knee.put(balance, words.each(balance));
      group.put(bills.map((bill) => upto(4).map((column) => node(bill, column))));
    },
  };
}

export default widget(words.figure, (kit) => {
  const { model, live } = kit,
    shown = model.get("controls");
  let here,
    last = null,
    what = null,
    mine = false;
  /** Sets traits; the ghost is what was drawn before they began to move. */
  function set(values) {
    const names = Object.keys(values).join();
    if (names !== what) [what, last] = [names, here];
    mine = true;
    kit.set(values);
    mine = false;
  }
  const stage = svg("svg", { class: "ln-cc-stage" });
  const drawing = picture(stage, {
    show,
    move: set,
    hold(on) {
      stage.classList.toggle("ln-held", on);
      if (on) what = null;
    },
  });
  const asMenu = (name) => /kernel|groups|alpha|rho/.test(name);
  const hands = shown.map((name) =>
    (asMenu(name) ? choice : dial)(words.controls[name], (value) => set({ [name]: value }), LETTERS[name] ?? 4),
  );
  const dials = { alpha: 1, rho: 1, balance: 10 },
    groups = shown.includes("groups"),
    layer = { c_in: 64, c_out: 128, kernel: 3, size: 56, groups: groups ? 4 : 1, ...dials };
  const [start, texts, states] = shown.includes("c_out")
    ? [
        layer,
        words.asks.layer,
        [{ c_out: 1024 }, { size: 14 }, { c_out: 64, size: 112, balance: 200 }, ...(groups ? [{ groups: 8 }] : [])],
      ]
    : [dials, words.asks.dials, shown.includes("alpha") ? [{ alpha: 0.5 }, { rho: 4 / 7 }, { balance: 200 }] : []];
  const questions = asks(
    { model, set },
    states.map((values, i) => [texts[i], { ...start, ...values }]),
  );

  function show() {
    const meant = drawing.meant(),
      { one, bills, rows, measured, balance } = here;
    const bill = meant && bills[meant[0]],
      pair = rows.find(({ parts }) => parts[1] && parts.includes(bill))?.all,
      share = pair && here.alpha * here.rho === 1 ? words.share(here.b, here.kernel) : "";
    mend(stage, "data-lit", bill?.key ?? "");
    const said = meant
      ? `${words.names[bill.key]}: ${words.told[meant[1]](bill, { pair, share, balance })}`
      : (measured.says ?? words.said(balance, bills, times(rows.at(-1).all.macs, one.macs, words.same)));
    mend(live, "text", said);
  }
  return {
    nodes: [controls(...hands.map(({ node }) => node)), stage, live, questions.node],
    draw(width) {
      if (!mine) what = last = null;
      here = reckon(Object.fromEntries(NAMES.map((name) => [name, model.get(name)])));
      hands.forEach((hand, i) => {
        const name = shown[i],
          values = offered(name, here),
          text = words.values[name] ?? String;
        hand.put(values, here[name], asMenu(name) ? values.map(text) : text(here[name]));
      });
      drawing.draw(here, last, width);
      reserve(live, Math.ceil(((here.measured.says?.length ?? 105) * 7.6) / width));
      show();
      questions.put();
    },
    data() {
      const cells = (name, cost) => [
        name,
        ...["params", "macs", "access"].map((key) => whole(cost[key])),
        short(cost.macs / cost.access),
      ];
      const drawn = ([key]) => key !== "grouped" || here.rows[0].key === key,
        rows = Object.entries(here.now)
          .filter(drawn)
          .flatMap(([key, layers]) => [
            cells(words.names[key], total(layers)),
            ...layers.map((one) => cells(words.row(one), one)),
          ]);
      return [table([words.heads, ...rows, ...(here.measured.says ? [cells(words.names.own, here.measured)] : [])])];
    },
  };
});
