"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const headers = Array.from(table.tHead.rows[0].cells);
  headers.forEach((header, column) => {
    header.querySelector("button").addEventListener("click", () => {
      const descends = header.getAttribute("aria-sort") !== "descending";
      for (const each of headers) each.setAttribute("aria-sort", "none");
      header.setAttribute("aria-sort", descends ? "descending" : "ascending");
      const isNumber = header.classList.contains("number");
      const order = row => row.cells[column].dataset.order;
      const compare = (a, b) =>
        isNumber ? Number(a) - Number(b) : a.localeCompare(b, undefined, { numeric: true });
      const rows = Array.from(table.tBodies[0].rows);
      rows.sort((a, b) => {
        const [first, second] = [order(a), order(b)];
        // Without a figure a row is last, in both directions.
        if (first === "" || second === "") return (first === "") - (second === "");
        return descends ? compare(second, first) : compare(first, second);
      });
      table.tBodies[0].append(...rows);
    });
  });
}
// On paper nothing can be opened.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
