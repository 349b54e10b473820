const WAYS = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };

const SWITCH = ".st-key-presenting input";
const NEXT = "[data-testid=stBaseButton-primary]:enabled"; // commits to a guess, then trains

// Elements that use these keys themselves.
const USES_ENTER = "button, a, summary, textarea, select, [role=tab], [role=radio], [role=combobox]";
const USES_KEYS = "input, textarea, select, [role=slider], [role=tab], [role=radio], [contenteditable]";
const CHOSEN = "[role=radio][aria-checked=true], [aria-pressed=true]"; // Enter goes on from there, too
const PLACE = 16; // px from the top of the window
const REACHED = 8; // px: a heading this near to its place is where the page stands

let within = "";
let active = false;
let listening = false;

const headingsOf = () => [...document.querySelectorAll(`.st-key-${within} :is(h2, h3)`)];

// The switch has the focus when it is pressed: it would take the space key, and turn itself off.
function onChange({ target }) {
  if (!target.matches?.(SWITCH)) return;
  active = target.checked;
  if (!active) return;
  leave(target);
}

function leave(target) {
  const [first] = headingsOf();
  if (!first) return target.blur();
  first.tabIndex = -1; // so that the next Tab leads into the page
  first.focus({ preventScroll: true });
}

function onKeyDown(event) {
  if (!active || event.ctrlKey || event.altKey || event.metaKey) return;
  const headings = headingsOf();
  if (!document.querySelector(`.st-key-${within}`)?.offsetParent) return; // another tab is open
  const takesEnter = event.target.closest(USES_ENTER) && !event.target.closest(CHOSEN);
  if (event.key === "Enter" && !event.repeat && !takesEnter) {
    const next = document.querySelector(`.st-key-${within} ${NEXT}`);
    if (!next) return;
    event.preventDefault();
    event.stopPropagation(); // what is chosen would be taken back
    next.click();
    return;
  }
  if (event.key === "Escape") {
    document.querySelector(SWITCH)?.click();
    return;
  }
  if (event.target.closest(USES_KEYS)) return;
  if (event.key === " " && !event.target.closest(USES_ENTER)) event.preventDefault(); // or the page would scroll
  const way = WAYS[event.key];
  if (!way) return;
  event.preventDefault();
  const top = (heading) => heading.getBoundingClientRect().top;
  const next =
    way > 0
      ? headings.find((heading) => top(heading) > PLACE + REACHED)
      : headings.reverse().find((heading) => top(heading) < PLACE - REACHED);
  if (!next) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  // Not scrollIntoView, whose margin the large type would enlarge.
  document
    .querySelector("[data-testid=stMain]")
    .scrollBy({ top: top(next) - PLACE, behavior: calm ? "instant" : "smooth" });
}

export default function ({ data }) {
  const begins = data.active && !active;
  ({ within, active } = data);
  // A click on its label changes it without an event.
  if (begins && document.activeElement.matches(SWITCH)) leave(document.activeElement);
  if (listening) return;
  listening = true;
  document.addEventListener("keydown", onKeyDown, true); // before the control that has the focus
  document.addEventListener("change", onChange);
}
