// Play, Pause and Step for figures that move.
import { html } from "./shared.js";
import { words } from "./words.js";

/** `advance()` makes one step and says whether there is another. Never starts by itself; stops when hidden, off screen
    or removed; where motion is unwelcome there is only Step. `live` keeps silent while it plays. */
export function player({ root, live, close }, advance, pause = 1100) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let timer = 0;
  const play = html("button", { type: "button", onclick: () => (timer ? stop() : start()) });
  const step = html("button", {
    type: "button",
    text: words.step,
    onclick: () => {
      stop();
      advance();
    },
  });
  const seen = new IntersectionObserver((entries) => {
    if (!entries.at(-1).isIntersecting) stop();
  });

  function show() {
    play.textContent = timer ? words.pause : words.play;
    play.hidden = still.matches;
    live.setAttribute("aria-live", timer ? "off" : "polite");
  }
  function tick() {
    if (document.hidden || !root.isConnected || !advance()) stop();
    else timer = setTimeout(tick, pause);
  }
  function start() {
    timer = setTimeout(tick, 0);
    show();
  }
  function stop() {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    show();
  }
  function motion() {
    stop();
    show();
  }

  still.addEventListener("change", motion);
  seen.observe(root);
  close(() => {
    stop();
    seen.disconnect();
    still.removeEventListener("change", motion);
  });
  show();
  return {
    buttons: [play, step],
    stop,
    enable(on) {
      if (!on) stop();
      play.disabled = step.disabled = !on;
    },
  };
}
