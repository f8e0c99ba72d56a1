/* On paper everything is light and unfolded; afterwards the page is as it was. */
(() => {
  "use strict";
  const root = document.documentElement;
  let theme, closed = [];
  addEventListener("beforeprint", () => {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    root.dataset.theme = theme;
    for (const details of closed) details.open = false;
  });
})();
