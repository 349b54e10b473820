// What a drawing is read as. The server's verdict is shown, and while the pen moves what it reads in the browser
// as "so far", which no screen reader speaks. `film` is mnist_core/export/film.js: it paints the evidence.

const LONGEST = 3000; // ms that what was read in the browser stays when no verdict on a new drawing comes
const CLIPPED_AT = 0.99; // quantile at which the colours end, as in signed_maps.py
const DIGITS = [...Array(10).keys()];

const decoder = new TextDecoder();
const answers = new WeakMap(); // the element Streamlit gives us -> its answer

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

class Answer {
  constructor(parent) {
    this.parent = parent;
    this.root = parent.querySelector(".answer-parts");
    this.large = parent.querySelector(".answer");
    this.sentence = parent.querySelector(".live-text");
    this.bars = parent.querySelector(".answer-bars");
    this.why = parent.querySelector(".answer-why");
    this.canvas = parent.querySelector(".answer-why canvas");
    this.columns = DIGITS.map((digit) => {
      const column = element("div", "answer-column");
      column.append(element("div", "answer-bar"), element("span", "answer-percent"));
      column.append(element("span", "answer-digit", digit));
      this.bars.append(column);
      return column;
    });
    this.waiting = ""; // for the "pen" to be lifted, then for the "verdict" on what it drew
    this.end = new AbortController();
    const events = { signal: this.end.signal };
    document.addEventListener("reading", ({ detail }) => this.onReading(detail), events);
    document.addEventListener("pen-lifted", () => this.onLift(), events);
  }

  onReading(reading) {
    if (reading.penDown) this.waiting = "pen";
    if (this.waiting) this.show(reading, true);
  }

  // A run that learns brings a verdict twice a second: those on the drawing before this stroke are passed over.
  onLift() {
    if (this.waiting !== "pen") return;
    this.waiting = "verdict";
    this.before = this.verdict?.drawing;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), LONGEST);
  }

  take(verdict) {
    const same = verdict.drawing === this.before;
    this.verdict = verdict;
    if (this.waiting === "pen" || (this.waiting === "verdict" && same)) return;
    this.settle();
  }

  settle() {
    if (this.waiting === "pen") return;
    this.waiting = "";
    clearTimeout(this.timer);
    const { text, evidence, first, second } = this.verdict;
    write(this.sentence, text);
    this.bars.setAttribute("aria-label", `The probability of each digit. ${text}`);
    const why = evidence ? `The evidence for ${first} and against ${second}` : "No evidence yet";
    this.canvas.setAttribute("aria-label", why);
    this.show(this.verdict, false);
  }

  show({ large, probabilities, first, second, evidence, directions }, soFar) {
    this.root.classList.toggle("so-far", soFar);
    write(this.large, large);
    this.columns.forEach((column, digit) => {
      const percent = 100 * probabilities[digit];
      write(column.children[1], percent >= 1 ? percent.toFixed(0) : "");
      column.style.setProperty("--share", probabilities[digit]);
      column.classList.toggle("likeliest", digit === first && probabilities[digit] > 0);
      column.title = `${digit}: ${percent.toFixed(2)} %`;
    });
    this.why.classList.toggle("answer-nothing", !evidence);
    if (evidence) this.explain(evidence, first, second, directions);
  }

  explain(evidence, first, second, directions) {
    const [caption, canvas, legend] = this.why.children;
    write(caption, `Why ${first} and not ${second}`);
    write(legend.firstElementChild, `for ${first}`);
    write(legend.lastElementChild, `for ${second}`);
    const sizes = Float32Array.from(evidence, Math.abs).sort();
    const full = Math.max(sizes[Math.floor(CLIPPED_AT * (sizes.length - 1))], 1e-9);
    const style = getComputedStyle(this.parent);
    const positive = film.rgb(style.getPropertyValue("--st-blue-color").trim());
    const negative = film.rgb(style.getPropertyValue("--st-orange-color").trim());
    (directions ? film.paintDirections : film.paintPixels)(canvas, evidence, positive, negative, { full });
  }
}

export default function ({ data, parentElement }) {
  let answer = answers.get(parentElement);
  if (!answer) {
    answer = new Answer(parentElement);
    answers.set(parentElement, answer);
  }
  const { evidence, ...verdict } = JSON.parse(decoder.decode(data));
  const bytes = evidence && Uint8Array.from(atob(evidence), (character) => character.charCodeAt(0));
  answer.take({ ...verdict, evidence: bytes && new Int8Array(bytes.buffer) });
  return () => {
    if (parentElement.isConnected) return;
    answer.end.abort();
    answers.delete(parentElement);
  };
}
