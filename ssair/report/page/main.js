// The page: what is chosen, what is searched for, and the keys.

const report = JSON.parse(document.getElementById("data").textContent);
const models = report.functions.map((data) => new Model(data));
const state = { model: null, columns: [], value: null, line: null, values: new Set(), leader: null, query: "", matches: [], match: -1 };
const at = (id) => document.getElementById(id);
const TABS = ["passes", "checks", "pictures", "times"];

// ---- columns

function classOfValue(id) {
  if (id === state.value) return "selected";
  return id === state.leader || state.values.has(id) ? "leader" : "";
}

function matchClass(column, row) {
  return state.foundRows?.get(column)?.has(row) ? "found" : "";
}

function sourceRow(row) {
  const text = report.source[row];
  const line = row + 1;
  const verdicts = report.remarks.filter((remark) => remark.span[0] === line).map((remark) => remark.verdict);
  const sign = verdicts.includes("kept") ? ["kept", "!"] : verdicts.length ? ["proved", "✓"] : ["", " "];
  const content = document.createDocumentFragment();
  content.append(element("span", { class: `number ${sign[0]}` }, `${sign[1]} ${String(line).padStart(3)} `));
  const span = state.value !== null ? state.model.spans[state.value] : null;
  if (span && span[0] === line) content.append(...sourceExcerpt(span).childNodes);
  else content.append(text);
  const chosen = line === state.line || (span && span[0] <= line && line <= span[2] && !(span[3] === 1 && line === span[2]));
  return { classes: `${chosen ? "line" : ""} ${matchClass("source", row)}`, content };
}

function chosenLine() {
  return state.line ?? (state.value !== null && state.model.spans[state.value] ? state.model.spans[state.value][0] : null);
}

function anfRow(row) {
  const [text, line] = state.model.anf[row];
  return { classes: `${line && line === chosenLine() ? "line" : ""} ${matchClass("anf", row)}`, content: text };
}

function stageRow(stage, row) {
  const classes = `${state.model.kindOfRow(stage, row)} ${matchClass(stage, row)}`;
  return { classes, content: paintedLine(state.model.lineAt(stage, row), classOfValue) };
}

function showFunction(index) {
  const model = (state.model = models[index]);
  at("function").value = String(index);
  const columns = [];
  if (report.source.length) columns.push(new Column("source", "source", report.name, report.source.length, sourceRow, "source"));
  if (model.anf) columns.push(new Column("anf", "ANF", "flat, with joins", model.anf.length, anfRow));
  model.stages.forEach((stage, number) => {
    const note = number ? `${Object.keys(stage.gone).length} gone · ${stage.summary}` : stage.summary;
    const title = number ? `${number} ${stage.name}` : stage.name;
    columns.push(new Column(String(number), title, note, stage.rows.length, (row) => stageRow(number, row)));
  });
  state.columns = columns;
  at("columns").replaceChildren(...columns.map((column) => column.box));
  at("pictures").replaceChildren(...picturesView(model));
  clearChoice();
  search(at("search").value);
}

function inSight(column) {
  const view = at("columns");
  const { offsetLeft, offsetWidth } = column.box;
  return offsetLeft + offsetWidth >= view.scrollLeft && offsetLeft <= view.scrollLeft + view.clientWidth + 400;
}

function renderAll() {
  for (const column of state.columns) if (inSight(column)) column.render();
}

// ---- choosing

function clearChoice() {
  Object.assign(state, { value: null, line: null, leader: null, values: new Set() });
  at("details").replaceChildren(...welcome());
  renderAll();
}

function chooseValue(id) {
  const model = state.model;
  Object.assign(state, { value: id, line: null, values: new Set(), leader: model.leaderOf(id) });
  for (const column of state.columns) {
    if (column.key === "source" || column.key === "anf") continue;
    const rows = model.rowsOf(Number(column.key));
    const row = rows.get(id) ?? rows.get(state.leader);
    if (row !== undefined) column.show(row);
  }
  showSourceLine(chosenLine());
  at("details").replaceChildren(...valueDetails(model, id));
  remember(`${model.name}/v${id}`);
  renderAll();
}

function chooseLine(line) {
  Object.assign(state, { value: null, leader: null, line, values: state.model.valuesOfLine(line) });
  for (const column of state.columns) {
    if (column.key === "source" || column.key === "anf") continue;
    const first = chosenRow(Number(column.key));
    if (first !== undefined) column.show(first);
  }
  showSourceLine(line);
  at("details").replaceChildren(...lineDetails(state.model, line));
  renderAll();
}

