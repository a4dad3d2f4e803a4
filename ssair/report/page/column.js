// A column: a list of rows of which only those in sight are in the document, however many there are.

const ROW_HEIGHT = 18;
const MARGIN = 12;
const TOKEN = /("(?:[^"\\]|\\.)*")|(;.*$)|\bv(\d+)\b|\b(bb\d+)\b|(\{[^{}]*\})/g;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A value that can be clicked. */
function valueSpan(id, classes = "") {
  return element("span", { class: `v ${classes}`, "data-value": id }, `v${id}`);
}

/** A line of IR in colours; `classOf(id)` are the further classes of a value. */
function paintedLine(text, classOf) {
  const parts = document.createDocumentFragment();
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.append(text.slice(end, match.index));
    const [all, string, comment, value, block] = match;
    if (value !== undefined) parts.append(valueSpan(Number(value), classOf(Number(value))));
    else {
      const kind = string ? "string" : comment ? "comment" : block ? "bb" : "fact";
      parts.append(element("span", { class: kind }, all));
    }
    end = match.index + all.length;
  }
  parts.append(text.slice(end));
  return parts;
}

class Column {
  /** `rowAt(row)` gives `{class, content}`; `count` rows there are; `key` names the column. */
  constructor(key, title, note, count, rowAt, extraClass = "") {
    this.key = key;
    this.count = count;
    this.rowAt = rowAt;
    this.cursor = -1;
    this.space = element("div", { class: "space", style: `height:${count * ROW_HEIGHT}px` });
    this.window = element("div", { class: "window" });
    this.scroller = element(
      "div",
      { class: "rows", tabindex: "0", role: "listbox", "aria-label": title },
      this.space,
      this.window,
    );
    const head = element("header", { title: note }, element("b", {}, title), element("small", {}, note));
    this.box = element("section", { class: `column ${extraClass}` }, head, this.scroller);
    this.scroller.addEventListener("scroll", () => this.renderSoon());
    this.pending = false;
  }

  renderSoon() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.render();
    });
  }

  render() {
    const height = this.scroller.clientHeight || 800;
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW_HEIGHT) - MARGIN);
    const last = Math.min(this.count, Math.ceil((this.scroller.scrollTop + height) / ROW_HEIGHT) + MARGIN);
    const rows = [];
    for (let row = first; row < last; row++) rows.push(this.rowElement(row));
    this.window.replaceChildren(...rows);
    this.window.style.transform = `translateY(${first * ROW_HEIGHT}px)`;
    this.scroller.setAttribute("aria-activedescendant", this.cursor >= 0 ? this.rowId(this.cursor) : "");
  }

  rowId(row) {
    return `${this.key}-row-${row}`;
  }

  rowElement(row) {
    const { classes, content } = this.rowAt(row);
    const chosen = row === this.cursor;
    const attributes = { class: `row ${classes} ${chosen ? "cursor" : ""}`, "data-row": row, id: this.rowId(row) };
    return element("div", { ...attributes, role: "option", "aria-selected": String(chosen) }, content);
  }

  /** Bring a row into sight, to the middle if it is not there already. */
  show(row) {
    const top = row * ROW_HEIGHT;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop || top + ROW_HEIGHT > scrollTop + clientHeight)
      this.scroller.scrollTop = Math.max(0, top - clientHeight / 2);
  }
}
