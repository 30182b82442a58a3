"use strict";
(() => {
  const PAGE = 100;
  const PRINTED = 2000;
  const byId = (id) => document.getElementById(id);
  const { compare } = new Intl.Collator("en", { numeric: true });

  // Any header of a sortable table sorts the rows that stand in the page.
  function sortHeader(header, sort) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent;
    header.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = header.getAttribute("aria-sort") === "ascending";
      for (const other of header.parentNode.children) other.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", down ? "descending" : "ascending");
      sort(down ? -1 : 1);
    });
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      sortHeader(header, (sign) => {
        const body = table.tBodies[0];
        const text = (row) => row.cells[column].textContent.trim();
        body.append(...[...body.rows].sort((a, b) => sign * compare(text(a), text(b))));
      });
    });
  }

  // All accounts: filtered and sorted as data, a hundred of them shown.
  const data = JSON.parse(byId("data").textContent);
  const { texts, statuses } = data;
  const status = (cell) => statuses[cell[0]];
  const haystack = (row) =>
    [row[0], texts[row[1]], texts[row[2]], ...row.slice(3).flatMap((cell) => [texts[cell[1]], texts[cell[2]], texts[cell[3]]])]
      .join("\n").toLowerCase();
  const all = data.rows.map((row) => ({ row, text: haystack(row) }));
  let shown = all;
  let first = 0;

  function cellOf(cell) {
    const td = document.createElement("td");
    const mark = document.createElement("span");
    mark.className = `status ${status(cell)}`;
    mark.textContent = status(cell);
    mark.title = texts[cell[3]];
    td.append(mark);
    const found = texts[cell[1]];
    const wanted = texts[cell[2]];
    if (found !== "not read") {
      const small = document.createElement("small");
      small.append(isolated(found));
      td.append(small);
    }
    if (wanted && wanted !== found) {
      const small = document.createElement("small");
      small.append("roster: ", isolated(wanted));
      td.append(small);
    }
    return td;
  }
  function isolated(text) {
    const bdi = document.createElement("bdi");
    bdi.textContent = text;
    return bdi;
  }
  function rowOf({ row }) {
    const tr = document.createElement("tr");
    const id = document.createElement("td");
    id.append(Object.assign(document.createElement("code"), { textContent: row[0] }));
    tr.append(id);
    for (const text of [texts[row[1]], texts[row[2]]]) {
      const td = document.createElement("td");
      td.append(isolated(text));
      tr.append(td);
    }
    tr.append(...row.slice(3).map(cellOf));
    return tr;
  }
  function show(from = first, count = PAGE) {
    byId("list").tBodies[0].replaceChildren(...shown.slice(from, from + count).map(rowOf));
    const number = (value) => value.toLocaleString("en");
    byId("found").textContent = `${number(shown.length)} of ${number(all.length)} accounts`;
    byId("page").textContent = `${number(Math.min(from + 1, shown.length))} to ${number(Math.min(from + PAGE, shown.length))}`;
    byId("before").disabled = from === 0;
    byId("next").disabled = from + PAGE >= shown.length;
    byId("pages").hidden = shown.length <= PAGE;
  }
  function filter() {
    const wanted = byId("search").value.trim().toLowerCase();
    const chosen = byId("status").value;
    shown = all.filter(({ row, text }) =>
      (!wanted || text.includes(wanted)) && (!chosen || row.slice(3).some((cell) => status(cell) === chosen)));
    first = 0;
    show();
  }
  const value = (row, column) => {
    if (column === 0) return row[0];
    return column < 3 ? texts[row[column]] : status(row[column]);
  };
  for (const header of document.querySelectorAll("#list th")) {
    const column = Number(header.dataset.column);
    sortHeader(header, (sign) => {
      all.sort((a, b) => sign * compare(value(a.row, column), value(b.row, column)));
      filter();
    });
  }
  const used = new Set(data.rows.flatMap((row) => row.slice(3).map(status)));
  for (const word of statuses.filter((word) => used.has(word))) {
    byId("status").append(Object.assign(document.createElement("option"), { value: word, textContent: word }));
  }
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("search").addEventListener("input", filter);
  byId("status").addEventListener("change", filter);
  byId("before").addEventListener("click", () => { first = Math.max(0, first - PAGE); show(); });
  byId("next").addEventListener("click", () => { first += PAGE; show(); });
  addEventListener("beforeprint", () => show(0, PRINTED));
  addEventListener("afterprint", () => show());
  byId("filters").hidden = false;
  byId("list").hidden = false;
  show();
})();
