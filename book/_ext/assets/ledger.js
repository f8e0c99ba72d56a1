/* Lets a reader choose among the rows of the ledger: by chapter, verdict, and how we know. Without it all rows show. */
(() => {
  "use strict";
  const marks = [...document.querySelectorAll(".book-claim")];
  const place = document.querySelector(".book-filter");
  if (!place || !marks.length) return;
  const KEYS = { chapter: "Chapter", verdict: "Verdict", how: "How we know" };
  const says = document.createElement("p");
  says.setAttribute("role", "status");

  function menu(key) {
    const select = document.createElement("select");
    const values = [...new Set(marks.map((mark) => mark.dataset[key]))];
    select.append(new Option("all", ""), ...values.map((value) => new Option(value, value)));
    select.addEventListener("change", show);
    return select;
  }
  function show() {
    const wanted = Object.entries(menus).filter(([, select]) => select.value);
    let count = 0;
    for (const mark of marks) {
      const fits = wanted.every(([key, select]) => mark.dataset[key] === select.value);
      mark.closest("tr").hidden = !fits;
      count += fits;
    }
    for (const section of new Set(marks.map((mark) => mark.closest("section"))))
      section.hidden = ![...section.querySelectorAll(".book-claim")].some((mark) => !mark.closest("tr").hidden);
    says.textContent = count
      ? `${count} of ${marks.length} statements`
      : "No statement fits all of these. Choose “all” in one of them.";
  }
  const menus = Object.fromEntries(Object.keys(KEYS).map((key) => [key, menu(key)]));
  for (const [key, select] of Object.entries(menus)) {
    const label = document.createElement("label");
    label.append(`${KEYS[key]} `, select);
    place.append(label);
  }
  place.append(says);

  /* A link to a row must find it, whatever was chosen before. */
  addEventListener("hashchange", () => {
    const row = document.getElementById(location.hash.slice(1))?.closest("tr");
    if (!row?.hidden) return;
    for (const select of Object.values(menus)) select.value = "";
    show();
    row.scrollIntoView();
  });
  show();
})();
