// One of many, drawn: a radio button for pointer, keyboard and screen reader. Older than `parts.js`.
import { svg } from "./shared.js";

/** One of many, drawn as `shapes`: a radio button for pointer, keyboard and screen reader. `choose(i)` hears of clicks,
    arrow keys, Home and End; other keys are left alone. */
export function radio(label, i, count, choose, shapes) {
  const pick = (event) => {
    const moves = {
      ArrowRight: i + 1,
      ArrowDown: i + 1,
      ArrowLeft: i - 1,
      ArrowUp: i - 1,
      Home: 0,
      End: count - 1,
      " ": i,
    };
    if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const group = event.currentTarget.parentNode,
      to = (moves[event.key] + count) % count;
    choose(to);
    group.querySelectorAll("[role=radio]")[to].focus();
  };
  return svg(
    "g",
    {
      role: "radio",
      class: "ln-radio",
      "aria-label": label,
      "data-lm-suppress-shortcuts": true,
      onclick: () => choose(i),
      onkeydown: pick,
    },
    ...shapes,
  );
}

/** Marks the one that is chosen; it alone is reached by Tab. */
export function check(radios, chosen) {
  radios.forEach((node, i) => {
    node.setAttribute("aria-checked", i === chosen);
    node.classList.toggle("ln-chosen", i === chosen);
    node.setAttribute("tabindex", i === chosen ? 0 : -1);
  });
}
