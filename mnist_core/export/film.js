// The film of how a run learned: its ten pictures of weights, frame after frame, with Play and a slider.
//
// Between two frames it shows their mixture, so that the pictures and whatever follows `onFrame` move evenly.
// It moves at the pace of a logarithmic axis of steps: most of the learning happens in the first of them.

const START = 0.5; // where a logarithmic axis shows step 0
const LONGEST = 100; // ms from one picture to the next: a busy browser plays longer and leaves nothing out
const ROUNDED = 1e-6; // positions: the slider rounds its value
const FULL = 127; // the byte of a weight at the end of its frame's scale

// Directions: 7 x 7 places with 4 x 4 numbers, the strengths of edges in 16 directions at that place. A direction is
// that of a gradient, from paper to ink; it is drawn as a short stroke along the edge, across it.
const BLOCK = 4;
const LEVELS = 12; // of opacity: strokes of one level are one path, which is faster than a path for each
const LENGTH = 0.62; // of half a stroke, in places: strokes of neighbours just overlap
const OFFSET = 0.12; // towards the paper, so that the two edges of a pen stroke are two strokes
const WIDTH = 0.09;
// Opacity is a power of the value: direction_maps takes the cube root, which is undone for ink; weights are linear.
// The faintest weights are left out: all strokes together are a thicket.
const INK = { power: 3, faintest: 1 };
const SIGNED = { power: 1.5, faintest: 5 };

/** Return where a step lies on a logarithmic axis; step 0 lies where one half would. */
export const placeOf = (step) => Math.log10(Math.max(step, START));

/** Turn any opaque CSS colour into [red, green, blue], without reading a pixel back. */
export function rgb(colour) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = colour;
  return [1, 3, 5].map((at) => Number.parseInt(context.fillStyle.slice(at, at + 2), 16));
}

