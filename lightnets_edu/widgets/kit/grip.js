// A grip in a drawing: dragged by pointer or finger, moved by arrow keys.
import { drag } from "./drag.js";
import { taken, way } from "./keys.js";
import { mend, svg } from "./shared.js";

/** A grip with a name, dragged and moved by arrow keys alike: `nudge([x, y])` hears of those. `put(value, text)` says
    where it stands: in a number between the ends, and in words. */
export function grip(label, [least, most], { nudge, ...hands }, ...shapes) {
  const keys = { "data-lm-suppress-shortcuts": true, onkeydown },
    ends = { "aria-valuemin": least, "aria-valuemax": most };
  const node = svg("g", { role: "slider", tabindex: 0, "aria-label": label, ...ends, ...keys }, ...shapes);
  function onkeydown(event) {
    const step = way(event);
    if (!step) return;
    nudge(step);
    taken(event);
  }
  drag(node, hands);
  return {
    node,
    put(value, text) {
      mend(node, "aria-valuenow", value);
      mend(node, "aria-valuetext", text);
    },
  };
}
