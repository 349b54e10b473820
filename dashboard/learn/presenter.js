const WAYS = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };

// Elements that use these keys themselves.
const USES_KEYS = "input, textarea, select, [role=slider], [role=tab], [role=radio], [contenteditable]";
const PLACE = 80; // px from the top of the window, below the page's header
const REACHED = 8; // px: a heading this near to its place is where the page stands

let within = "";
let active = false;
let listening = false;

function onKeyDown(event) {
  const way = WAYS[event.key];
  if (!active || !way || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest(USES_KEYS)) return;
  const headings = [...document.querySelectorAll(`.st-key-${within} :is(h2, h3)`)];
  if (!headings.some((heading) => heading.offsetParent)) return; // another tab is open
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
  ({ within, active } = data);
  if (listening) return;
  listening = true;
  document.addEventListener("keydown", onKeyDown);
}
