// Play, Pause and Step for figures that move.
import { html, mend } from "./shared.js";
import { words } from "./words.js";

/** `advance()` makes one step and says whether there is another. Never starts by itself; stops when hidden, off screen
    or removed; where motion is unwelcome there is only Step. `live` keeps silent while it plays. */
export function player({ root, live, close }, advance, pause = 1100) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let timer = 0;
  const play = html("button", { type: "button", onclick: () => (timer ? stop() : run(setTimeout(tick))) });
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

  function run(next) {
    timer = next;
    mend(play, "text", timer ? words.pause : words.play);
    play.hidden = still.matches;
    mend(live, "aria-live", timer ? "off" : "polite");
  }
  function tick() {
    if (document.hidden || !root.isConnected || !advance()) stop();
    else timer = setTimeout(tick, pause);
  }
  function stop() {
    clearTimeout(timer);
    run(0);
  }

  still.addEventListener("change", stop);
  seen.observe(root);
  close(() => {
    stop();
    seen.disconnect();
    still.removeEventListener("change", stop);
  });
  stop();
  return {
    buttons: [play, step],
    stop,
    enable(on) {
      if (!on) stop();
      play.disabled = step.disabled = !on;
    },
  };
}
