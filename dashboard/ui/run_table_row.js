const ICONS = {
  pin: "M16 9V4h1V2H7v2h1v5c0 1.7-1.3 3-3 3v2h6v7l1 1 1-1v-7h6v-2c-1.7 0-3-1.3-3-3z",
  rename:
    "M3 17.2V21h3.8L17.8 9.9l-3.7-3.7zM20.7 7a1 1 0 0 0 0-1.4l-2.3-2.3a1 1 0 0 0-1.4 0l-1.8 1.8 3.7 3.7z",
};

export function element(name, className, properties = {}) {
  return Object.assign(document.createElement(name), { className, ...properties });
}

function iconButton(name) {
  const button = element("button", `run-${name}`, { type: "button" });
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
  return button;
}

// What is the same already is left alone: a screen reader would take it for new.
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Commas between colours, not those within rgb().
export const colours = (style) =>
  style.getPropertyValue("--st-chart-categorical-colors").split(/,(?![^(]*\))/);

// One row of the table: its cells, and what is done in them.
export class Row {
  constructor(table) {
    this.table = table;
    this.box = element("input", "", { type: "checkbox" });
    this.letter = element("span", "run-letter");
    this.opener = element("button", "run-opener", { type: "button" });
    this.name = element("span", "run-name");
    this.note = element("span", "run-note");
    this.pin = iconButton("pin");
    this.pencil = iconButton("rename");
    this.line = element("tr", "");
    this.line.setAttribute("role", "row");
    const choice = this.cell("td", "run-choice", this.box, this.letter);
    const title = this.cell("th", "run-title", this.name, this.note, this.opener);
    const tools = this.cell("td", "run-tools", this.pin, this.pencil);
    title.setAttribute("scope", "row");
    this.line.append(choice, title, tools);
    this.title = title;
    this.tools = tools;

    this.box.onchange = () => table.choose(this.row.id, this.box.checked);
    this.pin.onclick = () => table.pinned(this.row.id);
    this.pencil.onclick = () => this.edit();
    this.opener.onclick = () => table.toggle(this.row.key);
    this.line.onclick = ({ target }) => {
      if (!target.closest("button, input")) this.box.click();
    };
  }

  cell(name, className, ...content) {
    const cell = element(name, className);
    cell.setAttribute("role", name === "th" ? "rowheader" : "cell");
    cell.append(...content);
    return cell;
  }

  show(row, columns, parts, style) {
    this.row = row;
    this.line.classList.toggle("run-part", row.parent !== "");
    this.line.hidden = row.parent !== "" && !this.table.open.has(row.parent);
    this.line.style.setProperty("--colour", row.letter ? colours(style)[row.colour] : "transparent");
    write(this.letter, row.letter);
    write(this.name, row.name);
    write(this.note, row.note);
    this.box.setAttribute("aria-label", `Compare ${row.name}${row.parent ? `, ${row.note}` : ""}`);
    this.pin.setAttribute("aria-label", `Use ${row.name} as the baseline`);
    this.pin.title = "Baseline: the other runs are compared with this one";
    this.pencil.setAttribute("aria-label", `Rename ${row.name}`);
    this.pencil.title = "Rename";
    this.pin.hidden = !row.pinnable;
    this.pencil.hidden = !row.renamable;
    this.opener.hidden = !parts;
    this.opener.setAttribute("aria-expanded", String(this.table.open.has(row.key)));
    write(this.opener, `${parts} runs`);
    this.showCells(row.cells, columns);
  }

  showCells(cells, columns) {
    this.cells ??= [];
    while (this.cells.length > cells.length) this.cells.pop().remove();
    cells.forEach((content, index) => {
      this.cells[index] ??= this.cell("td", "", element("span", "run-text"), element("span", "run-small"));
      const cell = this.cells[index];
      if (cell.nextSibling !== this.tools && !cell.isConnected) this.line.insertBefore(cell, this.tools);
      cell.children[0].dataset.label = columns[index];
      write(cell.children[0], content.text);
      write(cell.children[1], content.small);
      cell.classList.toggle("run-empty", content.text === "–");
      cell.classList.toggle("run-setting", content.setting);
      cell.classList.toggle("run-interval", content.interval !== null);
      cell.classList.toggle("run-beyond", content.interval?.[1] < 0);
      (content.interval ?? []).forEach((share, end) => {
        cell.style.setProperty(["--low", "--middle", "--high"][end], `${4 + 92 * share}%`);
      });
    });
  }

  mark(chosen, pinned) {
    this.box.checked = chosen;
    this.pin.setAttribute("aria-pressed", String(pinned));
    this.line.classList.toggle("run-chosen", chosen);
    this.line.classList.toggle("run-baseline", pinned);
  }

  edit() {
    const field = element("input", "run-field", { type: "text", value: this.row.name, maxLength: 80 });
    field.setAttribute("aria-label", `New name of ${this.row.name}`);
    let done = false;
    const end = (save) => {
      if (done) return;
      done = true;
      const name = field.value;
      field.replaceWith(this.name);
      this.pencil.focus();
      if (save && name !== this.row.name) this.table.renamed(this.row.id, name);
    };
    field.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault(); // or Enter would press the button that gets the focus back
      end(event.key === "Enter");
    };
    field.onblur = () => end(true);
    this.name.replaceWith(field);
    field.select();
  }
}
