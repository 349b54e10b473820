"""Everything can be reached by everybody: axe-core's rules on every tab, and the keyboard."""

from collections.abc import Callable
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.strokes import DIGITS, draw

LIMIT = 60_000  # milliseconds; for a busy machine
LAST = {  # of each tab, what is there once it is whole
    "Train": ".st-key-templates",
    "Draw": ".st-key-stages",
    "Look inside": ".st-key-weights",
    "How it works": ".st-key-how-digit",
}
VIEWS = {"Answer": ".st-key-evidence", "Mistakes": ".st-key-gallery", "How sure": ".st-key-reliability"}

Visit = Callable[..., Page]


def _severe(page: Page) -> list[tuple[str, str, str]]:
    """Name the rule, the place and the markup of each serious or critical finding."""
    findings: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        (finding["id"], " ".join(map(str, node["target"])), node["html"][:200])
        for finding in findings
        if finding["impact"] in {"serious", "critical"}
        for node in finding["nodes"]
    ]


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (375, 812)], ids=["desktop", "phone"])
def test_axe_finds_nothing_severe_on_any_tab(
    lab: str, visit: Visit, width: int, height: int, color_scheme: Literal["light", "dark"]
) -> None:
    page = visit(f"{lab}/?epochs=2", width=width, height=height, color_scheme=color_scheme)
    train = page.get_by_test_id("stMain").get_by_role("button", name="Train", exact=True)
    expect(train).to_be_enabled(timeout=LIMIT)
    found = {"before": _severe(page)}
    train.click()
    expect(page.get_by_text("Finished: 80 steps")).to_be_visible(timeout=LIMIT)
    for tab, last in LAST.items():
        page.get_by_role("tab", name=tab).click()
        expect(page.locator(last)).to_be_visible(timeout=LIMIT)
        if tab == "Draw":
            draw(page, DIGITS[3])
            expect(page.locator(".answer")).not_to_be_empty(timeout=LIMIT)
        found[tab] = _severe(page)
        for view, proof in VIEWS.items() if tab == "Look inside" else ():
            page.locator(".st-key-view").get_by_text(view, exact=True).click()
            expect(page.locator(proof)).to_be_visible(timeout=LIMIT)
            found[view] = _severe(page)
    assert found == {state: [] for state in found}
