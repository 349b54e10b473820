// Rows of pictures; `film` is mnist_core/export/film.js: it paints them.

const decoder = new TextDecoder();
const lists = new WeakMap(); // the element Streamlit gives us -> its <ul>

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
  const colour = (name) => film.rgb(style.getPropertyValue(name).trim());
  const positive = colour(content.signed ? "--st-blue-color" : "--st-text-color");
  const negative = colour("--st-orange-color");
  const bytes = Uint8Array.from(atob(content.pixels), (character) => character.charCodeAt(0));
  const values = content.signed ? new Int8Array(bytes.buffer) : bytes;
  const full = content.signed ? 127 : 255;
  let start = 0;
  [...list.children].forEach((item, index) => {
    const [height, width] = content.shapes[index];
    const frame = item.firstChild;
    const [canvas, caption] = frame.children;
    const own = values.subarray(start, start + height * width);
    start += height * width;
    const paint = content.stars[index] ? film.paintDirections : film.paintPixels;
    paint(canvas, own, positive, negative, { full, width, size: content.size, ink: !content.signed });
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