function showSourceLine(line) {
  if (line === null) return;
  for (const column of state.columns) {
    if (column.key === "source") column.show(line - 1);
    if (column.key === "anf") {
      const row = state.model.anf.findIndex(([, of]) => of === line);
      if (row >= 0) column.show(row);
    }
  }
}

function chooseRow(column, row) {
  for (const other of state.columns) if (other !== column) other.cursor = -1;
  column.cursor = row;
  if (column.key === "source") return chooseLine(row + 1);
  if (column.key === "anf") return state.model.anf[row][1] ? chooseLine(state.model.anf[row][1]) : renderAll();
  const stage = Number(column.key);
  const ids = state.model.defined[state.model.stages[stage].rows[row]];
  if (ids.length) chooseValue(ids[0]);
  else renderAll();
}

function showStage(index) {
  showTab("passes");
  const column = state.columns.find((one) => one.key === String(index));
  at("columns").scrollTo({ left: column.box.offsetLeft - coveredWidth() });
  renderAll();
}

function remember(place) {
  try {
    history.replaceState(null, "", `#${encodeURIComponent(place)}`);
  } catch {
    // a page without an address keeps no place
  }
}

// ---- searching

function search(query) {
  state.query = query.trim();
  state.matches = [];
  state.match = -1;
  state.foundRows = new Map();
  if (state.query) for (const column of state.columns) searchColumn(column, matcherOf(state.query));
  at("found").textContent = state.query ? `${state.matches.length} found` : "";
  renderAll();
}

/** A value is searched for as a whole word (v1 is not v12), all else as it stands, capitals or not. */
function matcherOf(query) {
  if (/^(v|bb)\d+$/.test(query)) {
    const word = new RegExp(`\\b${query}\\b`);
    return (text) => word.test(text);
  }
  const small = query.toLowerCase();
  return (text) => text.toLowerCase().includes(small);
}

function searchColumn(column, matches) {
  const model = state.model;
  const key = column.key === "source" || column.key === "anf" ? column.key : Number(column.key);
  const known = new Map();
  const isMatch = (row) => {
    if (key === "source") return matches(report.source[row]);
    if (key === "anf") return matches(model.anf[row][0]);
    const line = model.stages[key].rows[row];
    if (!known.has(line)) known.set(line, matches(model.lines[line]));
    return known.get(line);
  };
  const rows = new Set();
  for (let row = 0; row < column.count; row++) {
    if (!isMatch(row)) continue;
    rows.add(row);
    state.matches.push([column, row]);
  }
  state.foundRows.set(key, rows);
}

function nextMatch(step) {
  if (!state.matches.length) return;
  const first = step > 0 ? 0 : state.matches.length - 1;
  state.match = state.match < 0 ? first : (state.match + step + state.matches.length) % state.matches.length;
  const [column, row] = state.matches[state.match];
  showTab("passes");
  bringIntoView(column);
  chooseRow(column, row);
  column.show(row);
  column.render();
  at("found").textContent = `${state.match + 1} of ${state.matches.length}`;
}

/** How much of the left is always covered by the source, which stays in sight where the window is wide enough. */
function coveredWidth() {
  const source = state.columns.find((column) => column.key === "source");
  return source && getComputedStyle(source.box).position === "sticky" ? source.box.offsetWidth : 0;
}

function bringIntoView(column) {
  const view = at("columns");
  const { offsetLeft, offsetWidth } = column.box;
  const covered = coveredWidth();
  if (column.key === "source" && covered) return;
  if (offsetLeft < view.scrollLeft + covered || offsetLeft + offsetWidth > view.scrollLeft + view.clientWidth)
    view.scrollLeft = Math.max(0, offsetLeft - covered);
}

// ---- views and keys

function showTab(name) {
  for (const tab of TABS) at(tab).hidden = tab !== name;
  for (const button of at("tabs").children) button.setAttribute("aria-selected", String(button.dataset.tab === name));
  if (name === "passes") renderAll();
}