/** Paint values from -full to full as square pixels: opaque is full in one colour, -full in the other. */
export function paintPixels(canvas, values, positive, negative, { full = 1, width } = {}) {
  canvas.width = width ?? Math.round(Math.sqrt(values.length));
  canvas.height = values.length / canvas.width;
  const image = new ImageData(canvas.width, canvas.height);
  const { data } = image;
  let at = 0;
  for (const value of values) {
    const [red, green, blue] = value < 0 ? negative : positive;
    data[at] = red;
    data[at + 1] = green;
    data[at + 2] = blue;
    data[at + 3] = (255 * Math.min(Math.abs(value), full)) / full;
    at += 4;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Draw values from -full to full that belong to directions, each as a short stroke; `ink` is never negative. */
export function paintDirections(canvas, values, positive, negative, options = {}) {
  const { full = 1, size = canvas.clientWidth || 84, ink = false } = options;
  const { power, faintest } = ink ? INK : SIGNED;
  const pixels = Math.round(size * (window.devicePixelRatio || 1));
  canvas.width = pixels;
  canvas.height = pixels;
  const places = Math.round(Math.sqrt(values.length)) / BLOCK;
  const cell = pixels / places;
  const paths = new Map(); // signed level of opacity -> a path
  values.forEach((value, at) => {
    const level = Math.ceil((LEVELS * Math.min(Math.abs(value), full)) / full);
    if (level < faintest) return;
    const [row, column] = [Math.floor(at / (places * BLOCK)), at % (places * BLOCK)];
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
    context.strokeStyle = `rgba(${key < 0 ? negative : positive}, ${(Math.abs(key) / LEVELS) ** power})`;
    context.stroke(paths.get(key));
  }
}

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function build(container, captions) {
  const pictures = element("ul", "film-pictures");
  const canvases = captions.map((caption) => {
    const item = element("li", "film-picture");
    const canvas = element("canvas", "");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `The weights of ${caption}`);
    item.append(canvas, element("span", "film-caption", caption));
    pictures.append(item);
    return canvas;
  });
  const controls = element("div", "film-controls");
  const button = element("button", "film-play", "Play");
  button.type = "button";
  const slider = element("input", "film-slider");
  Object.assign(slider, { type: "range", min: 0, step: "any" });
  slider.setAttribute("aria-label", "Step of the run");
  const output = element("span", "film-step");
  controls.append(button, slider, output);
  container.replaceChildren(pictures, controls);
  return { canvases, button, slider, output };
}

/**
 * Put a film into an element, and show its last frame.
 *
 * container: an element; what is in it is replaced. Its CSS properties --film-positive and --film-negative
 *   are the colours; the classes film-pictures, film-picture, film-caption, film-controls, film-play,
 *   film-slider and film-step are there for a style sheet.
 * frames: Int8Array for each frame, the pictures one after the other; 127 is the end of the frame's scale.
 * steps: the number of steps taken at each frame, increasing.
 * scale: the weight that 127 stands for in each frame.
 * captions: a name for each picture.
 * directions: whether the numbers are directions and drawn as strokes.
 * fixedScale: whether the colours keep the scale of the last frame; else each frame has its own, so that the
 *   shapes can be seen after one step.
 * onFrame({ position, frame, step, place, playing }): called for each picture that is shown; the position is
 *   that between frames, 1.5 halfway from the second to the third, frame the nearest one before it, step
 *   rounded, place that on an axis of log10(step).
 * until: the step that the run will reach, if frames are still to come: it sets the pace.
 * seconds: how long it plays. autoplay: whether it begins by itself, which it never does with reducedMotion.
 *
 * Returns { play, pause, show(position), extend({ frames, steps, scale, stay }), repaint, destroy, playing,
 * position }. `extend` brings the frames of a run that goes on: a film at its end then shows the newest,
 * unless it is to stay where it is. `repaint` is for a change of the colours.
 */
export function film({
  container,
  frames,
  steps,
  scale,
  captions = [..."0123456789"],
  directions = false,
  fixedScale = false,
  onFrame = () => {},
  until = 0,
  seconds = 6,
  autoplay = false,
  reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches,
}) {
  const { canvases, button, slider, output } = build(container, captions);
  const last = () => frames.length - 1;
  let position = last();
  let running = 0; // the next animation frame; 0 while nothing plays
  let earlier = null; // the time of the one before, ms

  const placeAt = (at) => {
    const frame = Math.min(Math.floor(at), last());
    const next = Math.min(frame + 1, last());
    return placeOf(steps[frame]) + (at - frame) * (placeOf(steps[next]) - placeOf(steps[frame]));
  };
  const positionAt = (place) => {
    const next = steps.findIndex((step) => placeOf(step) > place);
    if (next < 0) return last();
    if (next === 0) return 0;
    const [from, to] = [placeOf(steps[next - 1]), placeOf(steps[next])];
    return next - 1 + (place - from) / (to - from);
  };

  function paint() {
    const style = getComputedStyle(container);
    const positive = rgb(style.getPropertyValue("--film-positive").trim() || "#0068c9");
    const negative = rgb(style.getPropertyValue("--film-negative").trim() || "#c2410c");
    const frame = Math.min(Math.floor(position), last());
    const next = Math.min(frame + 1, last());
    const share = position - frame;
    const gain = (at) => (fixedScale ? scale[at] / scale[last()] : 1) / FULL;
    const [own, others] = [(1 - share) * gain(frame), share * gain(next)];
    const size = frames[frame].length / canvases.length;
    canvases.forEach((canvas, index) => {
      const values = new Float32Array(size);
      for (let at = 0; at < size; at += 1) {
        const from = index * size + at;
        values[at] = own * frames[frame][from] + others * frames[next][from];
      }
      (directions ? paintDirections : paintPixels)(canvas, values, positive, negative);
    });
    const place = placeAt(position);
    const step = share ? Math.round(10 ** place) : steps[frame];
    slider.max = placeOf(steps[last()]);
    slider.min = placeOf(steps[0]);
    slider.value = place;
    output.textContent = `step ${step.toLocaleString("en")}`;
    slider.setAttribute("aria-valuetext", output.textContent);
    onFrame({ position, frame, step, place, playing: running !== 0 });
  }

  function show(at) {
    position = Math.max(0, Math.min(at, last()));
    paint();
  }

  function pause() {
    cancelAnimationFrame(running);
    running = 0;
    button.textContent = "Play";
    paint();
  }

  function play() {
    if (running) return;
    if (position >= last()) position = 0;
    let place = placeAt(position);
    earlier = null;
    button.textContent = "Pause";
    const move = (now) => {
      const [from, to] = [placeOf(steps[0]), placeOf(steps[last()])];
      place +=
        ((Math.max(to, placeOf(until)) - from) * Math.min(now - (earlier ?? now), LONGEST)) /
        (1000 * seconds);
      earlier = now;
      if (place >= to) {
        position = last();
        pause();
        return;
      }
      position = positionAt(place);
      if (reducedMotion) position = Math.floor(position); // asked for, it goes from frame to frame
      running = requestAnimationFrame(move);
      paint();
    };
    running = requestAnimationFrame(move);
  }

  button.onclick = () => (running ? pause() : play());
  slider.oninput = () => {
    const at = positionAt(Number(slider.value));
    if (running) pause();
    show(Math.abs(at - Math.round(at)) < ROUNDED ? Math.round(at) : at);
  };
  slider.onkeydown = (event) => {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!by) return; // a key goes to the frame before or after
    event.preventDefault();
    if (running) pause();
    show(by > 0 ? Math.floor(position + 1) : Math.ceil(position - 1));
  };
  paint();
  if (autoplay && !reducedMotion) play();

  return {
    play,
    pause,
    show,
    extend({ stay = false, ...more }) {
      const atEnd = !stay && !running && position >= last();
      ({ frames, steps, scale } = more);
      show(atEnd ? last() : position);
    },
    repaint: paint,
    destroy() {
      cancelAnimationFrame(running);
      running = 0;
      container.replaceChildren();
    },
    get playing() {
      return running !== 0;
    },
    get position() {
      return position;
    },
  };
}
