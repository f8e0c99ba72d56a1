/* Predictions: a reader's answer is kept on this device, and said again where the text gives the right one. */
(() => {
  "use strict";
  if (globalThis.bookPredict) return; // a page may list the file twice

  /** What a reader typed, as a number; NaN where it is none: 1,024 and 2.5, 2,5 and 1/9, 9× and 12 %. */
  function number(typed) {
    const bare = typed
      .replace(/\s/g, "")
      .replace("−", "-")
      .replace(/[x×%]$/i, "");
    if (bare.includes("/")) {
      const [above, below, more] = bare.split("/");
      return more === undefined && above && below ? number(above) / number(below) : NaN;
    }
    const plain = /^-?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(bare) ? bare.replaceAll(",", "") : bare.replace(",", ".");
    return /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
  }

  /** As right as the text writes it. */
  function same({ choices, right }, said) {
    if (choices) return said === right;
    const decimals = (right.split(".")[1] ?? "").length;
    return Math.abs(number(said) - number(right)) <= 0.5 * 10 ** -decimals * (1 + 1e-9);
  }

  function fits(at, said) {
    if (typeof at === "string") return at === said;
    return (at[0] ?? -Infinity) <= number(said) && number(said) <= (at[1] ?? Infinity);
  }

  /** What to tell a reader who said these, "" for nothing: a line for each field. */
  function told(fields, said) {
    const lines = fields.map((field, i) => {
      if (!said[i]) return "";
      const unit = field.unit && (/^[%×]/.test(field.unit) ? field.unit : ` ${field.unit}`);
      const bare = (text) => text.replace(/\s*[x×%]$/i, ""); // a unit that was typed is not said twice
      const quoted = (text) => (field.choices ? `\u201c${text}\u201d` : `${bare(text)}${unit}`);
      const right = field.choices ? "the answer is" : "it is";
      const truth = same(field, said[i]) ? "and so it is." : `${right} ${quoted(field.right)}.`;
      const typical = same(field, said[i]) ? undefined : field.wrong.find(([at]) => fits(at, said[i]));
      const line = `${fields.length > 1 ? `${field.label}: you` : "You"} said ${quoted(said[i])}, ${truth}`;
      return typical ? `${line} ${typical[1]}` : line;
    });
    return lines.filter(Boolean).join("\n");
  }

  /** What was kept, or null where it is not for these fields: a chapter may have changed. */
  function kept(text, kinds) {
    try {
      const said = JSON.parse(text);
      const fit = said.length === kinds.length && said.some(Boolean);
      return fit && said.every((one, i) => one === "" || (kinds[i] ? kinds[i].includes(one) : !isNaN(number(one))))
        ? said
        : null;
    } catch {
      return null;
    }
  }

  globalThis.bookPredict = { number, told, kept };
  if (!globalThis.document) return;

  const FORGETS = "This browser keeps nothing: your answer lasts until you leave the page.";

  /* One form: its fields, each a box or some choices. */
  function begin(form) {
    const { chapter, predict } = form.dataset;
    const key = `book-predict/${chapter}/${predict}`;
    const fields = [...form.querySelectorAll(".book-field")].map((field) => [...field.querySelectorAll("input")]);
    const kinds = fields.map((inputs) => inputs[0].type === "radio" && inputs.map((input) => input.value));
    const status = form.querySelector("[role=status]");
    const lines = document.querySelectorAll(`.book-answer[data-predict="${predict}"]`);

    function recall(said) {
      for (const line of lines) {
        line.hidden = !said;
        line.textContent = said ? told(JSON.parse(line.dataset.answer), said) : "";
      }
    }
    function store(said) {
      try {
        if (said) localStorage.setItem(key, JSON.stringify(said));
        else localStorage.removeItem(key);
        return true;
      } catch {
        return false;
      }
    }
    function mark(input, wrong) {
      if (wrong) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const said = fields.map((inputs, i) =>
        kinds[i] ? (inputs.find((input) => input.checked)?.value ?? "") : inputs[0].value.trim(),
      );
      const bad = said.map((one, i) => !kinds[i] && one !== "" && isNaN(number(one)));
      fields.forEach((inputs, i) => mark(inputs[0], bad[i]));
      if (bad.includes(true)) {
        status.textContent = "Write a number, such as 9, 2.5 or 1/3.";
        fields[bad.indexOf(true)][0].focus();
      } else if (said.some(Boolean)) {
        status.textContent = store(said)
          ? "Kept in this browser, and sent nowhere. Read on: the answer comes."
          : FORGETS;
        recall(said);
        for (const line of lines) {
          const folded = line.closest("details");
          if (folded) folded.open = true; // the answer was folded away until now
        }
      } else status.textContent = "Nothing is filled in yet.";
    });
    form.addEventListener("reset", () => {
      for (const [input] of fields) mark(input, false);
      status.textContent = "";
      store(null);
      recall(null);
    });

    let said = null;
    try {
      said = kept(localStorage.getItem(key), kinds);
    } catch {} // a browser that keeps nothing
    if (said) {
      fields.forEach((inputs, i) => {
        if (kinds[i]) for (const input of inputs) input.checked = input.value === said[i];
        else inputs[0].value = said[i];
      });
      recall(said);
    }
    form.hidden = false;
  }

  for (const form of document.querySelectorAll("form.book-predict")) begin(form);
})();
