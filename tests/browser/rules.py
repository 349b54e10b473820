"""What holds wherever one looks: everybody can reach it, it fits, and it neither jumps nor blinks."""

import re
from collections.abc import Sequence
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.support.browser import eventually, settled

Theme = Literal["light", "dark"]
PANEL = "[role=tabpanel]"  # axe leaves out those that are hidden

COLOUR_RULES = ["color-contrast", "link-in-text-block"]  # the only ones whose findings depend on the theme

# Serious and critical findings: rule, place and markup of each.
AXE = """([part, rules]) => axe.run(part, { resultTypes: ["violations"], ...(rules && { runOnly: rules }) })
    .then(({ violations }) => violations
        .filter(({ impact }) => ["serious", "critical"].includes(impact))
        .flatMap(({ id, nodes }) => nodes.map(node => [id, `${node.target}`, node.html.slice(0, 200)])))"""
# The colours are those of a theme: none is faint because a script runs, or on its way from the other theme.
STILL = """theme => getComputedStyle(document.querySelector('.stApp')).colorScheme === theme
    && !document.querySelector("[data-stale=true]")
    && !document.getAnimations().some(one => one instanceof CSSTransition && one.playState === "running")"""

# What reaches out of the window, or out of a box that hides it or would have to be scrolled.
CUT_OFF = """part => {
    const looked_at = `${part} :not(input[type=range], .katex *, svg *)`;
    const cut = [...document.querySelectorAll(looked_at)].filter(element => {
        if (!element.checkVisibility()) return false;
        const { left, right, width } = element.getBoundingClientRect();
        if (right > innerWidth + 1) return true;
        if (!width || !element.matches("button, table, canvas, .main-svg, .katex-display, code"))
            return false;
        if (element.matches(".katex-display, table") && element.scrollWidth > element.clientWidth + 1)
            return true;
        for (let box = element.parentElement; box; box = box.parentElement) {
            if (getComputedStyle(box).overflowX === "visible") continue;
            const outer = box.getBoundingClientRect();
            if (right > outer.right + 1 || left < outer.left - 1) return true;
        }
        return false;
    });
    const boxes = [document.documentElement, document.querySelector("[data-testid=stMain]")]
        .filter(box => box.scrollWidth > box.clientWidth);
    return [...cut, ...boxes].map(element => element.outerHTML.slice(0, 120));
}"""

# From here on: how far things jumped, and in how many frames not all lines were there that should be.
WATCH = """lines => {
    window.shift = window.frames_seen = window.frames_blank = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => {
        if (!entry.hadRecentInput) window.shift += entry.value;
    })).observe({ type: "layout-shift", buffered: lines === undefined });
    (function look() {
        window.frames_seen += 1;
        for (const [line, count] of Object.entries(lines ?? {})) {
            const there = [...document.querySelectorAll(line)];
            if (there.filter(one => one.tagName !== "path" || one.getAttribute("d")).length < count)
                window.frames_blank += 1;
        }
        requestAnimationFrame(look);
    })();
}"""


def expect_access(page: Page, part: str = PANEL, *, themes: Sequence[Theme] = ("light", "dark")) -> None:
    """Hold a part of the page to all rules in its theme, the first one, and to those on colours in others."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    present, *others = themes
    _expect_no_findings(page, present, part, None)
    for theme in others:
        page.emulate_media(color_scheme=theme)
        _expect_no_findings(page, theme, part, COLOUR_RULES)
        page.emulate_media(color_scheme=present)
        page.wait_for_function(STILL, arg=present)


def _expect_no_findings(page: Page, theme: str, part: str, rules: list[str] | None) -> None:
    def findings() -> Any:
        page.wait_for_function(STILL, arg=theme)
        return page.evaluate(AXE, [part, rules])

    eventually(findings, lambda found: found == [])  # what changes while axe looks may be faint


def expect_fits(page: Page, part: str, width: int | None = None) -> None:
    """Wait until nothing of a part of the page is cut off or has to be scrolled sideways, at a width."""
    if width is not None:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("width => document.documentElement.clientWidth === width", arg=width)
    settled(page)
    eventually(lambda: page.evaluate(CUT_OFF, part), lambda cut: cut == [])


def expect_prints(page: Page, part: str, pages: int) -> None:
    """Expect a part of the page on so many pages of A4 at most, without the sidebar, and nothing cut off."""
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= pages
    page.emulate_media(media="print")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect_fits(page, part)
    page.emulate_media(media="screen")


def watch(page: Page, lines: dict[str, int]) -> None:
    """Look at every frame from now on: these lines, by their selectors, are to be there so many times."""
    page.evaluate(WATCH, lines)


def expect_calm(page: Page, *, jumps: float = 0.02, frames: int = 20) -> None:
    """Expect that nothing jumped and no line was missing in what is watched, over so many frames."""
    page.wait_for_function("frames => window.frames_seen > frames", arg=frames)
    assert page.evaluate("window.frames_blank") == 0
    assert page.evaluate("window.shift") < jumps