function turnTheme() {
  const dark = document.documentElement.dataset.theme === "dark";
  setTheme(dark ? "light" : "dark");
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

const KEYS = [
  ["/", "search"],
  ["Enter, Shift+Enter", "in the search: the next match, the one before; n and N outside of it"],
  ["↑ ↓", "the row above, below"],
  ["← →", "the column before, behind"],
  ["Page up, Page down, Home, End", "through a column"],
  ["Escape", "choose nothing"],
  ["[ ]", "the function before, behind"],
  ["1 2 3 4", "passes, checks, pictures, times"],
  ["t", "dark or light"],
  ["?", "these keys"],
];

function showKeys() {
  const rows = KEYS.map(([key, what]) => element("tr", {}, element("td", {}, element("kbd", {}, key)), element("td", {}, what)));
  at("keys").replaceChildren(element("h2", {}, "Keys"), element("table", {}, ...rows), element("p", { class: "hint" }, "Escape closes this."));
  at("keys").showModal();
}

function focusedColumn() {
  const focused = state.columns.find((column) => column.scroller === document.activeElement);
  return focused ?? state.columns.find((column) => column.cursor >= 0) ?? state.columns[0];
}

function moveRow(step) {
  const column = focusedColumn();
  const row = Math.max(0, Math.min(column.count - 1, column.cursor + step));
  chooseRow(column, row);
  column.show(row);
  column.render();
}

/** The first row of a stage with what is chosen: the value, what stands for it, or a value of the line. */
function chosenRow(stage) {
  const rows = state.model.rowsOf(stage);
  const found = [state.value, state.leader, ...state.values].map((id) => rows.get(id)).filter((row) => row !== undefined);
  if (state.value !== null) return found[0];
  return found.length ? Math.min(...found) : undefined;
}

function moveColumn(step) {
  const column = state.columns[state.columns.indexOf(focusedColumn()) + step];
  if (!column) return;
  column.scroller.focus();
  bringIntoView(column);
  const stage = Number(column.key);
  const row = Number.isNaN(stage) ? undefined : chosenRow(stage);
  chooseRow(column, row ?? Math.max(0, column.cursor));
}

function turnFunction(step) {
  showFunction((models.indexOf(state.model) + step + models.length) % models.length);
}

const PAGE = 20;
const ACTIONS = {
  ArrowDown: () => moveRow(1),
  ArrowUp: () => moveRow(-1),
  PageDown: () => moveRow(PAGE),
  PageUp: () => moveRow(-PAGE),
  Home: () => moveRow(-Infinity),
  End: () => moveRow(Infinity),
  ArrowRight: () => moveColumn(1),
  ArrowLeft: () => moveColumn(-1),
  Escape: clearChoice,
  "/": () => at("search").focus(),
  n: () => nextMatch(1),
  N: () => nextMatch(-1),
  "[": () => turnFunction(-1),
  "]": () => turnFunction(1),
  t: turnTheme,
  "?": showKeys,
  ...Object.fromEntries(TABS.map((tab, index) => [String(index + 1), () => showTab(tab)])),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || at("keys").open) return;
  if (event.target === at("search")) {
    if (event.key === "Enter") nextMatch(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") at("search").blur();
    return;
  }
  if (event.target instanceof HTMLSelectElement) return;
  if (event.target instanceof HTMLButtonElement && event.key === "Enter") return;
  const action = ACTIONS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

document.addEventListener("click", (event) => {
  const { target } = event;
  const value = target.closest("[data-value]");
  const row = target.closest(".row");
  const column = row && state.columns.find((one) => one.box.contains(row));
  if (column) {
    for (const other of state.columns) other.cursor = -1;
    column.cursor = Number(row.dataset.row);
  }
  if (value) return chooseValue(Number(value.dataset.value));
  if (column) return chooseRow(column, column.cursor);
  const line = target.closest("[data-line]");
  if (line) {
    showTab("passes");
    return chooseLine(Number(line.dataset.line));
  }
  const stage = target.closest("[data-stage]");
  if (stage) return showStage(Number(stage.dataset.stage));
  const node = target.closest("figure g.node");
  if (node) showBlock(node.querySelector("title").textContent);
});

/** Show the head of a block that was clicked in a picture, at the first stage that has it. */
function showBlock(name) {
  at("search").value = name;
  search(name);
  nextMatch(1);
}

function begin() {
  for (const tab of TABS) {
    const label = tab[0].toUpperCase() + tab.slice(1);
    const button = element("button", { role: "tab", "data-tab": tab, onclick: () => showTab(tab) }, label);
    at("tabs").append(button);
  }
  models.forEach((model, index) => at("function").append(element("option", { value: index }, `${model.name}`)));
  at("function").addEventListener("change", () => showFunction(Number(at("function").value)));
  at("search").addEventListener("input", () => search(at("search").value));
  at("theme").addEventListener("click", turnTheme);
  at("help").addEventListener("click", showKeys);
  at("columns").addEventListener("scroll", () => requestAnimationFrame(renderAll));
  window.addEventListener("resize", renderAll);
  at("checks").replaceChildren(...checksView());
  at("times").replaceChildren(...timesView());
  setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const [name, value] = decodeURIComponent(location.hash.slice(1)).split("/v");
  const wanted = models.findIndex((model) => model.name === name);
  showFunction(wanted >= 0 ? wanted : Math.max(0, models.findIndex((model) => model.name === report.entry)));
  showTab("passes");
  if (wanted >= 0 && /^\d+$/.test(value ?? "")) chooseValue(Number(value));
}

begin();
