"""Everything can be reached by everybody: axe-core's rules on every tab, and the keyboard."""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.support.browser import DIGITS, Visit, draw, headline, open_tab, press, usable

LAST = {  # of each tab, what is there once it is whole
    "Train": ".st-key-templates",
    "Draw": ".st-key-stages",
    "Look inside": ".st-key-weights",
    "How it works": ".st-key-how-digit",
}
VIEWS = {"Answer": ".st-key-attributions", "Mistakes": ".st-key-gallery", "Confidence": ".st-key-reliability"}
COLOUR_RULES = ["color-contrast", "link-in-text-block"]  # the only ones whose findings depend on the theme

# Serious and critical findings: rule, place and markup of each.
RUN = """rules => axe.run({ resultTypes: ["violations"], ...(rules && { runOnly: rules }) }).then(results =>
    results.violations.filter(found => ["serious", "critical"].includes(found.impact)).flatMap(found =>
        found.nodes.map(node => [found.id, node.target.join(" "), node.html.slice(0, 200)])))"""


def _severe(page: Page) -> list[Any]:
    """Run all rules in the light theme, and those on colours in the dark one."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[Any] = page.evaluate(RUN, None)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("getComputedStyle(document.querySelector('.stApp')).colorScheme === 'dark'")
    found += page.evaluate(RUN, COLOUR_RULES)
    page.emulate_media(color_scheme="light")
    page.wait_for_function("getComputedStyle(document.querySelector('.stApp')).colorScheme === 'light'")
    return found


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (375, 812)], ids=["desktop", "phone"])
def test_axe_finds_nothing_severe_on_any_tab(lab: str, visit: Visit, width: int, height: int) -> None:
    page = visit(f"{lab}/?epochs=2", width=width, height=height, touch=width < 400)
    usable(page)
    found = {"before": _severe(page)}
    press(page, "Train")
    expect(headline(page)).to_contain_text("Finished: 80 steps")
    for tab, last in LAST.items():
        open_tab(page, tab)
        expect(page.locator(last)).to_be_visible()
        if tab == "Draw":
            draw(page, DIGITS[3])
            expect(page.locator(".answer")).not_to_be_empty()
        found[tab] = _severe(page)
        for view, proof in VIEWS.items() if tab == "Look inside" else ():
            page.locator(".st-key-view").get_by_text(view, exact=True).click()
            expect(page.locator(proof)).to_be_visible()
            found[view] = _severe(page)
    assert found == {state: [] for state in found}
