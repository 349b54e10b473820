"""Everything can be reached by everybody: axe-core's rules on every tab, and the keyboard."""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.support.browser import DIGITS, Visit, draw, headline, open_tab, press, usable

LAST = {  # of each tab, what is there once it is whole
    "Train": ".st-key-templates",
    "Draw": ".st-key-stages",
    "Compare": ".st-key-compare-actions",
    "Look inside": ".st-key-weights",
    "Learn": ".st-key-learn-list",
}
VIEWS = {"Answer": ".st-key-attributions", "Mistakes": ".st-key-gallery", "Confidence": ".st-key-reliability"}
COLOUR_RULES = ["color-contrast", "link-in-text-block"]  # the only ones whose findings depend on the theme

PANEL = "[role=tabpanel]"  # axe leaves out those that are hidden

# Serious and critical findings: rule, place and markup of each.
RUN = """([part, rules]) => axe.run(part, { resultTypes: ["violations"], ...(rules && { runOnly: rules }) })
    .then(({ violations }) => violations
        .filter(({ impact }) => ["serious", "critical"].includes(impact))
        .flatMap(({ id, nodes }) => nodes.map(node => [id, `${node.target}`, node.html.slice(0, 200)])))"""
# The colours are those of a theme: none is faint because a script runs, or on its way from the other theme.
STILL = """theme => getComputedStyle(document.querySelector('.stApp')).colorScheme === theme
    && !document.querySelector("[data-stale=true]")
    && !document.getAnimations().some(one => one instanceof CSSTransition && one.playState === "running")"""


def _severe(page: Page, part: str = "html", *, dark: bool = True) -> list[Any]:
    """Run all rules on a part of the page in the light theme, and those on colours in the dark one too."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    page.wait_for_function(STILL, arg="light")
    found: list[Any] = page.evaluate(RUN, [part, None])
    if not dark:
        return found
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(STILL, arg="dark")
    found += page.evaluate(RUN, [part, COLOUR_RULES])
    page.emulate_media(color_scheme="light")
    page.wait_for_function(STILL, arg="light")
    return found


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (375, 812)], ids=["desktop", "phone"])
def test_axe_finds_nothing_severe_on_any_tab(lab: str, visit: Visit, width: int, height: int) -> None:
    phone = width < 400
    page = visit(f"{lab}/?epochs=2", width=width, height=height, touch=phone)

    def severe(part: str) -> list[Any]:
        return _severe(page, part, dark=not phone)  # a phone has the same colours

    usable(page)
    found = {"before": severe("html")}
    press(page, "Train")
    expect(headline(page)).to_contain_text("Finished: 80 steps")
    for tab, last in LAST.items():
        open_tab(page, tab)
        expect(page.locator(last)).to_be_visible()
        if tab == "Draw":
            draw(page, DIGITS[3])
            expect(page.locator(".answer")).not_to_be_empty()
        found[tab] = severe("html" if tab == "Train" else PANEL)
        if tab == "Learn":
            page.locator(last).get_by_role("button", name="How it works").click()
            expect(page.locator(".st-key-how-digit canvas").first).to_be_visible()
            found["lesson"] = severe(PANEL)
        for view, proof in VIEWS.items() if tab == "Look inside" else ():
            page.locator(".st-key-view").get_by_text(view, exact=True).click()
            expect(page.locator(proof)).to_be_visible()
            found[view] = severe(PANEL)
    assert found == {state: [] for state in found}
