import { bind, brief, check, chip, field, fit, html, layout, members, offer, player, radio, svg, table, update, upto } from "./shared.js";

const STEPS = ["in order", "reshape", "transpose", "flatten", "next convolution"];
const ROWS = ["input channels", "first 1×1 convolution", "shuffle", "second 1×1 convolution: pick an output"];
const SHORT = ["input", "conv 1", "shuffle", "conv 2"];

/** What the traits say, looked up in the tables. */
function read(model) {
  const c = model.get("channels"), g = model.get("groups"), shuffle = model.get("shuffle");
  const data = model.get("tables")[`${c}/${g}`], output = Math.min(model.get("output"), c - 1);
  const order = shuffle ? data.permutation : upto(c);
  const arrivals = members(data.second[output]), reached = members((shuffle ? data.shuffled : data.plain)[output]);
  return {
    c, g, n: c / g, shuffle, data, output, order, arrivals, reached,
    lit: [reached, arrivals.map((p) => order[p]), arrivals, [output]].map((channels) => new Set(channels)),
  };
}

function choices(model) {
  const offered = {};
  for (const key of Object.keys(model.get("tables"))) {
    const [c, g] = key.split("/");
    (offered[c] ??= []).push(Number(g));
  }
  return offered;
}

/** The two convolutions with the shuffle between them. */
function network(stage, model, choose) {
  let rows, rays, place;

  function build(width) {
    const { c, g, n, order, data, shuffle } = read(model), all = upto(c);
    place = layout(width, c);
    const { upright, w, h, at, join, left } = place, lines = svg("g", { class: "ln-lines" });
    for (let group = 0; group < g; group += 1) {
      const own = new Set(all.slice(group * n, group * n + n)), ink = `ln-ink${group % 4}`;
      const moves = [...own].map((i) => place.line(1, i, order.indexOf(i))).join("");
      lines.append(svg("path", { d: join(0, data.first, own), class: `${ink} ln-fan` }), svg("path", { d: moves, class: ink }));
    }
    lines.append(svg("path", { d: join(2, data.second), class: "ln-fan" }));
    rays = svg("path", { class: "ln-ray" });
    const names = (upright ? SHORT : ROWS).map((name, r) => {
      const [x, y] = upright ? [at(r, 0)[0], 16] : [left + 2, at(r, 0)[1] + (r < 3 ? -h / 2 - 7 : h / 2 + 18)];
      const text = r === 2 && !shuffle ? `no ${name}` : name;
      return svg("text", { x, y, text, class: `ln-name${upright ? " ln-middle" : ""}` });
    });
    rows = [0, 1, 2, 3].map((r) => all.map((i) => {
      const shapes = chip(at(r, i), w, h, r === 2 ? order[i] : i, n);
      return r < 3 ? svg("g", {}, ...shapes) : radio(`Output ${i}`, i, c, choose, shapes);
    }));
    stage.setAttribute("viewBox", `0 0 ${width} ${place.height}`);
    stage.replaceChildren(
      svg("g", { "aria-hidden": "true" }, lines, rays, ...names, ...rows.slice(0, 3).flat()),
      svg("g", { role: "radiogroup", "aria-label": "Output channel" }, ...rows[3]),
    );
    light();
  }

  function light() {
    const { order, arrivals, lit, output, data } = read(model);
    rows.forEach((row, r) => row.forEach((part, i) => part.classList.toggle("ln-on", lit[r].has(i))));
    check(rows[3], output);
    const middle = arrivals.map((p) => place.line(1, order[p], p)).join("");
    rays.setAttribute("d", place.join(0, data.first, lit[1]) + middle + place.join(2, data.second, lit[3]));
  }
  return { build, light, focus: () => rows[3][read(model).output].focus() };
}

/** The shuffle itself: chips that move from step to step. A long line wraps between groups. */
function stepper(stage, model) {
  let chips, frames, size;

  function build(width) {
    const { c, g, n } = read(model), unit = g > 1 ? n : c / 2;
    const each = Math.floor((width + 4) / (24 * unit + 4)), across = unit * Math.max(1, Math.min(c / unit, each));
    const room = (width - (4 * across) / n) / across;
    const tall = Math.max(c / across, g > 1 ? Math.max(g, n) : 1), pitch = tall > 8 ? 22 : 28;
    size = { across, pitch, width, w: Math.min(36, room, g > 1 ? width / Math.max(g, n) : 36), height: tall * pitch + 8 };
    frames = upto(g).map(() => svg("rect", { class: "ln-frame", rx: 6, height: pitch }));
    chips = upto(c).map((i) => svg("g", {}, ...chip([0, 0], size.w - 2, 20, i, n)));
    stage.setAttribute("viewBox", `0 0 ${width} ${size.height}`);
    stage.replaceChildren(...frames, ...chips);
    place();
  }

  function place() {
    const { c, g, n, shuffle, order, output, arrivals } = read(model), step = shuffle && g > 1 ? model.get("step") : 0;
    const { across, w, pitch, width, height } = size, columns = [across, n, g, across, across][step];
    const gap = step === 4 ? 4 : 0, lines = Math.ceil(c / columns);
    const left = (width - columns * w - gap * (columns / n - 1)) / 2, top = (height - lines * pitch) / 2;
    const spot = (k) => [left + w * (k % columns) + gap * Math.floor((k % columns) / n), top + pitch * Math.floor(k / columns)];
    chips.forEach((part, i) => {
      const k = step < 2 ? i : order.indexOf(i), [x, y] = spot(k);
      part.style.transform = `translate(${x + w / 2}px, ${y + pitch / 2}px)`;
      part.classList.toggle("ln-on", step < 4 || arrivals.includes(k));
    });
    frames.forEach((frame, group) => {
      const [x, y] = spot(group * n);
      frame.setAttribute("x", x - 1);
      frame.setAttribute("y", y);
      frame.setAttribute("width", n * w + 2);
      frame.classList.toggle("ln-shown", step === 4);
      frame.classList.toggle("ln-here", group === Math.floor(output / n));
    });
  }
  return { build, place };
}

