const charts = new WeakMap(); // the element Streamlit gives us -> its chart

// Safari has no requestIdleCallback.
const idle = (timeout) =>
  new Promise((done) => window.requestIdleCallback?.(done, { timeout }) ?? setTimeout(done));
const SOON = 100; // ms

// A first drawing takes a tenth of a second: charts that come together take turns, and each is seen at once.
let turns = Promise.resolve();
const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

let library; // one promise for the whole page
function loadPlotly(source) {
  // Relative to the page, as Streamlit's own files are: right under baseUrlPath and behind a proxy.
  const url = new URL(source, document.baseURI);
  // The server names no lifetime for this file; its address carries the version, so any copy will do.
  library ??= idle()
    .then(() => fetch(url, { cache: "force-cache" }))
    .then(async (response) => {
      if (!response.ok) throw new Error(`${url} answered ${response.status}`);
      // Chromium keeps what it evaluated compiled over a reload: 0.3 s instead of the 4 s of a script element.
      // biome-ignore lint/security/noGlobalEval: a script of our own server, as the page's other scripts are
      // biome-ignore lint/complexity/noCommaOperator: called by another name, eval runs in the global scope
      (0, eval)(await response.text());
      return window.Plotly;
    });
  return library;
}

const SVG = "http://www.w3.org/2000/svg";
const placeOf = (step) => Math.log10(Math.max(step, 0.5)); // as film.js has it
const DOT = 4.5; // px
const FILMED = '"dotted"'; // in a figure whose curves follow a film, see learning_curves.py
const SOON_FILMED = 1000; // ms in which a film comes, if one does
let curtains = 0; // of all charts, for ids

const COLOUR = /var\((--[\w-]+)\)/g; // as in a style sheet; plotly itself does not read it

const theme = (style) => {
  const token = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const axis = {
    automargin: true,
    gridcolor: token("border-color-light"),
    linecolor: token("border-color"),
    zerolinecolor: token("border-color"),
    tickcolor: token("border-color"),
    ticklabelstandoff: 4,
    title: { font: { size: 13 }, standoff: 8 },
  };
  return {
    layout: {
      colorway: categorical(style),
      font: { family: token("font"), color: token("text-color"), size: 13 },
      hoverlabel: {
        bgcolor: token("background-color"),
        bordercolor: token("border-color"),
        font: { family: token("font"), color: token("text-color") },
      },
      margin: { l: 8, r: 8, t: 8, b: 8 },
      // Not clear, for the labels' sake and for a saved picture's.
      paper_bgcolor: token("background-color"),
      plot_bgcolor: "rgba(0,0,0,0)",
      xaxis: axis,
      yaxis: axis,
    },
  };
};

// Commas between colours, not those within rgb().
const categorical = (style) => style.getPropertyValue("--st-chart-categorical-colors").split(/,(?![^(]*\))/);

function colour(name, style) {
  const digit = /^--digit-(\d)$/.exec(name);
  return (digit ? categorical(style)[digit[1]] : style.getPropertyValue(name))?.trim() ?? "";
}

// What a label at the pointer says, in one line: "epoch 1.20: test 98.2 %, training 98.1 %".
function reading(plot) {
  const labels = [...plot.querySelectorAll(".hoverlayer .hovertext")].map((label) => {
    const numbers = label.querySelector(".nums");
    const lines = [...numbers.querySelectorAll("tspan.line")];
    const text = lines.length ? lines.map((line) => line.textContent).join(", ") : numbers.textContent;
    return { name: label.querySelector(".name")?.textContent ?? "", text: text.replace(":,", ":") };
  });
  const place = labels[0]?.text.split(": ")[0];
  if (labels.length < 2 || !labels.every(({ text }) => text.startsWith(`${place}: `))) {
    return labels.map(({ text }) => text).join(", ");
  }
  return `${place}: ${labels.map(({ name, text }) => `${name} ${text.slice(place.length + 2)}`).join(", ")}`;
}

