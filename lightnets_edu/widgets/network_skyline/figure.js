import { choice, controls, dial, html, svg, table, tick, upto, whole, widget } from "../kit/shared.js";
import {
  METRICS,
  byKind,
  ceiling,
  describe,
  note,
  percent,
  ranked,
  running,
  sentence,
  sum,
  summary,
  values,
} from "./sums.js";
import { words } from "./words.js";

const ORDERS = ["execution", "largest first"],
  INKS = [0, 1, 2, 2, 3, 3, 3];
const OTHER = { params: "macs", macs: "params", access: "macs" }; // whose running total is dashed

/** Three digits and a unit: 27.5 M. */
function short(n) {
  const k = [1, 1e3, 1e6, 1e9].findLastIndex((unit) => n >= 0.9995 * unit);
  return k > 0 ? `${(n / 1000 ** k).toPrecision(3)} ${" kMG"[k]}` : `${+n.toPrecision(3)}`;
}

/** 60 M: a number of an axis. */
const mark = (n) =>
  short(n)
    .replace(/\.0+ /, " ")
    .replace(/(\.\d)0 /, "$1 ");
const write = (text, x, y, anchor) => svg("text", { text, x, y, "text-anchor": anchor });
const path = (name, d) => svg("path", { class: `ln-ns-${name}`, d });
const letter = (kind) => words.kinds[kind][0].toUpperCase();
const kindsOf = ({ rows }) => upto(words.kinds.length).filter((kind) => rows.some((row) => row[1] === kind));

/** One network in `width` pixels: bars, running totals, and under them a lane of marks for each kind. `find(x)` is the
    layer at x; `wide` says that lanes have room for names and shares. */
function skyline(width, network, { metric, order, top, high, layer }) {
  const { rows } = network,
    numbers = values(rows, metric),
    places = ranked(numbers, order),
    shares = byKind(rows, metric);
  const wide = width > 560,
    left = wide ? 96 : 42,
    right = wide ? 64 : 48,
    end = width - right,
    room = end - left;
  const pitch = room / rows.length,
    w = Math.min(pitch > 4 ? pitch - Math.min(3, pitch / 5) : pitch, 40);
  const head = wide ? 22 : 36,
    foot = head + high,
    kinds = kindsOf(network),
    lane = (i) => foot + 9 + 16 * i,
    low = lane(kinds.length);
  const at = (k) => +(left + pitch * (k + 0.5)).toFixed(2),
    up = (share) => +(foot - high * share).toFixed(2);
  const bar = (k, y, h) => `M${(at(k) - w / 2).toFixed(2)} ${y}h${w.toFixed(2)}v${h}h${-w.toFixed(2)}z`;
  const tower = (k) => bar(k, up(numbers[places[k]] / top), +((high * numbers[places[k]]) / top).toFixed(2));
  const along = (measure) => running(places.map((i) => values(rows, measure)[i]));
  const line = (measure) =>
    `M${left} ${foot}${along(measure)
      .map((share, k) => `L${at(k)} ${up(share)}`)
      .join("")}`;
  const here = places.indexOf(layer),
    inked = (name, kind) => `${name} ln-ink${INKS[kind]}`;
  const lanes = kinds.map((kind, i) => {
    const own = upto(rows.length).filter((k) => rows[places[k]][1] === kind),
      y = lane(i) + 9;
    return [
      path(inked("bars", kind), own.map(tower).join("")),
      path("grid ln-quiet", `M${left} ${y - 4}h${room}`),
      path(inked("marks", kind), own.map((k) => bar(k, y - 9, 10)).join("")),
      write(wide ? words.kinds[kind] : letter(kind), left - 6, y, "end"),
      wide && write(percent(shares[kind], sum(shares)), end + 6, y),
    ];
  });
  const scale = [0, 0.5, 1].map((share) => [
    path("grid ln-quiet", `M${left} ${up(share)}h${room}`),
    write(mark(top * share), left - 6, up(share) + 4, "end"),
    write(`${100 * share}%`, end + 6, up(share) + 4),
  ]);
  const shapes = [
    ...scale,
    write(words.ofEach(metric), left, 11),
    write(words.soFar(OTHER[metric]), wide ? end : width, head - 11, "end"),
    here >= 0 && path("here ln-quiet", bar(here, head, low - 4 - head)),
    ...lanes,
    here >= 0 && path(inked("on", rows[layer][1]), tower(here)),
    path("halo ln-quiet", line(OTHER[metric])),
    path("other", line(OTHER[metric])),
    path("halo ln-quiet", line(metric)),
    path("line", line(metric)),
    Math.max(...numbers) < top / 50 && write(words.tooSmall, end - 4, foot - 8, "end"),
    here >= 0 && svg("circle", { class: "ln-ns-dot", cx: at(here), cy: up(along(metric)[here]), r: 4 }),
    ...words.ends[order].map((text, i) => write(text, i ? end : left, low + 8, i && "end")),
  ];
  const find = (x) => places[Math.max(0, Math.min(rows.length - 1, Math.floor((x - left) / pitch)))];
  return { shapes: shapes.flat(2).filter(Boolean), tall: low + 14, left, right, wide, find };
}

