// The other views: checks by source line, pictures, times.

const ORDER = ["kept", "versioned", "proved", "duplicate", "unreachable"];

function checksView() {
  const counts = ORDER.map((verdict) => [verdict, report.remarks.filter((r) => r.verdict === verdict).length]);
  const summary = counts.filter(([, count]) => count).map(([verdict, count]) => `${count} ${verdict}`).join(", ");
  const rows = report.remarks.map((remark) =>
    element(
      "tr",
      {},
      element("td", { class: "count" }, remark.span[0] ? lineLink(remark.span[0]) : "?"),
      element("td", { class: remark.verdict }, remark.verdict),
      element("td", {}, remark.kind),
      element("td", {}, remark.message, remark.advice ? element("div", { class: "hint" }, "to let it go: ", element("code", {}, `${remark.advice} in`)) : null),
      element("td", {}, element("code", {}, (report.source[remark.span[0] - 1] ?? "").trim())),
    ),
  );
  const head = element("tr", {}, ...["line", "", "check", "why", "source"].map((name) => element("th", {}, name)));
  return [element("h2", {}, report.remarks.length ? `Checks: ${summary}` : "There are no checks in this program."), element("table", {}, head, ...rows)];
}

function lineLink(line) {
  return element("button", { class: "link", "data-line": line }, String(line));
}

function picturesView(model) {
  return model.pictures.map((picture) => {
    const figure = element("figure", {}, element("figcaption", {}, picture.title));
    if (picture.svg) {
      const holder = element("div");
      holder.innerHTML = picture.svg;
      figure.append(holder);
    } else figure.append(element("p", { class: "hint" }, picture.hint));
    if (picture.text) figure.append(element("pre", {}, picture.text));
    return figure;
  });
}

function timesView() {
  const total = report.times.reduce((sum, [, , seconds]) => sum + seconds, 0) || 1;
  const rows = report.times.map(([name, runs, seconds]) =>
    element(
      "tr",
      {},
      element("td", {}, name),
      element("td", { class: "count" }, String(runs)),
      element("td", { class: "count" }, (seconds * 1000).toFixed(2)),
      element("td", {}, element("span", { class: "bar", style: `width:${(300 * seconds) / total}px` })),
    ),
  );
  const head = element("tr", {}, ...["pass", "runs", "ms", "share"].map((name) => element("th", {}, name)));
  const counters = Object.entries(report.counters).map(([name, count]) =>
    element("tr", {}, element("td", {}, name), element("td", { class: "count" }, String(count))),
  );
  return [
    element("h2", {}, `Times of the passes (${report.passes}), recording included`),
    element("table", {}, head, ...rows),
    element("h2", { style: "margin-top:24px" }, "What they did"),
    element("table", {}, ...counters),
  ];
}
