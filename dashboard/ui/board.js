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

// The canvas remembers no more strokes than these.
const MOST_STROKES = 100;

// A finger that has moved less may be one that only rests.
const AT_REST = 4; // px

const SIDE = 280; // px of the picture in which a drawing is told

// Elements that use the keys themselves.
const USES_KEYS = "input, textarea, select, [contenteditable], [role=slider], [role=combobox], [role=dialog]";

const TOUCHES = ["touchstart", "touchmove", "touchend", "touchcancel"];

// Over a disabled button, browsers say nothing of a mouse button that is released: the stroke would not end.
function capture(event) {
  if (event.pointerType === "mouse") event.composedPath()[0].setPointerCapture(event.pointerId);
}

class Board {
  constructor(parent, key) {
    this.parent = parent;
    this.canvas = `.st-key-${CSS.escape(key)} [data-testid=stBidiComponentIsolated]`;
    this.cleared = 0; // strokes that Clear took, and that Undo brings back
    this.buttons = {};
    for (const name of ["undo", "redo", "clear"]) {
      this.buttons[name] = parent.querySelector(`[data-do=${name}]`);
      this.buttons[name].onclick = () => this.perform(name);
    }
    this.key = (event) => this.onKeyDown(event);
    document.addEventListener("keydown", this.key);
    this.observer = new MutationObserver(() => this.refresh());
    this.fingers = new Map(); // those that may still draw, by their identifier: where each came down
    this.touch = (event) => this.onTouch(event);
    this.lift = () => this.onLift();
    this.move = () => this.tellInNextFrame(true);
    this.press = () => this.onPress();
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
    if (drawn && !this.can("Undo")) this.send();
  }

  adopt(host) {
    host.toggleAttribute("data-dark", getComputedStyle(this.parent).colorScheme === "dark");
    if (host === this.host) return;
    this.leave();
    this.host = host;
    this.cleared = 0;
    host.setAttribute("role", "img");
    host.setAttribute("aria-label", "Drawing board: draw with a mouse, a finger or a pen");
    host.shadowRoot.adoptedStyleSheets.push(sheet);
    host.addEventListener("pointerdown", capture);
    host.addEventListener("mousedown", this.press);
    for (const kind of TOUCHES) host.addEventListener(kind, this.touch, { capture: true, passive: false });
    this.observer.observe(host.shadowRoot, { subtree: true, attributeFilter: ["disabled"] });
  }

  detach() {
    document.removeEventListener("keydown", this.key);
    this.leave();
  }

