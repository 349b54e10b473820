/* global Row, colours, element, write */ // of run_table_row.js, which comes before this
const decoder = new TextDecoder();
const tables = new WeakMap(); // the element Streamlit gives us -> its table

class RunTable {
  constructor(parent) {
    this.parent = parent;
    this.rows = new Map(); // key -> Row
    this.open = new Set(); // keys of rows whose parts are shown
    this.chosen = [];
    this.baseline = "";
    this.sent = 0; // the stamp of the last change that was made here
    this.frame = element("div", "run-table");
    const table = element("table", "");
    table.setAttribute("role", "table");
    this.head = element("tr", "");
    this.head.setAttribute("role", "row");
    this.body = element("tbody", "");
    this.body.setAttribute("role", "rowgroup");
    const head = element("thead", "");
    head.setAttribute("role", "rowgroup");
    head.append(this.head);
    table.append(head, this.body);
    this.frame.append(table);
    parent.append(this.frame);
    this.all = element("input", "", { type: "checkbox" });
    this.all.setAttribute("aria-label", "Compare all runs");
    this.all.onchange = () => this.chooseAll();
    // The room kept for the rows may grow, and shrinks with them.
    const room = parent.closest("[data-testid=stElementContainer]");
    Object.assign(room.style, { flex: "none", height: "auto", overflow: "visible" });
  }

  show(content) {
    this.content = content;
    if (content.stamp >= this.sent) {
      this.chosen = content.chosen;
      this.baseline = content.baseline;
    }
    this.showHead(["", "Run", ...content.columns, ""]);
    const style = getComputedStyle(this.parent);
    const old = new Set(this.rows.keys());
    content.rows.forEach((row, index) => {
      if (!this.rows.has(row.key)) this.rows.set(row.key, new Row(this));
      const shown = this.rows.get(row.key);
      const parts = content.rows.filter(({ parent }) => parent === row.key).length;
      shown.show(row, content.columns, parts, style);
      // Moving an element would take the focus away from it.
      if (this.body.children[index] !== shown.line) {
        this.body.insertBefore(shown.line, this.body.children[index] ?? null);
      }
      old.delete(row.key);
    });
    for (const key of old) {
      this.rows.get(key).line.remove();
      this.rows.delete(key);
    }
    this.mark();
  }

  showHead(labels) {
    if (this.labels === labels.join("|")) return;
    this.labels = labels.join("|");
    this.head.replaceChildren(
      ...labels.map((label, index) => {
        const cell = element(label ? "th" : "td", index === 1 ? "run-title" : "", { textContent: label });
        cell.setAttribute("role", label ? "columnheader" : "cell");
        if (label) cell.setAttribute("scope", "col");
        return cell;
      }),
    );
    this.head.firstChild.className = "run-choice";
    this.head.firstChild.append(this.all);
  }

  mark() {
    for (const { row } of this.rows.values()) {
      this.rows.get(row.key).mark(this.chosen.includes(row.id), this.baseline === row.id);
    }
    const whole = this.whole();
    const count = whole.filter((id) => this.chosen.includes(id)).length;
    this.all.checked = count > 0 && count === whole.length;
    this.all.indeterminate = count > 0 && count < whole.length;
  }

  whole() {
    return this.content.rows.filter(({ parent }) => !parent).map(({ id }) => id);
  }

  choose(id, on) {
    this.chosen = this.chosen.filter((other) => other !== id);
    if (on) this.chosen.push(id);
    this.send();
  }

  chooseAll() {
    this.chosen = this.all.checked ? this.whole() : [];
    this.send();
  }

  pinned(id) {
    this.baseline = this.baseline === id ? "" : id;
    this.send();
  }

  renamed(id, name) {
    this.send([id, name]);
  }

  toggle(key) {
    if (!this.open.delete(key)) this.open.add(key);
    this.show(this.content);
  }

  send(renamed = null) {
    this.sent = Math.max(Date.now(), this.sent + 1); // also where the clock is set back
    this.mark();
    this.tell({ value: { chosen: this.chosen, baseline: this.baseline, renamed }, stamp: this.sent });
  }
}

export default function ({ data, parentElement, setStateValue }) {
  let table = tables.get(parentElement);
  if (!table) {
    table = new RunTable(parentElement);
    tables.set(parentElement, table);
  }
  table.tell = (change) => setStateValue("click", change);
  table.show(JSON.parse(decoder.decode(data)));
}
