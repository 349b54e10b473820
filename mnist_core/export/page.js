// What the page to take home does; `reader` and `films` are what reader.js and film.js export, `data` its numbers.

const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const floatsOf = (text) => new Float32Array(bytesOf(text).buffer);
const byId = (id) => document.getElementById(id);
const percent = (share) => `${(100 * share).toFixed(1)} %`;

const model = {
  preprocessing: data.reader.preprocessing,
  weight: floatsOf(data.reader.weight),
  bias: floatsOf(data.reader.bias),
};
const isDirections = model.preprocessing === "directions";
const colours = () => {
  const style = getComputedStyle(document.documentElement);
  const rgb = (name) =>
    [1, 3, 5].map((at) =>
      Number.parseInt(
        style
          .getPropertyValue(name)
          .trim()
          .slice(at, at + 2),
        16,
      ),
    );
  return { ink: rgb("--text"), positive: rgb("--film-positive"), negative: rgb("--film-negative") };
};

// --- the board ---

const board = byId("board");
const SIDE = board.width;
const pen = board.getContext("2d", { willReadFrequently: true });
let last = null; // where the pen was; null while it is up
let waiting = 0; // the next animation frame, in which the board is read

function wipe() {
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, SIDE, SIDE);
  Object.assign(pen, { lineWidth: 20, lineCap: "round", lineJoin: "round", strokeStyle: "#000000" });
}

function strokeTo({ offsetX, offsetY }) {
  const to = [(offsetX * SIDE) / board.clientWidth, (offsetY * SIDE) / board.clientHeight];
  pen.beginPath();
  pen.moveTo(...(last ?? to));
  pen.lineTo(...to);
  pen.stroke();
  last = to;
  if (waiting) return;
  waiting = requestAnimationFrame(() => {
    waiting = 0;
    read();
  });
}

board.onpointerdown = (event) => {
  if (!event.isPrimary || event.button !== 0) return;
  event.preventDefault();
  board.setPointerCapture(event.pointerId);
  last = null;
  strokeTo(event);
};
board.onpointermove = (event) => {
  if (last === null || !event.isPrimary) return;
  // A browser hands on several moves of a quick pen at once.
  for (const move of event.getCoalescedEvents?.() ?? []) if (move.offsetX || move.offsetY) strokeTo(move);
  strokeTo(event);
};
board.onpointerup = board.onpointercancel = (event) => {
  if (!event.isPrimary || last === null) return;
  last = null;
  read();
};
byId("clear").onclick = () => {
  wipe();
  read();
};

// --- the answer ---

const bars = Array.from({ length: reader.CLASSES }, (_, digit) => {
  const row = document.createElement("div");
  row.className = "bar";
  row.innerHTML = `<span>${digit}</span><span class="track"><span class="fill"></span></span><span class="share"></span>`;
  byId("bars").append(row);
  return row;
});

function read() {
  const image = reader.imageFromCanvas(pen.getImageData(0, 0, SIDE, SIDE).data, SIDE, SIDE);
  byId("answer").classList.toggle("blank", image === null);
  if (image === null) {
    byId("digit").textContent = "?";
    byId("spoken").textContent = "";
    byId("why-words").textContent = "Draw a digit to see what speaks for it.";
    for (const row of bars) show(row, 0, false);
    for (const id of ["seen", "why"]) byId(id).width = 28;
    return;
  }
  const preprocessed = reader.preprocess(image, model.preprocessing);
  const probabilities = [...reader.softmax(reader.logits(model, preprocessed))];
  const ranking = [...probabilities.keys()].sort((one, other) => probabilities[other] - probabilities[one]);
  const [digit, rival] = ranking;
  byId("digit").textContent = digit;
  byId("digit").classList.toggle("so-far", last !== null);
  if (last === null) byId("spoken").textContent = `Read as ${digit}, ${percent(probabilities[digit])} sure.`;
  for (const [index, row] of bars.entries()) show(row, probabilities[index], index === digit);
  const { ink, positive, negative } = colours();
  films.paintPixels(byId("seen"), image, ink, ink, { full: 255 });
  const maps = reader.attributions(model, preprocessed);
  const margin = maps[digit].map((value, at) => value - maps[rival][at]);
  const sizes = [...margin].map(Math.abs).sort((one, other) => one - other);
  const full = Math.max(sizes[Math.floor(0.99 * sizes.length)], 1e-9);
  const paint = isDirections ? films.paintDirections : films.paintPixels;
  paint(byId("why"), margin, positive, negative, { full });
  byId("why-words").innerHTML =
    `Why ${digit} and not ${rival}: <b class="for">blue</b> is evidence for ${digit}, ` +
    `<b class="against">orange</b> for ${rival}.`;
}

function show(row, share, first) {
  row.classList.toggle("first", first);
  row.querySelector(".fill").style.width = `${100 * share}%`;
  row.querySelector(".share").textContent = share ? percent(share) : "";
}

// --- the film ---

let playing = null;
if (data.film) {
  const { steps, scale, accuracies } = data.film;
  const bytes = new Int8Array(bytesOf(data.film.frames).buffer);
  const size = bytes.length / steps.length;
  const end = films.placeOf(steps.at(-1));
  const start = films.placeOf(steps[0]);
  const x = (place) => (300 * (place - start)) / Math.max(end - start, 1e-9);
  const y = (accuracy) => 80 * (1 - accuracy);
  byId("line").setAttribute(
    "points",
    steps.map((step, at) => `${x(films.placeOf(step))},${y(accuracies[at])}`).join(" "),
  );
  playing = films.film({
    container: byId("film"),
    frames: steps.map((_, at) => bytes.subarray(at * size, (at + 1) * size)),
    steps,
    scale,
    directions: data.film.preprocessing === "directions",
    onFrame({ position, frame, place }) {
      const next = Math.min(frame + 1, steps.length - 1);
      const accuracy = accuracies[frame] + (position - frame) * (accuracies[next] - accuracies[frame]);
      byId("point").setAttribute("d", `M ${x(place)} ${y(accuracy)} h 0.01`);
      byId("accuracy").textContent = `${percent(accuracy)} of the test digits read correctly`;
    },
  });
} else byId("film-section").remove();

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  read();
  playing?.repaint();
});
wipe();
read();
