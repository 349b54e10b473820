const decoder = new TextDecoder();
const figures = new WeakMap(); // the element Streamlit gives us -> the figure in it

export default function ({ data, parentElement }) {
  const markup = decoder.decode(data);
  let figure = figures.get(parentElement);
  if (!figure) {
    figure = document.createElement("div");
    figure.className = "class-figure";
    parentElement.append(figure);
    figures.set(parentElement, figure);
    // The room kept for it may grow to what it needs.
    const room = parentElement.closest("[data-testid=stElementContainer]");
    Object.assign(room.style, { flex: "none", height: "auto" });
  }
  if (figure.markup === markup) return;
  figure.markup = markup;
  figure.innerHTML = markup; // ours: whatever people wrote is escaped in Python
}
