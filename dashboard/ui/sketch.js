const decoder = new TextDecoder();
const sketches = new WeakMap(); // the element Streamlit gives us -> its sketch

const EDGE = { left: 52, right: 18, top: 22, bottom: 46 }; // px around the axes, for their labels
const KNOB = 8; // px, the radius of a handle
const FINGER = 20; // px, the radius of what a finger hits
const ZERO = 0.5; // where a logarithmic axis shows step 0, as the curves of a run do
const WAIT = 250; // milliseconds after the last key

const KEYS = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };

function add(parent, name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  parent.append(element);
  return element;
}

const short = (step) => (step >= 1000 ? `${step / 1000}k` : `${step}`);

class Sketch {
  constructor(parent, { steps, values, start, label, height }) {
    Object.assign(this, { steps, values, start, height });
    this.svg = add(parent, "svg", { class: "sketch", role: "group", "aria-label": label });
    this.axes = add(this.svg, "g", { "aria-hidden": "true" });
    this.line = add(this.svg, "path", { class: "sketch-line" });
    this.handles = steps.map((step, index) => this.handle(step, index));
    this.svg.onpointerdown = (event) => this.begin(event);
    this.svg.onpointermove = (event) => this.move(event);
    for (const end of ["pointerup", "pointercancel"]) this.svg.addEventListener(end, () => this.end());
    // Also tells when a hidden tab opens.
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.svg);
  }

  handle(step, index) {
    const handle = add(this.svg, "g", {
      role: "slider",
      tabindex: 0,
      "aria-orientation": "vertical",
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-label": `After ${step.toLocaleString("en")} ${step === 1 ? "step" : "steps"}`,
    });
    add(handle, "circle", { class: "sketch-finger", r: FINGER });
    add(handle, "circle", { class: "sketch-knob", r: KNOB });
    add(handle, "text", { class: "sketch-value", y: -14 });
    handle.onkeydown = (event) => {
      const value = { Home: 0, End: 100 }[event.key] ?? this.values[index] + (KEYS[event.key] ?? Number.NaN);
      if (Number.isNaN(value) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation(); // these keys also turn the pages of a presentation
      this.set(index, value);
      this.draw();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.tell(), WAIT);
    };
    handle.onblur = () => this.timer && this.tell();
    return handle;
  }

  x(step) {
    const width = this.width - EDGE.left - EDGE.right;
    const end = this.steps[this.steps.length - 1];
    return EDGE.left + (width * Math.log(Math.max(step, ZERO) / ZERO)) / Math.log(end / ZERO);
  }

  y(value) {
    return EDGE.top + ((this.height - EDGE.top - EDGE.bottom) * (100 - value)) / 100;
  }

  draw() {
    this.width = this.svg.clientWidth;
    if (!this.width) return;
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    if (this.drawnWidth !== this.width) this.drawAxes();
    const points = [[0, this.start], ...this.steps.map((step, index) => [step, this.values[index]])];
    this.line.setAttribute("d", `M${points.map(([step, value]) => [this.x(step), this.y(value)]).join("L")}`);
    this.handles.forEach((handle, index) => {
      const value = this.values[index];
      handle.setAttribute("transform", `translate(${this.x(this.steps[index])} ${this.y(value)})`);
      handle.setAttribute("aria-valuenow", value);
      handle.setAttribute("aria-valuetext", `${value} %`);
      handle.lastChild.textContent = `${value} %`;
    });
  }

  drawAxes() {
    this.drawnWidth = this.width;
    this.axes.replaceChildren();
    const [left, right] = [EDGE.left, this.width - EDGE.right];
    for (const value of [0, 25, 50, 75, 100]) {
      add(this.axes, "line", {
        class: "sketch-grid",
        x1: left,
        x2: right,
        y1: this.y(value),
        y2: this.y(value),
      });
      add(this.axes, "text", { x: left - 8, y: this.y(value) + 4, "text-anchor": "end" }, `${value} %`);
    }
    let free = 0; // where the next label may begin
    for (const step of [0, ...this.steps].reverse()) {
      const x = this.x(step);
      if (free && x > free - 26) continue;
      free = x;
      add(this.axes, "text", { x, y: this.height - 26, "text-anchor": "middle" }, short(step));
    }
    add(
      this.axes,
      "text",
      { x: (left + right) / 2, y: this.height - 4, "text-anchor": "middle" },
      "step (logarithmic)",
    );
  }

  set(index, value) {
    this.values[index] = Math.round(Math.min(100, Math.max(0, value)));
  }

  // The place of the pointer: the handle that is nearest from left to right, and the value at its height.
  place({ clientX, clientY }) {
    const { left, top, width } = this.svg.getBoundingClientRect();
    const zoom = width / this.width; // that of the presenter's view
    const away = this.steps.map((step) => Math.abs(this.x(step) - (clientX - left) / zoom));
    const share = ((clientY - top) / zoom - EDGE.top) / (this.height - EDGE.top - EDGE.bottom);
    return [away.indexOf(Math.min(...away)), 100 * (1 - share)];
  }

  begin(event) {
    if (event.button) return;
    this.svg.setPointerCapture(event.pointerId);
    this.last = null;
    this.move(event, true);
  }

  move(event, begins = false) {
    if (!begins && !this.last) return;
    const [index, value] = this.place(event);
    const [before, from] = this.last ?? [index, value];
    // A quick pointer passes handles between two events: they are put on the line from one to the other.
    const passed = Math.sign(index - before);
    for (let at = before + passed; passed && at !== index; at += passed)
      this.set(at, from + ((value - from) * (at - before)) / (index - before));
    this.set(index, value);
    this.last = [index, value];
    this.handles.forEach((handle, at) => {
      handle.classList.toggle("sketch-held", at === index);
    });
    this.draw();
  }

  end() {
    if (!this.last) return;
    this.last = null;
    for (const handle of this.handles) handle.classList.remove("sketch-held");
    this.tell();
  }

  tell() {
    clearTimeout(this.timer);
    this.timer = null;
    this.onChange([...this.values]);
  }
}

export default function ({ data, parentElement, setStateValue }) {
  let sketch = sketches.get(parentElement);
  if (!sketch) {
    sketch = new Sketch(parentElement, JSON.parse(decoder.decode(data)));
    sketches.set(parentElement, sketch);
  }
  // What was sketched since the server last heard of it stays: the values that come are only for the start.
  sketch.onChange = (value) => setStateValue("click", { value, stamp: Date.now() });
  sketch.draw();
}
