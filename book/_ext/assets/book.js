/* What the pages need beside their widgets: the launch menu, buttons that copy code, and a page that is light and
   unfolded on paper. */
(() => {
  "use strict";
  if (window.bootstrap) return;                        // a page may list the file twice

  /* The theme asks Bootstrap for tooltips. The browser shows an element's title by itself, so these do nothing. */
  window.bootstrap = { Tooltip: class { show() {} hide() {} dispose() {} } };

  const MENU = '[data-bs-toggle="dropdown"]';
  function openMenu(button, open) {
    button.classList.toggle("show", open);
    button.nextElementSibling.classList.toggle("show", open);
    button.setAttribute("aria-expanded", open);
  }
  addEventListener("click", (event) => {
    const clicked = event.target.closest(MENU);
    for (const button of document.querySelectorAll(MENU)) {
      openMenu(button, button === clicked && button.getAttribute("aria-expanded") !== "true");
    }
  });
  addEventListener("keydown", (event) => {
    const button = document.querySelector(`${MENU}[aria-expanded="true"]`);
    if (event.key !== "Escape" || !button) return;
    openMenu(button, false);
    button.focus();
  });

  /* Copies a block of code. Where the browser has no clipboard for the page (http on another machine), a selection. */
  async function copy(block, button) {
    const text = block.querySelector("pre").textContent.trimEnd();
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(block.querySelector("pre"));
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }
  addEventListener("DOMContentLoaded", () => {
    for (const block of document.querySelectorAll(".cell_input div.highlight, div.highlight-python > div.highlight, div.highlight-console > div.highlight")) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "book-copy", textContent: "Copy" });
      button.addEventListener("click", () => copy(block, button));
      block.append(button);
    }
  });

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
