// A block's maps on one scale, beside those of MobileNet V1; which pixel reads which.
import { asks } from "../kit/asks.js";
import { grip } from "../kit/grip.js";
import { part, parts } from "../kit/parts.js";
import { player } from "../kit/player.js";
import { choice, controls, html, mend, reserve, settle, svg, table, upto, whole, widget } from "../kit/shared.js";
import { follow, nearest, unread } from "./flow.js";
import { layout } from "./layout.js";
import { words } from "./words.js";

const CHANNELS = [3, 16, 32, 64, 128, 256];
const WIDTHS = ["c_in", "c_mid", "c_out"];
const NAMES = [...WIDTHS, "flows", "last", "step", "map", "row", "column"];
const SHAPES = ["grid ln-quiet", "sides ln-quiet", "cross", "read", "meets", "chosen"];

/** What the traits say: both blocks with their maps, the last that has run, the pixels
    that reach no output, and the fewest values, of all that are made and of those that are read. */
function read(model) {
  const traits = Object.fromEntries(NAMES.map((name) => [name, model.get(name)])),
    { flows, last, step } = traits;
  const blocks = [last, "mobilenet"].map((name, b) => {
    const maps = flows[name].map((map) => ({ ...map, channels: traits[map.channels] ?? map.channels })),
      end = Math.min(step, maps.length - 1);
    const missed = unread(maps, end),
      least = [0, 1].map((n) =>
        Math.min(...missed.map(({ length }, i) => words.values(maps[i]) - n * length * maps[i].channels)),
      );
    return { name: b ? name : last === "own" ? last : "effnet", maps, end, missed, least };
  });
  const first = blocks[0].maps.length;
  const spot = traits.map < first ? [0, traits.map] : [1, traits.map - first];
  return {
    ...traits,
    blocks,
    spot,
    fixed: last === "own",
    steps: Math.max(...blocks.map(({ maps }) => maps.length)) - 1,
  };
}

/** A map's shapes: its front first, that a focus frames; and what stands below it. */
function make() {
  const front = svg("rect", { class: "ln-en-front" }),
    hit = svg("rect", { class: "ln-en-hit", width: 26, height: 26 }),
    paths = SHAPES.map((name) => svg("path", { class: `ln-en-${name}` }));
  return {
    node: part("", front, hit, ...paths),
    front,
    hit,
    ...Object.fromEntries(SHAPES.map((name, i) => [name.split(" ")[0], paths[i]])),
    layer: svg("text", { class: "ln-en-layer" }),
    size: svg("text"),
    bar: svg("rect", { class: "ln-bars ln-glide", height: 6 }),
  };
}

