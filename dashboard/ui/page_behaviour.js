const DRAWER = "(max-width: 768px)"; // Streamlit's sidebar covers the page on such a screen

// Elements that use the space key themselves.
const USES_SPACE =
  "button, input, textarea, select, summary, a, [role=slider], [role=tab], [contenteditable]";

const press = (selector) => document.querySelector(selector)?.click();

// Space would press the button again that a click has left focused.
const RUN_CONTROLS = ".st-key-train button, .st-key-continue button, .st-key-next button";

function onClick({ target, detail }) {
  const pressed = detail > 0 && target.closest(RUN_CONTROLS); // 0: with a key
  if (pressed) pressed.blur();
  if (!matchMedia(DRAWER).matches) return;
  if (target.closest(".st-key-train button, .st-key-continue button"))
    press("[data-testid=stSidebarCollapseButton] button");
  if (target.closest(".st-key-open-settings button")) press("[data-testid=stExpandSidebarButton]");
}

function onKeyDown(event) {
  if (event.key !== " " || event.repeat || event.target.closest(USES_SPACE)) return;
  const pause = document.querySelector(".st-key-pause button:enabled");
  if (!pause) return;
  event.preventDefault(); // or the page would scroll
  pause.click();
}

// Whenever Python changes the URL, Streamlit adds a step to the browser's history. Settings and the tab alone are
// not a step here, or going back would lead to a run with some of its settings.
const pushState = history.pushState.bind(history);
let noSteps = [];

function steps(address) {
  const { searchParams } = new URL(address, location);
  for (const name of noSteps) searchParams.delete(name);
  searchParams.sort();
  return searchParams.toString();
}

function addStep(state, unused, address) {
  if (steps(address) === steps(location.href)) history.replaceState(state, unused, address);
  else pushState(state, unused, address);
}

// For paper: a style sheet cannot ask which theme is shown, which the menu of the page may have set.
function noteTheme() {
  const app = document.querySelector("[data-testid=stApp]");
  const [red, green, blue] = getComputedStyle(app).backgroundColor.match(/\d+/g);
  document.documentElement.toggleAttribute("data-dark", +red + +green + +blue < 3 * 128);
}

let listening = false;

export default function ({ data }) {
  noSteps = data.no_steps;
  noteTheme();
  if (listening) return;
  listening = true;
  history.pushState = addStep;
  addEventListener("beforeprint", noteTheme);
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKeyDown);
}