  leave() {
    cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.telling);
    removeEventListener("mousemove", this.move);
    this.observer.disconnect();
    this.host?.removeEventListener("pointerdown", capture);
    this.host?.removeEventListener("mousedown", this.press);
    for (const kind of TOUCHES) this.host?.removeEventListener(kind, this.touch, { capture: true });
  }

  // The canvas follows the finger that came first and no other, so a palm that comes first would hold up the
  // pen. It is given the events of a mouse instead: those of the first finger that moves. A tap is a dot.
  onTouch(event) {
    event.preventDefault();
    event.stopPropagation();
    for (const touch of event.changedTouches) this[event.type](touch);
  }

  touchstart(touch) {
    if (this.drawing === undefined) this.fingers.set(touch.identifier, touch);
  }

  touchmove(touch) {
    const start = this.fingers.get(touch.identifier);
    if (start && Math.hypot(touch.clientX - start.clientX, touch.clientY - start.clientY) > AT_REST) {
      this.fingers.clear(); // the others rest as long as they stay
      this.drawing = touch.identifier;
      this.mouse("mousedown", start);
    }
    if (touch.identifier === this.drawing) this.mouse("mousemove", touch);
  }

  touchend(touch) {
    if (this.fingers.size === 1 && this.fingers.has(touch.identifier)) {
      this.drawing = touch.identifier;
      this.mouse("mousedown", touch);
    }
    this.touchcancel(touch);
  }

  touchcancel(touch) {
    this.fingers.delete(touch.identifier);
    if (touch.identifier !== this.drawing) return;
    this.drawing = undefined;
    this.mouse("mouseup", touch);
  }

  mouse(kind, { clientX, clientY }) {
    const where = { bubbles: true, composed: true, cancelable: true, view: window, clientX, clientY };
    this.host.shadowRoot.querySelector(".upper-canvas").dispatchEvent(new MouseEvent(kind, where));
  }

  onPress() {
    addEventListener("mouseup", this.lift, { once: true });
    addEventListener("mousemove", this.move);
    this.tellInNextFrame(true);
  }

  onLift() {
    removeEventListener("mousemove", this.move);
    cancelAnimationFrame(this.telling);
    this.telling = null;
    document.dispatchEvent(new Event("pen-lifted"));
    setTimeout(() => this.send()); // once the canvas has heard of it too
    // The canvas thins the points of a stroke that has ended, and draws it anew in the next frame.
    requestAnimationFrame(() => this.tellInNextFrame(false));
  }

  // While the pen is down, and once more after it, other components hear what is on the board, all of it here
  // in the browser: finished strokes are on the canvas's lower layer, the running one is on its upper layer.
  tellInNextFrame(penDown) {
    this.telling ??= requestAnimationFrame(() => {
      this.telling = null;
      this.paper ??= new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
      this.paper.clearRect(0, 0, SIDE, SIDE);
      for (const layer of this.host.shadowRoot.querySelectorAll(".lower-canvas, .upper-canvas")) {
        this.paper.drawImage(layer, 0, 0, SIDE, SIDE);
      }
      const image = this.paper.getImageData(0, 0, SIDE, SIDE);
      document.dispatchEvent(new CustomEvent("drawing", { detail: { image, penDown } }));
    });
  }

  own(label) {
    return this.host?.shadowRoot.querySelector(`.dc-toolbar [aria-label="${label}"]`);
  }

  // A stroke is sent 200 ms after it ends; this button sends it at once, and that timer has nothing left to do.
  send() {
    this.own("Update the app with this drawing")?.click();
  }

  can(label) {
    return this.own(label)?.disabled === false;
  }

  async undo() {
    if (this.cleared) await this.repeat("Redo", this.cleared);
    else this.own("Undo")?.click();
  }

  async redo() {
    if (!this.cleared) this.own("Redo")?.click();
  }

  // The canvas's own way to clear forgets every stroke. It is for a drawing of more strokes than it remembers.
  async clear() {
    const strokes = await this.repeat("Undo", MOST_STROKES);
    if (strokes < MOST_STROKES) this.cleared = strokes;
    else this.own("Reset canvas & history").click();
  }

  // Each step ends in promises, and of two at once the first may end last: the next waits for the next task.
  async repeat(label, most) {
    let count = 0;
    for (; count < most && this.can(label); count += 1) {
      this.own(label).click();
      await new Promise((resolve) => setTimeout(resolve));
    }
    this.cleared = 0;
    return count;
  }

  // One thing after the other: what is pressed meanwhile is pressed in vain.
  async perform(name) {
    if (this.busy) return;
    this.busy = true;
    await this[name]();
    this.busy = false;
    this.refresh();
  }

  onKeyDown(event) {
    if (event.target.closest?.(USES_KEYS) || !this.host?.checkVisibility()) return;
    const command = event.ctrlKey || event.metaKey;
    const key = (command ? "ctrl " : "") + (event.shiftKey ? "shift " : "") + event.key.toLowerCase();
    const name = { "ctrl z": "undo", "ctrl y": "redo", "ctrl shift z": "redo", c: "clear" }[key];
    if (!name || event.altKey) return;
    event.preventDefault();
    if (!this.buttons[name].disabled) this.perform(name);
  }

  refresh() {
    if (this.busy) return;
    if (this.can("Undo")) this.cleared = 0; // a new stroke: what was cleared is forgotten
    const cleared = this.cleared > 0;
    this.buttons.undo.disabled = !cleared && !this.can("Undo");
    this.buttons.redo.disabled = cleared || !this.can("Redo");
    this.buttons.clear.disabled = !this.can("Undo"); // there is something to clear if there is to undo
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
