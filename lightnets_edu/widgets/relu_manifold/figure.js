// A spiral before and after n dimensions: lines to be turned, a curve to be pulled, matrices to be drawn.
import { again, tally } from "../kit/again.js";
import { asks } from "../kit/asks.js";
import { drag } from "../kit/drag.js";
import { grip } from "../kit/grip.js";
import { taken, way } from "../kit/keys.js";
import { choice, controls, dial, html, reserve, svg, table, tick, upto, widget } from "../kit/shared.js";
import { curve, degrees, drawn, journey, matrix, pull, sectors, sent } from "./journey.js";
import { cells, hyperplane, layout, line, outside, places, put, sector, shape, spiral } from "./plots.js";
import { words } from "./words.js";

const NS = [2, 3, 5, 15, 30],
  DECODERS = ["best affine", "inverse of T"],
  LINES = 5,
  POINTS = 49,
  DRAWS = 100;
const zeros = (many) => Array(many).fill(0);
const fresh = { draw: 1, turned: zeros(LINES), bent: zeros(2 * POINTS), relu: true, decoder: DECODERS[0] };
const QUESTIONS = [
  { ...fresh, n: 2 },
  { ...fresh, n: 3, turned: [0, 172, -166, 0, 0] }, // a third of a turn from line to line
  { ...fresh, n: 5, turned: [0, 124, 98, 171, -13] }, // a fifth
  { ...fresh, n: 15, decoder: DECODERS[1] },
];

/** "1000 0 0 -500" is [[1, 0], [0, -0.5]]. */
export function points(path) {
  const flat = path.split(" ").map((v) => v / 1000);
  return upto(flat.length / 2).map((i) => [flat[2 * i], flat[2 * i + 1]]);
}

/** How many points are dead, flattened, decodable. */
export const census = (fates) => [0, 1, 2].map((fate) => [...fates].filter((own) => +own === fate).length);

export function percent(e) {
  const share = 100 * e;
  if (share > 0 && share < 0.005) return "<0.01%";
  return `${share.toFixed(!share ? 0 : share < 1 ? 2 : 1)}%`;
}

/** A function that reads what the traits say; journeys that it has made before it keeps, for the state at hand. */
function reader(model) {
  let kept = new Map();
  return () => {
    const [n, draw, turned, bent, relu, point, trips, name] = "n draw turned bent relu point trips activation"
        .split(" ")
        .map((key) => model.get(key)),
      measured = relu && Object.keys(trips).length > 0,
      xs = curve(bent),
      input = drawn(xs),
      next = new Map();
    const go = (own) => {
      if (!relu) return { decoded: [input, input], errors: [0, 0], fates: "2".repeat(POINTS) };
      if (measured) {
        const found = trips[`${own}/${draw}`];
        return { ...found, decoded: found.decoded.map(points) };
      }
      const key = `${own} ${draw} ${turned.slice(0, own)} ${bent}`;
      next.set(key, kept.get(key) ?? journey(matrix(model.get("matrices"), own, draw, turned), xs));
      return next.get(key);
    };
    const which = DECODERS.indexOf(model.get("decoder")),
      ways = NS.map(go),
      here = ways[NS.indexOf(n)];
    if (next.size) kept = next;
    return {
      ...here,
      ...{ n, draw, turned, bent, relu, point, name, measured, which, input, ways },
      rows: measured ? [] : matrix(model.get("matrices"), n, draw, turned),
      hands: relu && !measured,
      back: here.decoded[which],
      count: census(here.fates),
    };
  };
}

const text = (kind) => svg("text", { class: kind });
const write = (node, x, y, said) => {
  put(node, { x, y });
  node.textContent = said;
};