class Chart {
  constructor(parent) {
    this.parent = parent;
    this.root = parent.querySelector(".chart");
    this.plot = parent.querySelector(".chart-plot");
    this.zoom = {}; // axis -> the range that the person chose
    this.views = 1; // plotly keeps what a person changed while these numbers stay; 0 would keep nothing
    this.legends = 1;
    this.root.querySelector("[data-tool=reset]").onclick = () => {
      this.legends += 1;
      this.resetZoom();
    };
    this.root.querySelector("[data-tool=save]").onclick = () =>
      window.Plotly.downloadImage(this.plot, { filename: this.fileName, format: "png", scale: 2 });
    // A browser that scrolls takes the finger away with pointercancel; plotly calls its end a click all the same.
    this.plot.addEventListener("pointerdown", () => (this.scrolled = false), { capture: true });
    this.plot.addEventListener("pointercancel", () => (this.scrolled = true), { capture: true });
    // Also tells when a hidden tab opens.
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.plot);
    this.place = null; // of the film on an axis of log10(step); null where none plays
    this.filmed = new Promise((resolve) => (this.hear = resolve)); // once a film has said how far it has come
    this.follow = ({ detail }) => {
      this.place = detail;
      this.hear();
      if (this.drawn) this.cut();
    };
    addEventListener("digit-lab-film", this.follow);
  }

  async show(text, onClick) {
    const { source, height, description, fileName, clickable } = JSON.parse(text);
    this.root.style.height = `${height}px`;
    this.text = text;
    this.fileName = fileName;
    this.onClick = clickable ? onClick : null;
    this.plot.setAttribute("aria-label", description);
    this.root.classList.toggle("chart-clickable", clickable);
    const library = await loadPlotly(source);
    if (text.includes(FILMED)) {
      setTimeout(this.hear, SOON_FILMED);
      await this.filmed; // or the whole curve would flash up before its film
    } else if (!this.Plotly) await idle(SOON); // what comes along with a new chart is there at once, before it
    this.turn ??= turns = turns.then(painted);
    await this.turn;
    this.Plotly = library;
    this.draw();
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.plot;
    if (!this.Plotly || !width || !height) return;
    const style = getComputedStyle(this.parent);
    const text = this.text.replace(COLOUR, (_, name) => JSON.stringify(colour(name, style)).slice(1, -1));
    const template = theme(style);
    const drawn = [text, JSON.stringify(template), width, height, this.views, this.legends].join();
    if (drawn === this.drawn) return;
    this.drawn = drawn;

    const { figure } = JSON.parse(text);
    const layout = {
      // A finger on the figure scrolls the page; zooming by touch would catch it.
      dragmode: matchMedia("(hover: none)").matches ? false : "zoom",
      ...figure.layout,
      template,
      width,
      height,
      uirevision: this.views,
      legend: { ...figure.layout.legend, uirevision: this.legends },
    };
    // uirevision gives a zoom up when the figure itself brings another range, as a growing curve does.
    for (const [axis, range] of Object.entries(this.zoom)) {
      layout[axis] = { ...layout[axis], range, autorange: false };
    }
    this.Plotly.react(this.plot, figure.data, layout, {
      displayModeBar: false,
      doubleClick: false,
      showTips: false,
    });
    if (!this.listening) this.listen();
    this.cut();
  }

  // Show the curves of a run as far as its film has come, or to their ends, with a dot there.
  cut() {
    this.dot?.remove();
    const { _fullData: traces, _fullLayout: layout } = this.plot;
    const drawn = this.plot.querySelectorAll(".scatterlayer > .trace");
    const shown = traces.filter(({ visible }) => visible === true);
    for (const [at, { meta, x, y, customdata, line }] of shown.entries()) {
      const group = drawn[at];
      if (!group || (meta !== "replayed" && meta !== "dotted")) continue;
      const places = customdata.map(placeOf);
      const place = this.place ?? places.at(-1);
      const after = places.findIndex((one) => one > place);
      const next = after < 0 ? places.length - 1 : after;
      const from = after < 0 ? next : Math.max(after - 1, 0);
      const share = next === from ? 0 : (place - places[from]) / (places[next] - places[from]);
      const between = (axis, values) =>
        axis.d2p(values[from]) + share * (axis.d2p(values[next]) - axis.d2p(values[from]));
      const end = between(layout.xaxis, x);
      if (this.place === null) group.removeAttribute("clip-path");
      else group.setAttribute("clip-path", `url(#${this.clip(end)})`);
      if (meta !== "dotted") continue;
      this.dot ??= document.createElementNS(SVG, "circle");
      this.dot.setAttribute("cx", end);
      this.dot.setAttribute("cy", between(layout.yaxis, y));
      this.dot.setAttribute("r", DOT);
      this.dot.setAttribute("fill", line.color);
      group.parentNode.append(this.dot);
    }
  }

  // Return the id of a rectangle that ends at x, in the plot's own pixels.
  clip(x) {
    if (!this.curtain) {
      this.curtain = document.createElementNS(SVG, "clipPath");
      curtains += 1;
      this.curtain.id = `film-curtain-${curtains}`;
      this.curtain.append(document.createElementNS(SVG, "rect"));
    }
    if (!this.curtain.isConnected) this.plot.querySelector(".main-svg").append(this.curtain);
    const [rectangle] = this.curtain.children;
    for (const [name, value] of Object.entries({
      x: -20,
      y: -20,
      width: Math.max(x + 20, 0),
      height: 10_000,
    }))
      rectangle.setAttribute(name, value);
    return this.curtain.id;
  }

  listen() {
    this.listening = true;
    this.plot.on("plotly_click", ({ points: [{ curveNumber: trace, pointNumber: index, x, y }] }) => {
      if (!this.scrolled) this.onClick?.({ trace, index, x, y });
    });
    const line = this.root.querySelector(".chart-reading");
    // A tap is a click without plotly_hover before it.
    for (const event of ["plotly_hover", "plotly_click"]) {
      this.plot.on(event, () => (line.textContent = reading(this.plot)));
    }
    this.plot.on("plotly_unhover", () => (line.textContent = ""));
    this.plot.on("plotly_relayout", (changes) => {
      for (const [name, value] of Object.entries(changes)) {
        const [, axis, end] = /^([xy]axis\d*)\.range\[([01])\]$/.exec(name) ?? [];
        if (!axis) continue;
        this.zoom[axis] ??= [];
        this.zoom[axis][end] = value;
      }
    });
    this.plot.on("plotly_doubleclick", () => this.resetZoom());
  }

  resetZoom() {
    this.zoom = {};
    this.views += 1;
    this.draw();
  }

  destroy() {
    removeEventListener("digit-lab-film", this.follow);
    this.observer.disconnect();
    this.Plotly?.purge(this.plot);
  }
}

const decoder = new TextDecoder();

export default async function ({ data, parentElement, setStateValue }) {
  let chart = charts.get(parentElement);
  if (!chart) {
    chart = new Chart(parentElement);
    charts.set(parentElement, chart);
  }
  await chart.show(decoder.decode(data), (value) => setStateValue("click", { value, stamp: Date.now() }));
  return () => {
    // Streamlit also calls this for a change that another one overtook while the library was loading.
    if (parentElement.isConnected) return;
    chart.destroy();
    charts.delete(parentElement);
  };
}
