// What the theme leaves undone for screen readers. Each line mends one rule of axe-core.
document.addEventListener("DOMContentLoaded", () => {
  const set = (selector, attributes) =>
    document.querySelectorAll(selector).forEach((element) => {
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    });

  // region: the logo stands outside any landmark.
  set(".bd-sidebar-primary .sidebar-primary-items__start", { role: "region", "aria-label": "Book" });

  // summary-name: the arrow that unfolds the pages below an entry.
  set("summary:has(> .toctree-toggle)", { "aria-label": "Show or hide the pages below" });

  // definition-list: the parameters of a long signature.
  document.querySelectorAll("dt.sig dl").forEach((list) => {
    list.insertAdjacentHTML("afterbegin", '<dt class="visually-hidden">parameters</dt>');
  });

  // aria-deprecated-role, aria-required-children: entries of the bibliography.
  set(".citation-list", { role: "list" });
  set(".citation-list .citation", { role: "listitem" });
});

// scrollable-region-focusable: a table wider than the page can be scrolled from the keyboard.
const reachTables = () =>
  document.querySelectorAll(".bd-article table").forEach((table) => {
    if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
    else table.removeAttribute("tabindex");
  });
["DOMContentLoaded", "load", "resize"].forEach((event) => window.addEventListener(event, reachTables));
