// Presets that ask a question: words, and the state that answers it.
import { html, mend } from "./shared.js";

/** A button for each `[question, values]`: it sets those traits and no other, as a link in the text does. `put()` marks
    the one whose state is shown. */
export function asks({ model, set }, questions) {
  const buttons = questions.map(([text, values]) =>
    html("button", { type: "button", text, "data-sets": Object.keys(values).join(" "), onclick: () => set(values) }),
  );
  return {
    node: html("div", { class: "ln-controls ln-asks" }, ...buttons),
    put() {
      questions.forEach(([, values], i) => {
        const here = Object.entries(values).every(([name, value]) => `${model.get(name)}` === `${value}`);
        mend(buttons[i], "aria-pressed", here);
      });
    },
  };
}
