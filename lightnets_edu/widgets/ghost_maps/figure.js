// Maps of a real layer: some are kept, the others made from them by a cheap kernel; and what that saves.
import { asks } from "../kit/asks.js";
import { choice, controls, html, mend, reserve, table, widget } from "../kit/shared.js";
import { drawing } from "./drawing.js";
import { among, ghost, macs, missing, times } from "./ghosts.js";
import { words } from "./words.js";

const OFFERED = { s: [2, 3, 4], d: [1, 3, 5], k: [1, 3, 5], channels: ["16:32", "64:128", "256:512"] };
const STATE = ["s", "d", "map", "revealed", "channels", "k"];

/** Values with the layer's own among them, in their order. */
const joined = (list, own, order) => [...new Set([...list, own])].sort((a, b) => order(a) - order(b));

export default widget(words.figure, (kit) => {
  const { model, live, set } = kit,
    [maps, names, picture, ghosts, layer] = ["maps", "names", "picture", "ghosts", "layer"].map((name) =>
      model.get(name),
    ),
    own = `${layer.c_in}:${layer.c_out}`,
    size = (text) => text.split(":").reduce((sum, n) => 1e5 * sum + +n, 0);
  const offered = {
    ...OFFERED,
    channels: joined(OFFERED.channels, own, size),
    k: joined(OFFERED.k, layer.k, (k) => k),
  };
  let here;
  function read() {
    const state = Object.fromEntries(STATE.map((name) => [name, model.get(name)])),
      { s, d, k, channels } = state,
      widths = channels.split(":").map(Number);
    here = { ...state, now: ghosts[`${s} ${d}`], widths, costs: macs(...widths, k, s, d) };
  }
  /** The map, its ghost and what is missing; of a kept map there is nothing to be made. */
  function pictures(i) {
    const { parents, kernels, biases } = here.now,
      empty = maps[i].map((row) => row.map(() => 0));
    if (!here.revealed || parents[i] < 0) return [maps[i], empty, empty];
    const made = ghost(maps[parents[i]], kernels[i], biases[i], layer.clipped),
      plain = (rows) => rows.map((row) => row.map((value) => value / 1000));
    return [maps[i], plain(made), plain(missing(maps[i], made))];
  }
  function said(kind, i) {
    const { now, map, revealed, s, d, k, widths, costs } = here;
    if (kind === "bar") return words.costs[i](widths, k, s, d, costs);
    if (kind === "picture" && i > 0 && !revealed) return words.hidden;
    if (kind === "picture" && (i === 0 || now.parents[map] >= 0)) return words.picture[i](map, names[map], now.r2[map]);
    const at = kind === "map" ? i : map,
      parent = now.parents[at];
    if (!revealed) return words.question(at, names[at]);
    if (parent < 0)
      return words.kept(
        at,
        names[at],
        maps.map((_, j) => j).filter((j) => now.parents[j] === at),
      );
    const { rank, many } = among(now.parents, now.r2, at);
    return words.ghost(at, names[at], parent, now.r2[at], rank, many);
  }
  function show() {
    const spot = view.meant(),
      [kind, i] = spot ? view.what(spot) : ["map", here.map],
      at = kind === "map" ? i : here.map;
    view.light(at, here.now, pictures(at), here.revealed);
    const { now, revealed, channels, k, s, costs } = here,
      { mean } = among(now.parents, now.r2, at),
      { input, kernel, cost, part, cheap } = words.notes,
      made = +(revealed && now.parents[at] >= 0);
    view.cost(costs, s, [
      kernel[made],
      cost(channels, k, times(costs)),
      part(s),
      cheap,
      picture.length ? input : "",
      revealed && picture.length ? words.notes.mean(mean) : "",
    ]);
    mend(live, "text", said(kind, i));
  }
  const pick = (spot) => {
    const [kind, i] = view.what(spot);
    if (kind === "map") set({ map: i });
  };
  const view = drawing({ maps, names, picture }, { show, pick });
  const menus = Object.entries(offered).map(([name, values]) => {
    const texts = values.map(name === "channels" ? words.channels : name === "s" ? String : words.by),
      menu = choice(words.controls[name], (value) => set({ [name]: value }));
    return { node: menu.node, put: () => menu.put(values, here[name], texts) };
  });
  const start = { s: 2, d: 3 },
    cost = { ...start, channels: "64:128" };
  const states = [
    { ...start, revealed: false },
    { s: 2, d: 1, revealed: true },
    { ...cost, k: 3 },
    { ...cost, k: 1 },
  ];
  const questions = asks(
    kit,
    states.map((state, i) => [words.asks[i], state]),
  );
  const reveal = html("button", {
    type: "button",
    style: "min-width: 5rem",
    "data-sets": "revealed",
    onclick: () => set({ revealed: !here.revealed }),
  });
  questions.node.replaceChildren(reveal, ...questions.node.children);
  return {
    nodes: [controls(...menus.map(({ node }) => node)), view.node, live, questions.node],
    draw(width) {
      read();
      for (const menu of menus) menu.put();
      mend(reveal, "text", here.revealed ? words.hide : words.reveal);
      view.put(width, here.map);
      reserve(live, Math.ceil(740 / width));
      show();
      questions.put();
    },
    data() {
      const { parents, r2, kernels, biases } = here.now;
      const rows = maps.map((_, i) =>
        here.revealed
          ? words.row(i, names[i], parents[i], r2[i], kernels[i], biases[i])
          : [words.row(i, names[i], -1)[0], "", "", "", ""],
      );
      return [table([words.heads, ...rows])];
    },
  };
});
