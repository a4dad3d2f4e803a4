// The functions of a report: which values stand where at each stage, and what became of them.

const HEAD = /^bb\d+/;
const DEFINED = /v(\d+): /g;

/** The ids that a line of IR defines: of an instruction one, of the head of a block its parameters. */
function definedBy(line) {
  if (HEAD.test(line)) return Array.from(line.matchAll(DEFINED), (match) => Number(match[1]));
  const match = /^\s+v(\d+): /.exec(line);
  return match ? [Number(match[1])] : [];
}

/** What a line says of a value: the line itself, or of the head of a block the part about the parameter. */
function partAbout(line, id) {
  if (!HEAD.test(line)) return line.trim();
  const start = line.indexOf(`v${id}: `);
  const rest = line.slice(start);
  const end = /, v\d+: |\):/.exec(rest);
  return `${rest.slice(0, end ? end.index : undefined)}, a parameter of ${line.match(HEAD)[0]}`;
}

class Model {
  constructor(data) {
    this.name = data.name;
    this.lines = data.lines;
    this.stages = data.stages;
    this.anf = data.anf;
    this.spans = data.spans;
    this.pictures = data.pictures;
    this.defined = data.lines.map(definedBy);
    this.places = [];
    this.lineSets = [];
  }

  /** The row of each value at a stage. */
  rowsOf(stage) {
    if (!this.places[stage]) {
      const rows = new Map();
      this.stages[stage].rows.forEach((line, row) => {
        for (const id of this.defined[line]) rows.set(id, row);
      });
      this.places[stage] = rows;
    }
    return this.places[stage];
  }

  lineSet(stage) {
    this.lineSets[stage] ??= new Set(this.stages[stage].rows);
    return this.lineSets[stage];
  }

  lineAt(stage, row) {
    return this.lines[this.stages[stage].rows[row]];
  }

  /** What a stage says of a value; null where it is not there. */
  textOf(stage, id) {
    const row = this.rowsOf(stage).get(id);
    return row === undefined ? null : partAbout(this.lineAt(stage, row), id);
  }

  /** How a row came about and where it goes: new, changed, going, or nothing. */
  kindOfRow(stage, row) {
    const line = this.stages[stage].rows[row];
    if (stage > 0 && !this.lineSet(stage - 1).has(line)) {
      const ids = this.defined[line];
      return ids.length && !ids.some((id) => this.rowsOf(stage - 1).has(id)) ? "new" : "changed";
    }
    const next = stage + 1 < this.stages.length ? this.rowsOf(stage + 1) : null;
    const ids = this.defined[line];
    return next && ids.length && ids.every((id) => !next.has(id)) ? "going" : "";
  }

  /** What became of a value: `{stage, what, text, leader}`, in order. */
  historyOf(id) {
    const events = [];
    let before = null;
    this.stages.forEach((stage, index) => {
      const text = this.textOf(index, id);
      if (text === before) return;
      const gone = stage.gone[id];
      if (before === null) events.push({ stage: index, what: "made", text, leader: null });
      else if (text === null)
        events.push({ stage: index, what: "removed", text: gone ? gone[0] : "", leader: gone ? gone[1] : null });
      else events.push({ stage: index, what: "changed", text, leader: null, rule: stage.rules[id] });
      before = text;
    });
    return events;
  }

  /** The value that stands for another one in the end, through all that were replaced in turn; null if none does. */
  leaderOf(id) {
    let leader = null;
    const seen = new Set([id]);
    for (const stage of this.stages) {
      const gone = stage.gone[leader ?? id];
      if (gone && gone[1] !== null && !seen.has(gone[1])) seen.add((leader = gone[1]));
    }
    return leader;
  }

  /** The lines of a stage that use a value. */
  usersOf(stage, id) {
    const uses = new RegExp(`\\bv${id}\\b`);
    const own = this.rowsOf(stage).get(id);
    const rows = [];
    this.stages[stage].rows.forEach((line, row) => {
      if (row !== own && uses.test(this.lines[line])) rows.push(row);
    });
    return rows;
  }

  /** The values that a line of the source is about. */
  valuesOfLine(line) {
    return new Set(Object.keys(this.spans).filter((id) => this.spans[id][0] === line).map(Number));
  }
}
