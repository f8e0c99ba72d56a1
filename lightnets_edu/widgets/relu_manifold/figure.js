// A spiral before and after n dimensions: lines to be turned, a curve to be pulled, matrices to be drawn.
import { again, tally } from "../kit/again.js";
import { asks } from "../kit/asks.js";
import { drag } from "../kit/drag.js";
import { grip } from "../kit/grip.js";
import { taken, way } from "../kit/keys.js";
import { choice, controls, dial, html, reserve, settle, svg, table, tick, upto, widget } from "../kit/shared.js";
import { census, curve, degrees, drawn, journey, matrix, percent, pull, sectors, unbent, zero } from "./journey.js";
import { hyperplane, layout, line, places, put, sector, spiral } from "./plots.js";
import { words } from "./words.js";

const NS = [2, 3, 5, 15, 30],
  // as the trait calls them, in the order of their errors
  DECODERS = ["best affine", "inverse of T"],
  POINTS = 49,
  LINES = 5;

export default widget(words.figure, (kit) => {
  // `at` is the layout; `near` what a pointer or the focus means: a line's or a size's node, or a point's number.
  let here,
    at,
    free,
    from,
    bent,
    planes,
    last,
    near = -1;
  const { model, live, set } = kit,
    measured = "2/1" in model.get("trips"),
    n = dial(words.n, (own) => set({ n: own }), 2),
    relu = tick(model.get("activation"), (on) => set({ relu: on })),
    decoder = choice(words.decoder, (kind) => set({ decoder: kind })),
    draws = again({ model, set: (own) => set({ ...own, turned: [0, 0, 0, 0, 0] }) }, "draw", measured ? 4 : 64),
    questions = asks(
      kit,
      model.get("presets").map((state, i) => [words.asks[i], state]),
    );
  draws.setAttribute("data-sets", "draw turned");

  const draw = (tag, name, more, ...inside) => svg(tag, { class: `ln-rm-${name}`, ...more }, ...inside),
    path = (name) => draw("path", name),
    knob = () => draw("circle", "knob", { r: 12 });
  const stage = svg("svg", { class: "ln-rm", tabindex: -1 }),
    // `was` is the spiral as it went in, behind what is decoded.
    [dead, flat, half, many, touch, was, now] = ["lost0", "lost1", "half", "many", "touch", "many", "now"].map((name) =>
      path(`${name} ln-quiet`),
    ),
    group = svg("g"),
    hues = upto(POINTS).map((i) => draw("g", "hue", { style: `--ln-rm-at: ${i / POINTS}` })),
    [before, after] = [0, 1].map(() => spiral(hues)),
    rings = [0, 1].map(() => draw("circle", "ring", { r: 8 })),
    titles = upto(4).map(() => svg("text")),
    errors = tally([0, 1], 25, words.ends),
    sizes = NS.map(() =>
      draw("g", "size", {}, draw("rect", "cell", { rx: 6 }), svg("text"), path("line ln-quiet ln-glide"), path("bar")),
    );

  // What is dragged is held, and meant, until the click that ends it has passed.
  function hold(what) {
    near = what;
    clearTimeout(free);
    stage.classList.add("ln-held");
  }
  const held = () => stage.classList.contains("ln-held"),
    loose = () => {
      stage.classList.remove("ln-held");
      last = "";
      figure.draw(at.width);
    },
    end = () => (free = setTimeout(loose)),
    angle = ([x, y]) => degrees([x - at.inner[0], at.inner[1] - y]);
  const lines = upto(LINES).map((k) => {
    const turn = (by) => set({ turned: here.turned.map((own, i) => (i === k ? ((own + by + 540) % 360) - 180 : own)) });
    return grip(
      words.line(k),
      [0, 359],
      {
        nudge: ([x, y]) => turn(3 * Math.sign(x - y)),
        start(spot) {
          from = angle(spot);
          hold(lines[k].node);
        },
        move(spot) {
          const by = Math.round(angle(spot) - from);
          turn(by);
          from += by;
        },
        end,
      },
      knob(),
      path("plane"),
      draw("circle", "dot", { r: 5 }),
    );
  });

  /** The point that is nearest to a spot of the drawing, or -1. */
  function nearest([x, y], reach) {
    const spots = [...places(here.input, at.inner, at.u), ...places(here.back, at.outer, at.u)],
      far = spots.map(([a, b]) => Math.hypot(a - x, b - y)),
      least = Math.min(...far);
    return least < reach ? far.indexOf(least) % POINTS : -1;
  }
  const bend = (before, by) => measured || set({ bent: pull(drawn(unbent), before, here.point, by) }),
    pulls = {
      free: true,
      start(spot) {
        set({ point: nearest(spot, 1e3) });
        [from, bent] = [spot, here.bent];
        hold(here.point);
      },
      move: ([x, y]) => bend(bent, [(x - from[0]) / at.u, (from[1] - y) / at.u]),
      end,
    };
  drag(touch, pulls);
  const nudge = ([x, y]) => set({ point: Math.max(0, Math.min(here.point + x - y, POINTS - 1)) }),
    ring = grip(words.ring, [0, POINTS - 1], { nudge, ...pulls }, rings[0], knob());
  function shifted(event) {
    const step = event.shiftKey && way(event);
    if (!step) return;
    bend(here.bent, [step[0] / 20, -step[1] / 20]);
    event.stopImmediatePropagation();
    taken(event);
  }
  ring.node.addEventListener("keydown", shifted, true);

  function over({ target, clientX, clientY }) {
    if (held()) return near;
    const { left, top } = stage.getBoundingClientRect();
    return target.closest("g") ?? nearest([clientX - left, clientY - top], 28);
  }
  function mean(what) {
    if (what === near) return;
    near = what;
    show();
  }
  for (const name of ["pointermove", "focusin"]) stage.addEventListener(name, (event) => mean(over(event)));
  for (const name of ["pointerleave", "focusout"]) stage.addEventListener(name, () => mean(-1));
  stage.addEventListener("click", (event) => {
    const what = over(event),
      size = NS[sizes.indexOf(what)];
    if (size) set({ n: size });
    if (what >= 0) set({ point: what });
  });
  stage.append(dead, flat, half, many, ...titles, ...sizes, errors.node, now, was, group, touch);
  stage.append(before.path, after.path, ...hues, rings[1], ring.node);

  /** What the traits say. While something is dragged, only the dimensions at hand are reckoned anew. */
  function read() {
    const [n, draw, turned, bent, relu, point, decoder] = "n draw turned bent relu point decoder"
        .split(" ")
        .map((name) => model.get(name)),
      rows = (own) => (relu && !measured ? matrix(model.get("matrices")[draw - 1], own, turned) : []),
      kept = here?.bent === bent,
      xs = kept ? here.xs : curve(bent),
      input = kept ? here.input : drawn(xs),
      state = `${[draw, turned, bent, relu]}`,
      which = DECODERS.indexOf(decoder),
      ways = NS.map((own, i) => {
        if (state === last || (held() && own !== n)) return here.ways[i];
        if (!relu) return { decoded: [input, input], errors: [0, 0], fates: "2".repeat(POINTS) };
        return measured ? model.get("trips")[`${own}/${draw}`] : journey(rows(own), xs);
      });
    last = state;
    here = { ...ways[NS.indexOf(n)], n, draw, turned, bent, relu, point, which, xs, input, ways, rows: rows(n) };
    here.back = here.decoded[which];
  }

  /** Lights what is meant, and says it. */
  function show() {
    const { input, back, rows, which, fates, ways, n: own } = here,
      i = near >= 0 ? near : here.point,
      size = sizes.indexOf(near),
      k = lines.findIndex(({ node }) => node === near),
      row = rows[k],
      cut = rows.map((row) => zero(row, input[i])),
      [[a, b]] = places([input[i]], at.inner, at.u),
      [[x, y]] = places([back[i]], at.outer, at.u);
    for (const node of ring.node.children) put(node, { cx: a, cy: b });
    put(rings[1], { cx: x, cy: y });
    lines.forEach(({ node }, l) => {
      node.classList.toggle("ln-on", l === k);
      node.classList.toggle("ln-cut", !!cut[l]);
    });
    put(half, { d: row ? sector(planes[k].angle - 180, planes[k].angle, at.inner, at.rim) : "" });
    put(live, {
      text: row
        ? words.cut(k + 1, input.filter((x) => zero(row, x)).length, POINTS)
        : ways[size]
          ? words.cell(NS[size], percent(ways[size].errors[which]))
          : words.told(
              i,
              words.zero(measured, cut.filter(Boolean).length, own),
              fates[i],
              Math.hypot(...input[i].map((v, axis) => v - back[i][axis])).toFixed(3),
            ),
    });
  }

  const figure = {
    nodes: [controls(n.node, relu.node, draws, decoder.node), stage, live, questions.node],
    draw(width) {
      read();
      at = layout(width);
      const { rows, fates, input, back, ways, which } = here,
        { inner, outer, u, rim, left, foot, tally: room, thumb, cell, y } = at,
        error = here.errors[which],
        areas = ["", ""],
        spots = places(input, inner, u);
      planes = rows.map((row) => hyperplane(row, inner, rim));
      put(stage, { viewBox: `0 0 ${width} ${at.height}` });
      for (const [from, to, fate] of sectors(rows)) areas[fate] += sector(from, to, inner, rim);
      put(dead, { d: areas[0] });
      put(flat, { d: areas[1] });
      put(many, {
        d: planes
          .slice(LINES)
          .map(({ d }) => d)
          .join(""),
      });
      const turning = lines.slice(0, rows.length);
      settle(
        group,
        turning.map(({ node }) => node),
      );
      turning.forEach((own, k) => {
        const { angle, end, d } = planes[k],
          [knob, plane, dot] = own.node.children;
        for (const node of [knob, dot]) put(node, { cx: end[0], cy: end[1] });
        put(plane, { d });
        own.put(angle, words.stands(angle));
      });
      before.put(spots, fates, u);
      after.put(places(back, outer, u), fates, u);
      put(touch, { d: line(spots) });
      put(was, { d: line(places(input, outer, u)) });
      ring.put(here.point, words.point(here.point));
      [
        [left, 13, words.input(measured)],
        [at.right, 13, words.decoded(percent(error))],
        [left, foot - 6, words.counts(census(fates))],
        [room[0], room[1] - 10, words.tally(here.draw)],
      ].forEach(([x, y, text], i) => put(titles[i], { x, y, text }));
      sizes.forEach((node, i) => {
        const [square, name, path, bar] = node.children,
          x = at.x + i * (cell + 5);
        node.classList.toggle("ln-chosen", NS[i] === here.n);
        put(square, { x: x + 1, y: y + 1, width: cell - 2, height: thumb + 30 });
        put(name, { x: x + 6, y: y + 15, text: words.size(NS[i]) });
        put(path, { d: line(places(ways[i].decoded[which], [x + cell / 2, y + 18 + thumb / 2], thumb / 2.2)) });
        put(bar, { d: `M${x + 2} ${y + thumb + 26}h${(cell - 4) * Math.min(1, ways[i].errors[which])}` });
      });
      errors.put(
        room,
        model.get("errors")[here.n][which].map((v) => v / 1000),
        here.draw,
      );
      put(now, { d: `M${room[0] + Math.min(1, error) * room[2] - 5} ${room[1] - 2}h10l-5 7z` });
      n.put(NS, here.n);
      relu.put(here.relu);
      decoder.put(DECODERS, DECODERS[which], words.decoders);
      questions.put();
      reserve(live, Math.ceil(500 / width));
      show();
    },
    data() {
      const [heads, ...rows] = model.get("many"),
        lines = here.ways.map(({ errors, fates }, i) => {
          const [dead, , alive] = census(fates).map((many) => words.share(many, POINTS));
          return [NS[i], ...errors.map(percent), alive, dead, ...rows[i]];
        });
      return [table([heads, ...lines]), ...model.get("notes").map((note) => html("p", { text: note }))];
    },
  };
  return figure;
});
