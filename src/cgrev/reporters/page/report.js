"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const size = 100;
  const byId = (id) => document.getElementById(id);
  const all = (selector) => document.querySelectorAll(selector);
  const body = byId("rows");
  const words = data.words;
  const searched = ["path", "sheet", "column", "source_column", "value", "code", "name", "message", "fix_value"];
  const lowered = {};
  const filters = { severity: byId("severity"), code: byId("rule"), column: byId("column"), path: byId("file") };
  let kept = new Uint32Array(0);
  let page = 0;

  const text = (name, index) => {
    const code = data.codes[name][index];
    return code < 0 ? "" : words[name][code];
  };

  const matching = (name, term) => {
    if (!lowered[name]) lowered[name] = words[name].map((one) => one.toLowerCase());
    return lowered[name].map((one) => one.includes(term));
  };

  const fill = (select, name) => {
    const counts = new Map();
    for (const code of data.codes[name]) counts.set(code, (counts.get(code) || 0) + 1);
    const codes = [...counts.keys()].sort((a, b) => a - b);
    for (const code of codes) {
      const option = document.createElement("option");
      option.value = String(code);
      option.textContent = (code < 0 ? "(none)" : words[name][code]) + " (" + counts.get(code).toLocaleString("en") + ")";
      select.append(option);
    }
  };

  const choose = () => {
    const term = byId("search").value.trim().toLowerCase();
    const hits = term ? searched.map((name) => [data.codes[name], matching(name, term)]) : [];
    const row = /^\d+$/.test(term) ? Number(term) : null;
    const wanted = Object.entries(filters)
      .filter(([, select]) => select.value !== "")
      .map(([name, select]) => [data.codes[name], Number(select.value)]);
    const found = new Uint32Array(data.count);
    let number = 0;
    for (let index = 0; index < data.count; index += 1) {
      if (!wanted.every(([codes, code]) => codes[index] === code)) continue;
      const here = row !== null && data.row[index] === row;
      if (term && !here && !hits.some(([codes, hit]) => codes[index] >= 0 && hit[codes[index]])) continue;
      found[number] = index;
      number += 1;
    }
    kept = found.subarray(0, number);
    page = 0;
    show();
  };

  const cell = (label, value, kind) => {
    const td = document.createElement("td");
    td.dataset.label = label;
    if (kind) td.className = kind;
    td.textContent = value;
    return td;
  };

  const line = (index) => {
    const tr = document.createElement("tr");
    const severity = text("severity", index);
    const place = text("path", index) + (text("sheet", index) ? ", sheet " + text("sheet", index) : "");
    const row = data.row[index];
    const advice = cell("what to do", text("help", index));
    if (data.codes.fix_value[index] >= 0) {
      const fix = document.createElement("div");
      const value = document.createElement("span");
      value.className = "value";
      value.textContent = text("fix_value", index);
      fix.append(data.safe[index] ? "Fix: " : "Fix (it may change the meaning): ", value);
      advice.append(fix);
    }
    tr.append(
      cell("severity", severity, severity),
      cell("rule", text("code", index) + " " + text("name", index)),
      cell("file", place),
      cell("row", row === null ? "" : String(row), "number"),
      cell("column", text("column", index) || text("source_column", index)),
      cell("value", text("value", index), "value"),
      cell("finding", text("message", index)),
      advice,
    );
    return tr;
  };

  const show = () => {
    const pages = Math.max(1, Math.ceil(kept.length / size));
    page = Math.min(Math.max(page, 0), pages - 1);
    const lines = document.createDocumentFragment();
    for (const index of kept.subarray(page * size, (page + 1) * size)) lines.append(line(index));
    body.replaceChildren(lines);
    const first = kept.length ? page * size + 1 : 0;
    const last = Math.min((page + 1) * size, kept.length);
    byId("count").textContent =
      first.toLocaleString("en") + " to " + last.toLocaleString("en") + " of " + kept.length.toLocaleString("en") +
      " findings (page " + (page + 1).toLocaleString("en") + " of " + pages.toLocaleString("en") + ")";
    // A button that has the focus keeps it, so that the keyboard does not fall back to the top of the page.
    for (const button of all(".previous")) button.setAttribute("aria-disabled", String(page === 0));
    for (const button of all(".next")) button.setAttribute("aria-disabled", String(page >= pages - 1));
  };

  const turn = (button, step) => {
    if (button.getAttribute("aria-disabled") === "true") return;
    page += step;
    show();
  };

  for (const [name, select] of Object.entries(filters)) {
    fill(select, name);
    select.addEventListener("change", choose);
  }
  let waiting = 0;
  byId("search").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(choose, 150);
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("clear").addEventListener("click", () => { byId("filters").reset(); choose(); });
  for (const button of all(".previous")) button.addEventListener("click", () => turn(button, -1));
  for (const button of all(".next")) button.addEventListener("click", () => turn(button, 1));
  for (const button of all("button[data-filter]")) {
    const name = button.dataset.filter;
    const code = button.dataset.value === "" ? -1 : words[name].indexOf(button.dataset.value);
    if (![...filters[name].options].some((option) => option.value === String(code))) continue;
    button.disabled = false;
    button.addEventListener("click", () => {
      byId("filters").reset();
      filters[name].value = String(code);
      choose();
      byId("findings").scrollIntoView();
      byId("findings").focus({ preventScroll: true });
    });
  }
  byId("filters").hidden = false;
  for (const pages of all(".pages")) pages.hidden = false;
  choose();
})();