/** The drawing. `show()` hears that another pixel is meant, `move(values)` of traits that a hand sets. */
function picture(stage, { fixed, steps }, { show, move }) {
  const beneath = svg("g", { "aria-hidden": true }),
    way = svg("path", { class: "ln-en-way" }),
    titles = [0, 1].map(() => svg("text", { class: "ln-en-title" })),
    dot = () => [svg("circle", { r: 5, class: "ln-en-dot" }), svg("circle", { r: 12, class: "ln-en-hit" })];
  let here,
    place,
    boxes = [[], []],
    hover = null;
  const group = parts(words.picture, {
    show,
    pick: (spot) => move(pixel(spot)),
    shift(spot, [x, y]) {
      const [, row, column] = meant(spot),
        [height, width] = here.blocks[spot[0]].maps[spot[1]].size,
        clip = (i, n) => Math.max(0, Math.min(i, n - 1));
      hover = null;
      move({ ...pixel(spot), row: clip(row + y, height), column: clip(column + x, width) });
      return spot;
    },
  });
  /** The pixel that is meant on a map: the one under the pointer, else the chosen one, or what is left of it. */
  function meant([b, i]) {
    const { size } = here.blocks[b].maps[i];
    if (hover && `${hover.spot}` === `${[b, i]}`) return [i, ...place.at(place.corners[b][i], size, hover.at)];
    return [i, Math.min(here.row, size[0] - 1), Math.min(here.column, size[1] - 1)];
  }
  function pixel([b, i]) {
    const [, row, column] = meant([b, i]);
    return { map: b * here.blocks[0].maps.length + i, row, column };
  }
  function glide({ clientX, clientY }) {
    const spot = group.meant();
    if (!spot) return;
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(stage.getScreenCTM().inverse());
    hover = { spot, at: [x, y] };
    show();
  }
  for (const type of ["pointerdown", "pointermove"]) group.node.addEventListener(type, glide);
  // A finger leaves before its tap is told.
  group.node.addEventListener("pointerleave", ({ pointerType }) => {
    if (pointerType !== "touch") hover = null;
  });
  // A map that is not made yet hands the focus to the last that is.
  group.node.addEventListener("focusin", ({ target }) => {
    const b = boxes.findIndex((own) => own.some(({ node }) => node === target));
    if (target.getAttribute("aria-disabled") === "true") boxes[b][here.blocks[b].end].node.focus();
  });
  const step = (to) => move({ step: Math.max(0, Math.min(to, steps)) });
  const arrow = grip(
    words.step,
    [0, steps],
    {
      free: true,
      nudge: ([x, y]) => step(here.step + x - y),
      move([x, y]) {
        const far = place.corners[+(steps >= here.blocks[0].maps.length)].map((corner) => {
          const [a, b] = place.gap(corner);
          return Math.hypot(x - a, 2 * (y - b));
        });
        step(nearest(far, 0));
      },
    },
    svg("circle", { r: 9, class: "ln-en-dot" }),
    svg("path", { d: "M-3 -4.5l6 4.5l-6 4.5", class: "ln-en-arrow" }),
    svg("circle", { r: 12, class: "ln-en-hit" }),
  );
  const knobs = (fixed ? [] : WIDTHS).map((name) => {
    let from;
    const reach = (channels) => place.depth(channels),
      set = (i) => move({ [name]: CHANNELS[Math.max(0, Math.min(i, CHANNELS.length - 1))] });
    return grip(
      words.widths[name],
      [CHANNELS[0], CHANNELS.at(-1)],
      {
        nudge: ([x, y]) => set(CHANNELS.indexOf(here[name]) + x - y),
        start: ([x]) => {
          from = x - reach(here[name]);
        },
        move: ([x]) => set(nearest(CHANNELS.map(reach), x - from)),
      },
      ...dot(),
    );
  });
  stage.append(beneath, group.node, svg("g", {}, ...knobs.map(({ node }) => node)), arrow.node);

  function put(node, values) {
    for (const [name, value] of Object.entries(values)) mend(node, name, value);
  }
  return {
    meant() {
      const spot = group.meant();
      return spot && [spot[0], meant(spot)];
    },
    draw(now, width) {
      here = now;
      const { blocks, step: done } = here,
        all = blocks.flatMap(({ maps }) => maps),
        most = (of) => Math.max(...all.map(of));
      place = layout(
        width,
        blocks.map(({ maps }) => maps.map(({ size }) => size)),
        fixed ? most(({ channels }) => channels) : 0,
      );
      boxes = blocks.map(({ maps }, b) => maps.map((_, i) => boxes[b][i] ?? make()));
      const largest = fixed ? most(words.values) : most(({ size: [h, w] }) => h * w) * CHANNELS.at(-1);
      blocks.forEach(({ name, maps, end, missed }, b) =>
        maps.forEach((map, i) => {
          const own = boxes[b][i],
            corner = place.corners[b][i],
            [x, y] = corner,
            { front, sides } = place.box(corner, map.size, map.channels);
          put(own.node, {
            "aria-label": words.part(name, map),
            "aria-disabled": i > end,
            class: `ln-part ${i > end ? "ln-en-later" : ""}`,
          });
          put(own.front, front);
          put(own.hit, { x, y: y - 26 });
          put(own.sides, { d: sides });
          put(own.grid, { d: i > end ? "" : place.grid(corner, map.size) });
          put(own.cross, { d: i > end ? "" : place.squares(corner, map.size, missed[i], 1, true) });
          put(own.layer, { x, y: y + 15, text: words.layer(map) });
          put(own.size, { x, y: y + 29, text: words.size(map) });
          put(own.bar, { x, y: y + 35, width: Math.max(1, (place.long * words.values(map)) / largest) });
        }),
      );
      blocks.forEach(({ name, least }, b) => {
        const [x, y] = place.titles[b];
        put(titles[b], { x, y, text: words.title(name, least) });
      });
      const longer = +(steps >= blocks[0].maps.length),
        [a, b] = place.gap(place.corners[longer][done]);
      mend(arrow.node, "transform", `translate(${a} ${b})`);
      arrow.put(done, words.steps(done));
      knobs.forEach((knob, k) => {
        const i = [0, 1, blocks[0].maps.length - 1][k],
          now = here[WIDTHS[k]],
          { size, channels } = blocks[0].maps[i],
          [x, y] = place.box(place.corners[0][i], size, channels).knob;
        mend(knob.node, "transform", `translate(${x} ${y})`);
        knob.put(now, words.width(now));
      });
      mend(
        way,
        "d",
        place.corners
          .map((own) =>
            own
              .slice(0, -1)
              .map((corner) => place.gap(corner))
              .map(([x, y]) => `M${x - 2} ${y - 4}l4 4l-4 4`)
              .join(""),
          )
          .join(""),
      );
      settle(beneath, [way, ...titles, ...boxes.flat().flatMap(({ layer, size, bar }) => [layer, size, bar])]);
      mend(stage, "viewBox", `0 0 ${width} ${place.height}`);
      group.put(
        boxes.map((own) => own.map(({ node }) => node)),
        here.spot,
      );
    },
    /** Lights a pixel's past and future in block b; nothing where there is none. */
    light(b, pixel) {
      const lit = pixel && follow(here.blocks[b].maps, pixel, here.blocks[b].end);
      boxes.forEach((own, k) =>
        own.forEach((box, i) => {
          const { size } = here.blocks[k].maps[i],
            [rows, columns] = (k === b && lit?.[i]) || [[], []],
            pixels = rows.flatMap((row) => columns.map((column) => [row, column])),
            draw = (on, rim) => place.squares(place.corners[k][i], size, on ? pixels : [], rim);
          mend(box.read, "d", draw(i < pixel?.[0], 1));
          mend(box.meets, "d", draw(i > pixel?.[0], 1.5));
          mend(box.chosen, "d", draw(i === pixel?.[0], -1));
        }),
      );
      return lit;
    },
  };
}

