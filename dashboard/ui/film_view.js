// A film on the page: what the page adds to mnist_core/export/film.js, which is `film` here.
//
// What is shown goes to the charts as an event, "digit-lab-film". The first film that this browser ever plays
// is played while its run learns; the headline shows the numbers of the film then, and Pause and Next of the
// sidebar are the film's.

const decoder = new TextDecoder();
const films = new WeakMap(); // the element Streamlit gives us -> its film
const SECONDS = 5; // that a film takes
const CURVE = ".st-key-accuracy .scatterlayer .trace";
const PATIENCE = 10_000; // ms for the curve to come; a busy browser takes seconds for its first
const PLAYED = `${new URL(".", document.baseURI).pathname}film-played`;
const BUTTONS = ".st-key-pause button, .st-key-continue button, .st-key-next button";

function parse(data) {
  const length = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
  const header = JSON.parse(decoder.decode(data.subarray(4, 4 + length)));
  const pixels = new Int8Array(data.slice(4 + length).buffer);
  const size = pixels.length / header.steps.length;
  header.frames = header.steps.map((_, at) => pixels.subarray(at * size, (at + 1) * size));
  return header;
}

// In a browser that keeps nothing, as some private windows, each page plays one.
let played = false;
function takeFirst() {
  try {
    played ||= localStorage.getItem(PLAYED) !== null;
    localStorage.setItem(PLAYED, "1");
  } catch {}
  const first = !played;
  played = true;
  return first;
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const short = (epoch) => String(Number(epoch.toFixed(2)));

class View {
  constructor(parent) {
    this.parent = parent;
    this.element = parent.appendChild(document.createElement("div"));
    this.element.className = "film";
    this.skip = document.createElement("button");
    Object.assign(this.skip, { type: "button", className: "film-skip", textContent: "Skip" });
    this.skip.onclick = () => this.leave();
    this.click = (event) => this.onClick(event);
    this.key = (event) => this.onKeyDown(event);
  }

  show(content, report) {
    const { frames, steps, scale, fixedScale, run, until } = content;
    const again = this.content?.run === run && this.content.fixedScale === fixedScale;
    this.report = report;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!again) {
      this.leave();
      this.film?.destroy();
    }
    this.content = content;
    this.element.style.setProperty("--size", `${content.size}px`);
    this.element.classList.toggle("film-smooth", content.smooth);
    this.element.classList.toggle("film-single", steps.length < 2);
    if (again) {
      this.film.extend({ frames, steps, scale, stay: this.premiere });
      if (this.premiere && !this.paused && !this.waiting) this.film.play();
    } else {
      // Behind another tab it would only keep the headline back.
      this.premiere = content.first && !still && this.parent.checkVisibility() && takeFirst();
      this.paused = false;
      this.film = null;
      this.film = film.film({
        container: this.element,
        frames,
        steps,
        scale,
        fixedScale,
        until,
        seconds: SECONDS,
        onFrame: (shown) => this.onFrame(shown),
      });
      const controls = this.element.querySelector(".film-controls");
      controls.insertBefore(this.skip, controls.querySelector(".film-slider"));
      controls.querySelector(".film-slider").addEventListener("change", () => this.tell());
      controls.querySelector(".film-play").addEventListener("click", () => this.tell());
      if (this.premiere) this.begin();
      else if (content.shown !== null) this.film.show(content.shown);
    }
    this.skip.hidden = !this.premiere;
    this.film.repaint(); // the theme may have changed
  }

  begin() {
    addEventListener("click", this.click, { capture: true });
    addEventListener("keydown", this.key, { capture: true });
    document.documentElement.dataset.film = "playing";
    this.film.show(0);
    this.wait(performance.now() + PATIENCE);
  }

  // Play as soon as there is a curve that can rise.
  wait(until) {
    this.waiting = this.premiere && !document.querySelector(CURVE) && performance.now() < until;
    if (this.waiting) requestAnimationFrame(() => this.wait(until));
    else if (this.premiere && !this.paused) this.film.play();
  }

  // End the first film, at its last frame.
  leave() {
    if (!this.premiere) return;
    this.premiere = false;
    this.skip.hidden = true;
    removeEventListener("click", this.click, { capture: true });
    removeEventListener("keydown", this.key, { capture: true });
    delete document.documentElement.dataset.film;
    this.film.pause();
    this.film.show(Infinity);
  }

  onFrame(shown) {
    if (this.premiere && !this.film) return; // the last frame, before the first one is shown
    const { content } = this;
    const { steps, accuracy, loss, epoch, captions } = content;
    const atEnd = shown.position >= steps.length - 1;
    const captioned = this.element.querySelectorAll(".film-caption");
    captions[shown.frame]?.forEach((caption, at) => {
      captioned[at].textContent = caption;
    });
    if (content.followed) {
      const whole = atEnd && !(this.premiere && content.learning);
      dispatchEvent(new CustomEvent("digit-lab-film", { detail: whole ? null : shown.place }));
    }
    if (!this.premiere) return;
    const style = document.documentElement.style;
    const share = shown.position - shown.frame;
    const between = (values) =>
      values[shown.frame] + share * ((values[shown.frame + 1] ?? values[shown.frame]) - values[shown.frame]);
    style.setProperty("--film-accuracy", `"${percent(between(accuracy))}"`);
    style.setProperty("--film-loss", `"${between(loss).toFixed(3)}"`);
    style.setProperty("--film-epoch", `"${short(between(epoch))}"`);
    style.setProperty("--film-pause", this.paused ? '"Resume"' : '"Pause"');
    if (atEnd && !content.learning && !shown.playing) this.leave();
  }

  pause() {
    this.paused = this.film.playing;
    if (this.paused) this.film.pause();
    else this.film.play();
  }

  onClick(event) {
    const button = event.target.closest?.(BUTTONS);
    if (this.element.querySelector(".film-play") === event.target) this.paused = this.film.playing;
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    if (!button.closest(".st-key-next")) {
      this.pause();
      return;
    }
    this.paused = true;
    this.film.pause();
    this.film.show(Math.floor(this.film.position + 1));
    if (this.film.position >= this.content.steps.length - 1) this.leave();
  }

  onKeyDown(event) {
    if (event.key !== " " || event.repeat || event.target.closest("input, textarea, [role=slider]")) return;
    event.preventDefault();
    event.stopPropagation();
    this.pause();
  }

  // Tell Python where somebody has stopped.
  tell() {
    if (this.film.playing || this.premiere) return;
    this.report({ value: Math.round(this.film.position), stamp: Date.now() });
  }
}

export default function ({ data, parentElement, setStateValue }) {
  let view = films.get(parentElement);
  if (!view) {
    view = new View(parentElement);
    films.set(parentElement, view);
  }
  view.show(parse(data), (value) => setStateValue("click", value));
  return () => {
    if (parentElement.isConnected) return;
    view.leave();
    view.film.destroy();
    films.delete(parentElement);
  };
}