function explain({ g, n, shuffle }, step) {
  if (g === 1) return "One group holds every channel: nothing to shuffle.";
  if (!shuffle) return "The shuffle is off: every channel stays in its group.";
  return [
    `In order: the first convolution gives ${g} groups of ${n}.`,
    `Reshape to ${g} rows of ${n}: one row for each group.`,
    `Transpose to ${n} rows of ${g}: every row holds one channel of each group.`,
    "Flatten: read the rows one after the other.",
    `Next convolution: each of its ${g} groups takes ${n} neighbours.`,
  ][step];
}

function sentence({ c, g, n, data, output, reached }) {
  const [plain, mixed] = [data.plain, data.shuffled].map((masks) => members(masks[output]).length);
  return `Output ${output} reaches ${reached.length} of ${c} inputs: ${plain} without the shuffle (n = ${n}), `
    + `${mixed} with it (min(g, n) · n = ${Math.min(g, n) * n}).`;
}

export default {
  render({ model, el }) {
    const set = (values) => update(model, values);
    const count = html("select", { onchange: () => pick(Number(count.value)) });
    const groups = html("select", { onchange: () => set({ groups: Number(groups.value) }) });
    const mix = html("input", { type: "checkbox", onchange: () => set({ shuffle: mix.checked }) });
    const range = html("input", { type: "range", min: 0, max: 4, step: 1, oninput: () => { go.stop(); set({ step: Number(range.value) }); } });
    const main = svg("svg", { class: "ln-network" }), small = svg("svg", { class: "ln-steps", role: "img" });
    const [words, how, stage] = [html("p"), html("p"), html("span")];
    const badge = html("p", { class: "ln-badge" }), data = html("div", { class: "ln-data" });
    const live = html("div", { "aria-live": "polite" }, words, how);
    const root = html("figure", { class: "ln-widget", "data-lm-suppress-shortcuts": "true" });
    const picture = network(main, model, (output) => { set({ output }); picture.focus(); });
    const moves = stepper(small, model);
    const go = player({
      root,
      advance() {
        const step = (model.get("step") + 1) % 5;
        set({ step });
        return step < 4;
      },
      changed(playing) { live.setAttribute("aria-live", playing ? "off" : "polite"); },
    });
    root.append(
      html("div", { class: "ln-controls" }, field("Channels C", count), field("Groups g", groups), field("Shuffle", mix), badge),
      main, live,
      html("div", { class: "ln-controls ln-player" }, ...go.buttons, field("Stage", range), stage),
      small,
      html("details", {}, html("summary", { text: "The data" }), data),
      html("figcaption", { text: model.get("caption") }),
    );
    el.append(root);

    function pick(channels) {
      const offered = choices(model)[channels];
      const fitting = offered.filter((g) => g <= model.get("groups")).pop() ?? offered[0];
      set({ output: Math.min(model.get("output"), channels - 1), groups: fitting, channels });
    }
    function write() {
      const here = read(model), { c, g, shuffle } = here, step = model.get("step"), offered = choices(model);
      offer(count, Object.keys(offered), c);
      offer(groups, offered[c], g);
      mix.checked = shuffle;
      range.value = step;
      range.setAttribute("aria-valuetext", stage.textContent = STEPS[step]);
      range.disabled = !shuffle || g === 1;
      go.enable(!range.disabled);
      words.textContent = sentence(here);
      how.textContent = explain(here, step);
      small.setAttribute("aria-label", `Order now: ${(step < 3 ? upto(c) : here.order).join(" ")}`);
      const full = here.data.shuffled.every((mask) => members(mask).length === c) ? "full" : "no full";
      badge.textContent = `C = ${c} ${c < g * g ? "<" : "≥"} g² = ${g * g}: ${full} mixing`;
    }
    function list() {
      const { c, data: rows } = read(model);
      data.replaceChildren(
        html("p", { text: `Order after the shuffle: ${rows.permutation.join(" ")}` }),
        table([["output", "reaches without the shuffle", "with it"], ...rows.plain.map((mask, o) => [o, brief(mask, c), brief(rows.shuffled[o], c)])]),
      );
    }
    let width = 0;
    function rebuild() {
      if (!model.get("tables")[`${model.get("channels")}/${model.get("groups")}`]) return;
      picture.build(width);
      moves.build(width);
      write();
      list();
    }
    const offs = [
      bind(model, ["channels", "groups", "shuffle", "tables"], rebuild),
      bind(model, ["output"], () => { picture.light(); moves.place(); write(); }),
      bind(model, ["step"], () => { moves.place(); write(); }),
      fit(main, (now) => { width = now; rebuild(); }),
      go.close,
    ];
    return () => { offs.forEach((off) => off()); root.remove(); };
  },
};
