// The canvas's own toolbar is invisible until hovered and still takes taps: in the upper right corner of a
// touch screen one of them wipes the drawing. It is taken out of the page here, and our buttons press its.
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  .dc-toolbar { display: none !important; }
  .dc-canvas { outline: none !important; }
  .dc-container { border-radius: 8px; overflow: hidden; }
  .dc-root::after {
    content: "";
    position: absolute;
    inset: 0;
    z-index: 30;
    border: 1px solid var(--st-border-color);
    border-radius: 8px;
    pointer-events: none;
  }
  :host([data-dark]) .dc-container { filter: invert(0.88); }
`);

const boards = new WeakMap(); // the element Streamlit gives us -> stop

function isDark(style) {
  const pixel = new OffscreenCanvas(1, 1).getContext("2d");
  pixel.fillStyle = style.getPropertyValue("--st-background-color").trim();
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pixel.getImageData(0, 0, 1, 1).data;
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

function connect(parent, key) {
  const buttons = [...parent.querySelectorAll("button[data-action]")];
  let host;
  let observer;
  let frame;

  const toolbar = (label) => host.shadowRoot.querySelector(`.dc-toolbar [aria-label="${label}"]`);

  const refresh = () => {
    const undo = toolbar("Undo");
    for (const button of buttons) {
      const own = toolbar(button.dataset.action);
      // Clearing has something to do whenever undo has.
      button.disabled = !own || (button.dataset.action.startsWith("Reset") ? undo.disabled : own.disabled);
    }
  };
  const press = (event) => toolbar(event.currentTarget.dataset.action)?.click();
  for (const button of buttons) button.addEventListener("click", press);

  // A stroke is sent 200 ms after it ends; the toolbar's first button sends at once.
  const send = () => setTimeout(() => toolbar("Update the app with this drawing")?.click());
  const stroke = () => window.addEventListener("pointerup", send, { once: true });

  const attach = () => {
    const found = document.querySelector(`.st-key-${CSS.escape(key)} [data-testid=stBidiComponentIsolated]`);
    if (found?.shadowRoot && found !== host) {
      observer?.disconnect();
      host = found;
      host.shadowRoot.adoptedStyleSheets.push(sheet);
      host.shadowRoot.addEventListener("pointerdown", stroke);
      observer = new MutationObserver(refresh);
      observer.observe(host.shadowRoot, { subtree: true, childList: true, attributeFilter: ["disabled"] });
      refresh();
    }
    if (host) host.toggleAttribute("data-dark", isDark(getComputedStyle(parent)));
    if (!found?.shadowRoot) frame = requestAnimationFrame(attach);
  };

  const disconnect = () => {
    cancelAnimationFrame(frame);
    observer?.disconnect();
    host?.shadowRoot.removeEventListener("pointerdown", stroke);
    for (const button of buttons) button.removeEventListener("click", press);
  };
  return { attach, disconnect };
}

export default function ({ data, parentElement }) {
  let board = boards.get(parentElement);
  if (!board) boards.set(parentElement, (board = connect(parentElement, data.canvas)));
  board.attach(); // again with each change of the theme
  return () => {
    if (parentElement.isConnected) return;
    board.disconnect();
    boards.delete(parentElement);
  };
}
