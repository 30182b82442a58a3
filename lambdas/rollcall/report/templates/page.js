"use strict";
(() => {
  const PAGE = 100;
  const PRINTED = 2000;
  const PLAIN = new Set(["compliant", "set"]); // what needs no reason
  const byId = (id) => document.getElementById(id);
  const { compare } = new Intl.Collator("en", { numeric: true });

  // A phone shows rows as cards, of which the browser would make no table to those who cannot see it.
  const ROLES = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TH: "columnheader", TD: "cell" };
  function dress(rows, table) {
    const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent.trim());
    for (const row of rows) {
      row.setAttribute("role", "row");
      [...row.cells].forEach((cell, column) => {
        cell.setAttribute("role", ROLES[cell.tagName]);
        if (cell.tagName === "TD" && column > 0 && !("label" in cell.dataset)) cell.dataset.label = heads[column];
      });
    }
  }
  for (const table of document.querySelectorAll("table")) {
    for (const part of [table, table.tHead, table.tBodies[0]]) part.setAttribute("role", ROLES[part.tagName]);
    dress(table.rows, table);
  }

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
      .join("\n").replaceAll("\n", ", ").toLowerCase();
  const all = data.rows.map((row) => ({ row, text: haystack(row) }));
  let shown = all;
  let first = 0;

  function cellOf(cell) {
    const td = document.createElement("td");
    const mark = document.createElement("span");
    mark.className = `status ${status(cell)}`;
    mark.textContent = status(cell);
    td.append(mark);
    const found = texts[cell[1]];
    const wanted = texts[cell[2]];
    if (!PLAIN.has(status(cell))) td.append(small(texts[cell[3]]));
    const differs = wanted && wanted !== found;
    if (found !== "not read") td.append(small(differs ? "found: " : "", ...contact(found)));
    if (differs) td.append(small("roster: ", ...contact(wanted)));
    return td;
  }
  function small(...content) {
    const made = document.createElement("small");
    made.append(...content);
    return made;
  }
  // Its parts by themselves, so that an address is not broken where a line may end before it.
  function contact(values) {
    return values.split("\n").flatMap((text, index, parts) => {
      const part = document.createElement("span");
      part.className = "part";
      part.append(isolated(text), index < parts.length - 1 ? "," : "");
      return [part, " "];
    });
  }
  function isolated(text) {
    const bdi = document.createElement("bdi");
    bdi.textContent = text;
    if (/\S{31}/.test(text)) bdi.className = "long";
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
  const number = (value) => value.toLocaleString("en");
  const counted = (value) => `${number(value)} ${value === 1 ? "account" : "accounts"}`;
  // A button that cannot be pressed any more must not take the focus away with it.
  function able(button, can, other) {
    const focused = document.activeElement === button;
    button.disabled = !can;
    if (focused && !can) other.focus();
  }
  function show(from = first, count = PAGE) {
    const rows = shown.slice(from, from + count).map(rowOf);
    dress(rows, byId("list"));
    byId("list").tBodies[0].replaceChildren(...rows);
    byId("found").textContent = `${number(shown.length)} of ${counted(all.length)}`;
    byId("page").textContent = `${number(Math.min(from + 1, shown.length))} to ${number(Math.min(from + PAGE, shown.length))}`;
    able(byId("before"), from > 0, byId("next"));
    able(byId("next"), from + PAGE < shown.length, byId("before"));
    byId("pages").hidden = shown.length <= PAGE;
    reach();
  }
  // The keyboard stops at a table only if there is something of it to scroll to.
  function reach() {
    for (const box of document.querySelectorAll(".scroll")) box.tabIndex = box.scrollWidth > box.clientWidth ? 0 : -1;
  }
  addEventListener("resize", reach);
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
  function print() {
    show(0, PRINTED);
    const chosen = [byId("search").value.trim() && `with "${byId("search").value.trim()}"`, byId("status").value];
    const which = chosen.filter(Boolean).join(", ");
    const all = shown.length > PRINTED ? `The first ${number(PRINTED)} of ${counted(shown.length)}; the CSV has all` : counted(shown.length);
    byId("printed").textContent = `${all}${which ? `, only those ${which}` : ""}.`;
  }
  addEventListener("beforeprint", print);
  addEventListener("afterprint", () => show());
  byId("filters").hidden = false;
  byId("list").hidden = false;
  show();
})();
