// The canvas's own toolbar is invisible until hovered and still takes taps: in the upper right corner of a
// touch screen one of them wipes the drawing. It is taken out of the page here, and our buttons press its.
// The paper is white and the ink black to Python at all times; in the dark only the looks are turned round,
// because a canvas that is given another background starts empty.
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  .dc-toolbar { display: none !important; }
  .dc-canvas { outline: none !important; }
  .dc-root { touch-action: none; }
  /* Square: a rounded corner that clips the canvas lets a finger through to the page. */
  .dc-root::after {
    content: "";
    position: absolute;
    inset: 0;
    z-index: 30;
    border: 1px solid var(--st-border-color);
    pointer-events: none;
  }
  :host([data-dark]) .dc-container { filter: invert(0.88); }
`);

class Board {
  constructor(parent, key) {
    this.parent = parent;
    this.canvas = `.st-key-${CSS.escape(key)} [data-testid=stBidiComponentIsolated]`;
    this.buttons = [...parent.querySelectorAll("button")];
    for (const button of this.buttons) button.onclick = () => this.own(button.dataset.own)?.click();
    this.observer = new MutationObserver(() => this.refresh());
    this.lift = () => setTimeout(() => this.send()); // once the canvas has heard of it too
    this.press = () => addEventListener("pointerup", this.lift, { once: true });
  }

  // Find the canvas, which may come later than we do, or be mounted anew.
  attach(drawn) {
    cancelAnimationFrame(this.frame);
    const host = document.querySelector(this.canvas);
    if (!host?.shadowRoot?.querySelector(".dc-toolbar button")) {
      host?.shadowRoot && this.adopt(host);
      this.frame = requestAnimationFrame(() => this.attach(drawn));
      return;
    }
    this.adopt(host);
    this.refresh();
    // Mounted anew, the canvas is empty while Python still has a drawing: let them agree.
    if (drawn && this.own("Undo").disabled) this.send();
  }

  adopt(host) {
    host.toggleAttribute("data-dark", getComputedStyle(this.parent).colorScheme === "dark");
    if (host === this.host) return;
    this.detach();
    this.host = host;
    host.setAttribute("role", "img");
    host.setAttribute("aria-label", "Drawing board: draw with a mouse, a finger or a pen");
    host.shadowRoot.adoptedStyleSheets.push(sheet);
    host.addEventListener("pointerdown", this.press);
    this.observer.observe(host.shadowRoot, { subtree: true, attributeFilter: ["disabled"] });
  }

  detach() {
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    this.host?.removeEventListener("pointerdown", this.press);
  }

  own(label) {
    return this.host?.shadowRoot.querySelector(`.dc-toolbar [aria-label="${label}"]`);
  }

  // A stroke is sent 200 ms after it ends; this button sends it at once, and that timer has nothing left to do.
  send() {
    this.own("Update the app with this drawing")?.click();
  }

  refresh() {
    // There is something to clear whenever there is something to undo.
    for (const button of this.buttons) button.disabled = this.own(button.dataset.follows).disabled;
  }
}

const boards = new WeakMap(); // the element Streamlit gives us -> its board

export default function ({ data, parentElement }) {
  let board = boards.get(parentElement);
  if (!board) {
    board = new Board(parentElement, data.canvas);
    boards.set(parentElement, board);
  }
  board.attach(data.drawn); // again with each change of the theme
  return () => {
    if (parentElement.isConnected) return;
    board.detach();
    boards.delete(parentElement);
  };
}
