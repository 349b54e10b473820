const decoder = new TextDecoder();
const lists = new WeakMap(); // the element Streamlit gives us -> its <ul>

// One pixel of a canvas turns any way to write a colour into red, green and blue. Reading it back is slow, and
// the colours of a theme are few.
const colours = new Map();
function rgb(style, name) {
  const colour = style.getPropertyValue(name).trim();
  if (!colours.has(colour)) {
    const pixel = new OffscreenCanvas(1, 1).getContext("2d");
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    colours.set(colour, pixel.getImageData(0, 0, 1, 1).data);
  }
  return colours.get(colour);
}

function paint(canvas, values, height, width, full, ink, negative) {
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  const { data } = image;
  let at = 0;
  for (const value of values) {
    const colour = value < 0 ? negative : ink;
    data[at] = colour[0];
    data[at + 1] = colour[1];
    data[at + 2] = colour[2];
    data[at + 3] = (255 * Math.abs(value)) / full;
    at += 4;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// An image of directions: 7 x 7 blocks of 4 x 4, each number the strength of one of 16 directions at a place. A
// direction is that of a gradient, from paper to ink; it is drawn as a short stroke along the edge, across it.
const BLOCK = 4;
const FAINTEST = 5; // level that is drawn of signed values: all strokes together are a thicket
const LEVELS = 12; // of opacity: strokes of one level are one path, which is much faster than a path for each
const LENGTH = 0.62; // of half a stroke, in places: strokes of neighbours just overlap
const OFFSET = 0.12; // towards the paper, so that the two edges of a pen stroke are two strokes
const WIDTH = 0.09;
// Opacity is a power of the value: direction_maps takes the cube root, which is undone here; weights are linear.
const POWER = { ink: 3, signed: 1.5 };

function star(canvas, values, size, full, signed, ink, negative) {
  const [power, faintest] = signed ? [POWER.signed, FAINTEST] : [POWER.ink, 1];
  const pixels = Math.round(size * (window.devicePixelRatio || 1));
  canvas.width = pixels;
  canvas.height = pixels;
  const places = Math.round(Math.sqrt(values.length)) / BLOCK;
  const cell = pixels / places;
  const paths = new Map(); // colour and level -> a path
  values.forEach((value, at) => {
    const level = Math.ceil((LEVELS * Math.min(Math.abs(value), full)) / full);
    if (level < faintest) return;
    const row = Math.floor(at / (places * BLOCK));
    const column = at % (places * BLOCK);
    const direction = BLOCK * (row % BLOCK) + (column % BLOCK);
    const angle = (2 * Math.PI * direction) / (BLOCK * BLOCK);
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    const centreX = cell * (Math.floor(column / BLOCK) + 0.5 - OFFSET * x);
    const centreY = cell * (Math.floor(row / BLOCK) + 0.5 - OFFSET * y);
    const key = value < 0 ? -level : level;
    if (!paths.has(key)) paths.set(key, new Path2D());
    const path = paths.get(key);
    path.moveTo(centreX - LENGTH * cell * y, centreY + LENGTH * cell * x);
    path.lineTo(centreX + LENGTH * cell * y, centreY - LENGTH * cell * x);
  });
  const context = canvas.getContext("2d");
  context.lineWidth = WIDTH * cell;
  context.lineCap = "round";
  for (const key of [...paths.keys()].sort((one, other) => Math.abs(one) - Math.abs(other))) {
    const [red, green, blue] = key < 0 ? negative : ink;
    context.strokeStyle = `rgba(${red}, ${green}, ${blue}, ${(Math.abs(key) / LEVELS) ** power})`;
    context.stroke(paths.get(key));
  }
}

function build(clickable, count) {
  const list = document.createElement("ul");
  list.className = "pictures";
  list.dataset.shape = `${clickable} ${count}`;
  for (let index = 0; index < count; index += 1) {
    const item = document.createElement("li");
    const frame = document.createElement(clickable ? "button" : "div");
    frame.className = "picture";
    if (clickable) frame.type = "button";
    const caption = document.createElement("span");
    caption.className = "caption";
    frame.append(document.createElement("canvas"), caption);
    item.append(frame);
    list.append(item);
  }
  return list;
}

export default function ({ data, parentElement, setStateValue }) {
  const content = JSON.parse(decoder.decode(data));
  const count = content.shapes.length;
  let list = lists.get(parentElement);
  if (list?.dataset.shape !== `${content.clickable} ${count}`) {
    list?.remove();
    list = build(content.clickable, count);
    parentElement.append(list);
    lists.set(parentElement, list);
    // The room kept for one row may grow to more.
    const room = parentElement.closest("[data-testid=stElementContainer]");
    Object.assign(room.style, { flex: "none", height: "auto", overflow: "visible" });
  }
  list.style.setProperty("--size", `${content.size}px`);
  list.style.setProperty("--abreast", Math.min(count, 5)); // even on a phone, where they get smaller

  const style = getComputedStyle(parentElement);
  const ink = rgb(style, content.signed ? "--st-blue-color" : "--st-text-color");
  const negative = rgb(style, "--st-orange-color");
  const bytes = Uint8Array.from(atob(content.pixels), (character) => character.charCodeAt(0));
  const values = content.signed ? new Int8Array(bytes.buffer) : bytes;
  let start = 0;
  [...list.children].forEach((item, index) => {
    const [height, width] = content.shapes[index];
    const frame = item.firstChild;
    const [canvas, caption] = frame.children;
    const own = values.subarray(start, start + height * width);
    start += height * width;
    const full = content.signed ? 127 : 255;
    if (content.stars[index]) star(canvas, own, content.size, full, content.signed, ink, negative);
    else paint(canvas, own, height, width, full, ink, negative);
    canvas.classList.toggle("smooth", content.stars[index] || content.smooth);
    caption.textContent = content.captions[index];
    if (content.clickable) {
      frame.setAttribute("aria-label", content.descriptions[index]);
      frame.setAttribute("aria-pressed", String(content.selected === index));
      frame.onclick = () => setStateValue("click", { value: index, stamp: Date.now() });
    } else {
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", content.descriptions[index]);
    }
  });
}