export default widget(words.figure, (kit) => {
  const { model, live } = kit;
  let here;
  /** What a hand sets ends what plays. */
  function set(values) {
    go.stop();
    kit.set(values);
  }
  const stage = svg("svg", { class: "ln-en-stage" }),
    first = read(model),
    own = first.fixed,
    drawing = picture(stage, first, { show, move: set }),
    last = choice(words.last, (reading) => set({ last: reading }), 15);
  const go = player(kit, () => {
    const step = (here.step + 1) % (here.steps + 1);
    kit.set({ step });
    return step < here.steps;
  });
  for (const button of go.buttons) button.setAttribute("data-sets", "step");
  const start = { step: 5, c_in: 128, c_mid: 128, c_out: 256 },
    pixel = { map: 4, row: 1, column: 3 },
    states = [{ last: "2x1", ...pixel }, { last: "1x2", ...pixel }, { step: 3 }, { c_mid: 32 }];
  const questions = asks({ model, set }, own ? [] : states.map((state, i) => [words.asks[i], { ...start, ...state }]));

  function show() {
    const { blocks, spot, row, column, step } = here,
      found = drawing.meant(),
      [b, pixel] = found ?? [spot[0], [spot[1], row, column]],
      { maps, end } = blocks[b],
      lit = drawing.light(b, pixel[0] > end ? null : pixel);
    function told() {
      if (!step) return words.begin;
      const names = blocks.map(({ name }) => name),
        least = blocks.map(({ least }) => least[0]),
        ran = words.ran(
          step,
          blocks.map(({ name, maps }) => [name, maps]),
        );
      if (step < here.steps) return ran;
      const { maps, missed } = blocks[0],
        framed = !spot[0] && missed[spot[1]]?.some((own) => `${own}` === `${[row, column]}`),
        lost = words.lost(maps, missed, framed);
      if (framed) return lost;
      return !own && least[0] < least[1] ? words.narrower(maps[1].channels, names, least) : `${ran} ${lost}`;
    }
    mend(live, "text", found && lit ? words.pixel(maps, pixel, lit, end) : told());
  }
  return {
    nodes: [
      controls(...(own ? [] : [last.node]), html("span", { class: "ln-ef-deal" }, words.dealing, ...go.buttons)),
      stage,
      live,
      questions.node,
    ],
    draw(width) {
      here = read(model);
      drawing.draw(here, width);
      reserve(live, Math.ceil(1150 / width));
      show();
      const readings = Object.keys(here.flows).filter((name) => name !== "mobilenet");
      last.put(
        readings,
        here.last,
        readings.map((name) => words.readings[name]),
      );
      questions.put();
    },
    data() {
      const rows = here.blocks.flatMap(({ name, maps, missed }) =>
        missed.map((own, i) => [
          words.blocks[name],
          words.layer(maps[i]),
          words.size(maps[i]),
          whole(words.values(maps[i])),
          words.of(own.length, maps[i]),
        ]),
      );
      return [table([words.heads, ...rows])];
    },
  };
});
