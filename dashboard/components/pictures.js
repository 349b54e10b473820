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
  const [count, height, width] = content.shape;
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
  [...list.children].forEach((item, index) => {
    const frame = item.firstChild;
    const [canvas, caption] = frame.children;
    const own = values.subarray(index * height * width, (index + 1) * height * width);
    paint(canvas, own, height, width, content.signed ? 127 : 255, ink, negative);
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