/** The kinds' letters and shares, where lanes have no room for them. */
function key(network, metric) {
  const shares = byKind(network.rows, metric);
  return kindsOf(network).map((kind) =>
    html("span", {
      class: `ln-ns-kind ln-ink${INKS[kind]}`,
      text: `${letter(kind)} ${words.kinds[kind]} ${percent(shares[kind], sum(shares))}`,
    }),
  );
}

export default widget(words.figure, ({ model, live, set }) => {
  const get = (name) => model.get(name),
    named = (name) => get("networks").find((network) => network.name === name);
  const labels = (list) => list.map((name) => named(name)?.label ?? words.none);
  const drawn = () => [get("shown"), get("against")].filter(Boolean).map(named);
  const shown = choice(words.network, (name) =>
    set({
      shown: name,
      against: name === get("against") ? get("shown") : get("against"),
      layer: Math.min(get("layer"), named(name).rows.length - 1),
    }),
  );
  const against = choice(words.against, (name) => set({ against: name })),
    count = choice(words.count, (name) => set({ metric: name }));
  const largest = tick(words.largest, (on) => set({ order: ORDERS[+on] })),
    same = tick(words.same, (on) => set({ scale: on ? "same" : "own" }));
  const layer = dial(words.layer, (i) => set({ layer: i })),
    notes = html("p", { class: "ln-ns-note" });
  let find;
  const click = (event) => set({ layer: find(event.clientX - event.currentTarget.getBoundingClientRect().left) });
  const parts = ["ln-ns-sky ln-ns-first", "ln-ns-sky"].map((name, i) => [
    html("p", { class: "ln-ns-title" }),
    svg("svg", { role: "img", class: name, onclick: !i && click }),
    html("p", { class: "ln-ns-key" }),
  ]);
  layer.node.classList.add("ln-ns-layer");
  same.node.classList.add("ln-ns-same");
  live.classList.add("ln-ns-live");
  return {
    nodes: [
      controls(shown.node, against.node, count.node, largest.node, same.node),
      ...parts[0],
      layer.node,
      live,
      ...parts[1],
      notes,
    ],
    draw(width) {
      const two = drawn(),
        [metric, order, here] = ["metric", "order", "layer"].map(get);
      const most = two.map(({ rows }) => Math.max(...values(rows, metric))),
        names = get("networks").map(({ name }) => name);
      parts.forEach(([title, stage, list], i) => {
        const network = two[i],
          top = ceiling(get("scale") === "same" ? Math.max(...most) : most[i]);
        for (const node of parts[i]) node.toggleAttribute("hidden", !network);
        if (!network) return;
        const view = skyline(width, network, { metric, order, top, high: two[1] ? 130 : 190, layer: i ? -1 : here });
        title.replaceChildren(html("b", { text: network.label }), ` ${summary(network, metric, order)}`);
        stage.setAttribute("viewBox", `0 0 ${width} ${view.tall}`);
        stage.setAttribute("aria-label", words.picture(network.label, metric));
        stage.replaceChildren(...view.shapes);
        list.replaceChildren(...(view.wide ? [] : key(network, metric)));
        if (i) return;
        find = view.find;
        layer.node.style.gridTemplateColumns = `${view.left - 7}px 1fr ${view.right - 7}px`;
      });
      const others = ["", ...names.filter((name) => name !== get("shown"))];
      shown.put(names, get("shown"), labels(names));
      against.put(others, get("against"), labels(others), others.length < 2);
      count.put(
        METRICS,
        metric,
        METRICS.map((name) => words.measures[name]),
      );
      largest.put(order !== "execution");
      same.put(get("scale") === "same", !two[1]);
      same.node.toggleAttribute("hidden", !two[1]);
      layer.put(ranked(values(two[0].rows, metric), order), here, here + 1);
      live.textContent = sentence(two[0], two[1], metric, here);
      notes.textContent = metric === "params" ? two.map(note).join(" ") : "";
    },
    data() {
      return drawn().flatMap(({ label, rows }) => {
        const sums = METRICS.map((measure) => byKind(rows, measure)),
          line = (n, name, numbers) => [n, name, ...numbers.map(whole)];
        const kinds = kindsOf({ rows }).map((k) =>
          line(
            rows.filter((row) => row[1] === k).length,
            words.kinds[k],
            sums.map((part) => part[k]),
          ),
        );
        const heads = METRICS.map((name) => words.measures[name]);
        return [
          table([[words.layers, label, ...heads], ...kinds, line(rows.length, words.all, sums.map(sum))]),
          table([
            [words.layerHead, label, ...heads],
            ...rows.map((row, i) => line(i + 1, describe(row), row.slice(-3))),
          ]),
        ];
      });
    },
  };
});