export default widget(words.figure, (kit) => {
  const { model, live, set } = kit,
    read = reader(model),
    stage = svg("svg", { class: "ln-rm" });
  let here,
    spot, // the layout
    near = null, // what a pointer or the focus means: ["line", k], ["point", i], ["size", i]
    held = null;

  // Controls
  const n = dial(words.n, (own) => set({ n: own }), 2),
    relu = tick(model.get("activation"), (on) => set({ relu: on })),
    decoder = choice(words.decoder, (kind) => set({ decoder: kind })),
    measured = Object.keys(model.get("trips")).length > 0,
    draws = again(
      { model, set: (values) => set({ ...values, ...(measured ? {} : { turned: fresh.turned }) }) },
      "draw",
      measured ? 8 : DRAWS,
    ),
    questions = asks(kit, measured ? [] : QUESTIONS.map((state, i) => [words.asks[i], state]));
  draws.setAttribute("data-sets", "draw turned");

  // The drawing
  const lost = [0, 1].map((fate) => svg("path", { class: `ln-rm-lost${fate} ln-quiet` })),
    half = svg("path", { class: "ln-rm-half ln-quiet" }),
    frames = [0, 1].map(() => svg("rect", { class: "ln-rm-frame ln-quiet", rx: 6 })),
    many = svg("path", { class: "ln-rm-many ln-quiet" }),
    [before, after] = [0, 1].map(() => spiral(POINTS)),
    touch = svg("path", { class: "ln-rm-touch ln-quiet" }),
    rings = [0, 1].map(() => svg("circle", { class: "ln-rm-ring", r: 7.5 })),
    legend = [2, 1, 0].map((fate) => [
      svg("rect", { class: `ln-rm-lost${fate} ln-quiet`, width: 14, height: 14 }),
      svg("path", { class: `ln-rm-mark ln-rm-fate${fate}`, d: shape(fate, 4) }),
      text(),
    ]),
    titles = [text("ln-rm-title"), text("ln-rm-title"), text("ln-rm-title")],
    middle = [text("ln-rm-middle"), text("ln-rm-middle"), svg("path", { class: "ln-rm-way" })],
    coordinates = [svg("path", { class: "ln-rm-off" }), svg("path", { class: "ln-rm-on" })],
    marker = svg("path", { class: "ln-rm-now" }),
    errors = tally([0, 1], 25, words.ends);
  const sizes = NS.map((own, i) =>
    svg(
      "g",
      { class: "ln-rm-size", onclick: () => set({ n: own }), ...hovers(["size", i]) },
      svg("rect", { rx: 6 }),
      text("ln-rm-middle"),
      svg("path", { class: "ln-rm-line ln-quiet ln-glide" }),
      svg("path", { class: "ln-rm-track ln-quiet" }),
      svg("path", { class: "ln-rm-bar ln-quiet" }),
    ),
  );

  const hold = (on) => {
    held = on;
    stage.classList.toggle("ln-held", on !== null);
  };
  const lines = upto(LINES).map((k) => {
    let from;
    const angle = ([x, y]) => degrees([x - spot.inner[0], spot.inner[1] - y]),
      turn = (by) =>
        set({ turned: here.turned.map((own, i) => (i === k ? ((Math.round(own + by) + 540) % 360) - 180 : own)) });
    const own = grip(
      words.line(k),
      [0, 359],
      {
        nudge: ([x, y]) => turn(3 * Math.sign(x - y)),
        start(at) {
          from = angle(at);
          hold(["line", k]);
        },
        move(at) {
          const to = angle(at),
            by = Math.round(to - from);
          if (by) turn(by);
          from += by;
        },
        end: () => hold(null),
      },
      svg("circle", { class: "ln-rm-knob", r: 12 }),
      svg("path", { class: "ln-rm-reach ln-quiet" }),
      svg("path", { class: "ln-rm-plane" }),
      svg("circle", { class: "ln-rm-dot", r: 5 }),
    );
    listen(own.node, ["line", k]);
    return own;
  });
  const ring = grip(
    words.ring,
    [0, POINTS - 1],
    { nudge: ([x, y]) => set({ point: Math.max(0, Math.min(here.point + x - y, POINTS - 1)) }), ...pulls() },
    rings[0],
    svg("circle", { class: "ln-rm-knob", r: 12 }),
  );
  ring.node.addEventListener(
    "keydown",
    (event) => {
      const step = event.shiftKey && here.hands && way(event);
      if (!step) return;
      set({ bent: pull(here.bent, here.point, [0.05 * Math.sign(step[0]), -0.05 * Math.sign(step[1])]) });
      event.stopImmediatePropagation();
      taken(event);
    },
    true,
  );

  /** Hears when a pointer or the focus is on a part. */
  function hovers(what) {
    const on = () => mean(what),
      off = () => mean(null);
    return { onpointerenter: on, onpointerleave: off, onfocusin: on, onfocusout: off };
  }
  function listen(node, what) {
    for (const [name, hear] of Object.entries(hovers(what))) node.addEventListener(name.slice(2), hear);
  }
  function mean(what) {
    near = what;
    show();
  }
  /** The point that is nearest to a spot of the drawing, if one is near. */
  function nearest([x, y], reach = 28) {
    const far = [places(here.input, spot.inner, spot.u), places(here.back, spot.outer, spot.u)].map((list) =>
        list.map(([a, b]) => Math.hypot(a - x, b - y)),
      ),
      all = far.flat(),
      least = Math.min(...all);
    return least < reach ? all.indexOf(least) % POINTS : null;
  }
  /** Hands that pull the curve where they took hold of it. */
  function pulls() {
    let from, bent;
    return {
      free: true,
      start(at) {
        if (!here.hands) return;
        [from, bent] = [at, here.bent];
        const i = nearest(at, 1e3);
        set({ point: i });
        hold(["point", i]);
      },
      move([x, y]) {
        if (held) set({ bent: pull(bent, held[1], [(x - from[0]) / spot.u, (from[1] - y) / spot.u]) });
      },
      end: () => hold(null),
    };
  }
  drag(touch, pulls());
  const where = ({ clientX, clientY }) => {
    const box = stage.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  };
  stage.addEventListener("pointermove", (event) => {
    if (held || event.target.closest("[role=slider], .ln-rm-size")) return;
    const i = nearest(where(event));
    if (near?.[0] !== "point" ? i !== null : i !== near[1]) mean(i === null ? null : ["point", i]);
  });
  stage.addEventListener("pointerleave", () => mean(null));
  stage.addEventListener("click", (event) => {
    const i = event.target.closest("[role=slider], .ln-rm-size") ? null : nearest(where(event));
    if (i !== null) set({ point: i });
  });
  stage.append(
    ...frames,
    ...lost,
    half,
    many,
    ...legend.flat(),
    ...titles,
    ...middle,
    ...coordinates,
    ...sizes,
    errors.node,
    marker,
    ...lines.map((own) => own.node),
    touch,
    ...before.nodes,
    ...after.nodes,
    rings[1],
    ring.node,
  );

  /** Where what does not move stands. */
  function frame(width) {
    if (spot?.width === width) return;
    spot = layout(width);
    const {
      left,
      right,
      head,
      input,
      output,
      inner,
      outer,
      narrow,
      height,
      strip,
      cell,
      thumb,
      high,
      middle: mid,
    } = spot;
    stage.setAttribute("viewBox", `0 0 ${width} ${height}`);
    put(frames[0], { x: left + 0.5, y: head + 0.5, width: input - 1, height: input - 1 });
    put(frames[1], { x: right + 0.5, y: outer[1] - output / 2, width: output - 1, height: output - 1 });
    legend.forEach(([box, mark, words], k) => {
      const x = left + (narrow ? 92 * k : Math.max(input / 3, 84) * k),
        y = head + input + 14;
      put(box, { x: x - 1, y: y - 7 });
      mark.style.transform = `translate(${x + 6}px, ${y}px)`;
      put(words, { x: x + 16, y: y + 4 });
    });
    put(middle[2], {
      d: narrow ? "" : `M${mid - 40} ${inner[1] - 74}h80m-6 -5l6 5l-6 5M${mid - 40} ${inner[1] + 84}h80m-6 -5l6 5l-6 5`,
    });
    sizes.forEach((node, i) => {
      const [x, y] = [strip[0] + i * (cell + 5), strip[1]],
        [box, name, , track] = node.children;
      put(box, { x: x + 1, y: y + 1, width: cell - 2, height: high - 2 });
      write(name, x + cell / 2, y + 15, words.size(NS[i]));
      put(track, { d: `M${x + 5} ${y + high - 8}h${cell - 10}` });
    });
    reserve(live, narrow ? 3 : 1);
  }
  const small = (i) => [spot.strip[0] + i * (spot.cell + 5) + spot.cell / 2, spot.strip[1] + 20 + spot.thumb / 2];

  /** Lights what is meant, and says it. */
  function show() {
    const [kind, k] = held ?? near ?? ["point", here.point],
      { rows, input, back, fates, ways, which, inner, n: own } = { ...here, ...spot },
      i = kind === "point" ? k : here.point,
      bits = here.relu ? rows.map((row) => sent([row], input[i])[0] > 0) : Array(own).fill(true);
    const [a, b] = places([input[i]], inner, spot.u)[0],
      [x, y] = places([back[i]], spot.outer, spot.u)[0];
    put(rings[0], { cx: a, cy: b });
    put(ring.node.children[1], { cx: a, cy: b });
    put(rings[1], { cx: x, cy: y });
    const across = spot.narrow ? 30 : 5,
      pitch = spot.narrow ? Math.min(18, Math.floor(spot.width / 30)) : 18,
      wide = Math.min(own, across) * pitch,
      level = spot.narrow ? spot.head + spot.input + 24 : inner[1] + 6 - (Math.ceil(own / across) * pitch) / 2,
      drawnBits =
        measured && here.relu ? ["", ""] : cells(bits, spot.narrow ? 0 : spot.middle - wide / 2, level, across, pitch);
    coordinates.forEach((node, on) => node.setAttribute("d", drawnBits[on]));
    lines.forEach(({ node }, l) => node.classList.toggle("ln-on", kind === "line" && k === l));
    const row = kind === "line" && here.hands && rows[k];
    half.setAttribute(
      "d",
      row
        ? sector(
            [0, 180].map((v) => v + degrees([-row[1], row[0]])),
            inner,
            spot.rim,
          )
        : "",
    );
    if (row) live.textContent = words.cut(k, input.filter((own) => !sent([row], own)[0]).length, POINTS);
    else if (kind === "size")
      live.textContent = words.cell(NS[k], percent(ways[k].errors[which]), census(ways[k].fates)[2], POINTS);
    else {
      const zero = measured && here.relu ? null : bits.filter((on) => !on).length,
        off = Math.hypot(input[i][0] - back[i][0], input[i][1] - back[i][1]).toFixed(3);
      live.textContent = words.told(here.measured, i, zero, own, fates[i], off);
    }
  }

  return {
    nodes: [controls(n.node, relu.node, decoder.node, draws), stage, live, questions.node],
    draw(width) {
      here = read();
      frame(width);
      const { hands, rows, fates, input, back, count, ways, which, name } = here,
        { inner, outer, u, rim, narrow, left, right, head, tally: room, middle: mid, thumb, cell, strip, high } = spot;
      const areas = ["", ""];
      if (hands) for (const [from, to, fate] of sectors(rows)) areas[fate] += sector([from, to], inner, rim);
      lost.forEach((node, fate) => node.setAttribute("d", areas[fate]));
      many.setAttribute(
        "d",
        hands
          ? rows
              .slice(LINES)
              .map((row) => hyperplane(row, inner, rim).d)
              .join("")
          : "",
      );
      lines.forEach((own, k) => {
        own.node.toggleAttribute("hidden", !(hands && k < rows.length));
        if (!hands || k >= rows.length) return;
        const { angle, end, d, tick } = hyperplane(rows[k], inner, rim),
          [knob, reach, plane, dot] = own.node.children;
        for (const node of [knob, dot]) put(node, { cx: end[0], cy: end[1] });
        reach.setAttribute("d", d);
        plane.setAttribute("d", d + tick);
        own.put(Math.round(angle) % 360, words.stands(Math.round(angle) % 360));
      });
      const spots = places(input, inner, u);
      before.put(spots, fates, narrow);
      after.put(places(back, outer, u), fates, narrow);
      touch.setAttribute("d", hands ? line(spots) : "");
      ring.put(here.point, words.point(here.point));
      legend.forEach(([, , node], k) => {
        node.textContent = words.fate(count[2 - k], 2 - k);
      });
      const error = here.errors[which];
      write(titles[0], left, 13, words.input(hands, !narrow));
      write(titles[1], right, 13, words.decoded(percent(error), !narrow));
      write(titles[2], room[0], room[1] - 6, words.tally(here.draw, !narrow));
      write(middle[0], mid, inner[1] - 84, narrow ? "" : here.relu ? words.through(name) : words.linear);
      write(middle[1], mid, inner[1] + 74, narrow ? "" : words.back);
      sizes.forEach((node, i) => {
        const [, , path, , bar] = node.children,
          [x, y] = [strip[0] + i * (cell + 5), strip[1]];
        node.classList.toggle("ln-chosen", NS[i] === here.n);
        path.setAttribute("d", line(places(ways[i].decoded[which], small(i), thumb / 2.2)));
        bar.setAttribute(
          "d",
          `M${x + 5} ${y + high - 11}h${(cell - 10) * Math.min(1, ways[i].errors[which])}v6H${x + 5}z`,
        );
      });
      errors.put(
        room,
        model.get("errors")[here.n][which].map((v) => v / 1000),
        here.draw,
      );
      const at = room[0] + Math.min(1, error) * room[2];
      marker.setAttribute("d", `M${at - 5} ${room[1]}h10l-5 7z`);
      n.put(NS, here.n);
      relu.put(here.relu);
      decoder.put(DECODERS, DECODERS[which], words.decoders);
      questions.put();
      show();
    },
    data() {
      const heads = model.get("many"),
        { ways } = here;
      return [
        table([
          heads[0],
          ...ways.map(({ errors: own, fates }, i) => {
            const count = census(fates);
            return [
              NS[i],
              ...own.map(percent),
              ...[2, 0].map((fate) => words.share(count[fate], POINTS)),
              ...heads[i + 1],
            ];
          }),
        ]),
        ...model.get("notes").map((note) => html("p", { text: note })),
      ];
    },
  };
});
