// What is told of the value, or the line of the source, that is chosen.

function link(id) {
  return element("button", { class: "link", "data-value": id }, `v${id}`);
}

function stageLink(stage, index) {
  return element("button", { class: "link", "data-stage": index }, stage.name);
}

/** A piece of text in which values can be clicked. */
function withLinks(text) {
  const parts = document.createDocumentFragment();
  for (const part of text.split(/(\bv\d+\b)/)) parts.append(/^v\d+$/.test(part) ? link(Number(part.slice(1))) : part);
  return parts;
}

function sourceExcerpt(span) {
  const [line, column, endLine, endColumn] = span;
  const text = report.source[line - 1] ?? "";
  const characters = Array.from(text);
  const end = endLine === line ? endColumn - 1 : characters.length;
  const [before, marked, after] = [characters.slice(0, column - 1), characters.slice(column - 1, end), characters.slice(end)];
  return element("pre", {}, before.join(""), element("mark", {}, marked.join("")), after.join(""));
}

function eventItem(model, event) {
  const stage = model.stages[event.stage];
  const heads = { made: ["made by ", ""], changed: ["changed by ", ""], removed: ["removed by ", ""] };
  const item = element("li", { class: event.what }, heads[event.what][0], stageLink(stage, event.stage));
  if (event.what === "removed") item.append(": ", event.text ? withLinks(event.text) : "nothing needs it");
  else item.append(element("pre", {}, withLinks(event.text)));
  if (event.rule) item.append(element("div", { class: "hint" }, `rule ${event.rule}`));
  return item;
}

/** The remarks on the checks that a value is, at any stage. */
function remarksOf(model, id) {
  const found = new Set();
  model.stages.forEach((_, index) => {
    const text = model.textOf(index, id);
    const site = text && /@(\d+)$/.exec(text);
    if (site && report.sites[Number(site[1])] >= 0) found.add(report.sites[Number(site[1])]);
  });
  return Array.from(found, (index) => report.remarks[index]);
}

function remarkBlock(remark) {
  const parts = [element("b", { class: remark.verdict }, remark.verdict), ` ${remark.message}`];
  if (remark.advice) parts.push(element("div", {}, "to let it go: ", element("code", {}, `${remark.advice} in`)));
  return element("p", {}, ...parts);
}

function valueDetails(model, id) {
  const parts = [element("h2", {}, `v${id}`)];
  const span = model.spans[id];
  if (span) parts.push(element("h3", {}, `source, line ${span[0]}`), sourceExcerpt(span));
  const checks = remarksOf(model, id);
  if (checks.length) parts.push(element("h3", {}, "check"), ...checks.map(remarkBlock));
  const history = model.historyOf(id);
  parts.push(element("h3", {}, "what became of it"));
  parts.push(element("ol", {}, ...history.map((event) => eventItem(model, event))));
  const last = model.stages.findLastIndex((_, index) => model.rowsOf(index).has(id));
  if (last < 0) return parts;
  const users = model.usersOf(last, id);
  parts.push(element("h3", {}, `used ${last === model.stages.length - 1 ? "in the end" : `before ${model.stages[last + 1].name}`}`));
  if (!users.length) parts.push(element("p", { class: "hint" }, "by nothing"));
  for (const row of users.slice(0, 30)) parts.push(element("pre", {}, withLinks(model.lineAt(last, row).trim())));
  if (users.length > 30) parts.push(element("p", { class: "hint" }, `and in ${users.length - 30} lines more`));
  return parts;
}

function lineDetails(model, line) {
  const parts = [element("h2", {}, `line ${line}`), element("pre", {}, report.source[line - 1] ?? "")];
  const checks = report.remarks.filter((remark) => remark.span[0] === line);
  if (checks.length) parts.push(element("h3", {}, "checks"), ...checks.map(remarkBlock));
  const values = Array.from(model.valuesOfLine(line));
  parts.push(element("h3", {}, "values"));
  const end = model.stages.length - 1;
  for (const id of values.slice(0, 60)) {
    const text = model.textOf(end, id);
    const removed = model.historyOf(id).find((event) => event.what === "removed");
    const words = text === null ? [link(id), ` went in ${removed ? model.stages[removed.stage].name : "?"}`] : [withLinks(text)];
    parts.push(element("pre", {}, ...words));
  }
  if (!values.length) parts.push(element("p", { class: "hint" }, "none of this function"));
  return parts;
}

function welcome() {
  return [
    element("h2", {}, "What became of it?"),
    element("p", {}, "Click a value: it lights up at every stage, with its source line and why it went."),
    element("p", {}, "Click a line of the source: its values and checks are listed."),
    element("p", { class: "hint" }, "Green lines are new at a stage, yellow ones have changed, red ones go at the next."),
    element("p", { class: "hint" }, "? shows the keys."),
  ];
}
