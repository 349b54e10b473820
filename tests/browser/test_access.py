"""Everything can be reached by everybody and fits: axe-core's rules and the width, on every tab.

The colours of a theme are the same on every screen: each theme is looked at on one.
"""

from playwright.sync_api import Page, expect

from tests.browser.rules import PANEL, Theme, expect_access, expect_fits
from tests.support.browser import DIGITS, Visit, draw, headline, open_tab, press, usable

LAST = {  # of each tab, what is there once it is whole
    "Train": ".st-key-templates",
    "Draw": ".st-key-stages",
    "Compare": ".st-key-compare-actions",
    "Look inside": ".st-key-weights",
    "Learn": ".st-key-learn-list",
}
VIEWS = {"Answer": ".st-key-attributions", "Mistakes": ".st-key-gallery", "Confidence": ".st-key-reliability"}


def _tour(page: Page, theme: Theme, *, after_drawing: str = "") -> None:
    """Look at every tab at the end of a run, with a drawing."""
    for tab, last in LAST.items():
        open_tab(page, tab)
        expect(page.locator(last)).to_be_visible()
        if tab == "Draw":
            draw(page, DIGITS[3])
            expect(page.locator(".answer")).not_to_be_empty()
            for part in filter(None, after_drawing.split(", ")):
                expect(page.locator(part)).to_be_in_viewport(ratio=1)
        expect_access(page, "html" if tab == "Train" else PANEL, themes=[theme])
        expect_fits(page, PANEL)
        for view, proof in VIEWS.items() if tab == "Look inside" else ():
            page.locator(".st-key-view").get_by_text(view, exact=True).click()
            expect(page.locator(proof)).to_be_visible()
            expect_access(page, themes=[theme])
            expect_fits(page, PANEL)
    page.locator(LAST["Learn"]).get_by_role("button", name="How it works").click()
    expect(page.locator(".st-key-how-digit canvas").first).to_be_visible()
    expect_access(page, themes=[theme])
    expect_fits(page, PANEL)


def test_on_a_desktop_every_tab_can_be_reached_and_fits(lab: str, visit: Visit) -> None:
    page = visit(f"{lab}/?epochs=2")
    page.emulate_media(reduced_motion="reduce")  # no film to wait for
    usable(page)
    expect_access(page, "html", themes=["light"])
    press(page, "Train")
    expect(headline(page)).to_contain_text("Finished: 80 steps")
    _tour(page, "light")


def test_on_a_phone_in_the_dark_the_sidebar_is_a_drawer_and_every_tab_can_be_reached_and_fits(
    lab: str, visit: Visit
) -> None:
    page = visit(f"{lab}/?epochs=2", width=375, height=812, touch=True, color_scheme="dark")
    page.emulate_media(reduced_motion="reduce")
    train = page.get_by_test_id("stSidebar").get_by_role("button", name="Train", exact=True)
    settings = page.get_by_role("button", name="Settings and training")
    usable(page)
    expect(train).not_to_be_in_viewport()
    expect_access(page, "html", themes=["dark"])
    settings.tap()
    expect(train).to_be_in_viewport()
    page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").tap()
    expect(train).not_to_be_in_viewport()
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)  # Share is in the same corner
    settings.tap()
    expect(train).to_be_in_viewport()
    train.tap()
    expect(headline(page)).to_contain_text("Finished: 80 steps")
    expect(train).not_to_be_in_viewport()
    expect(page.get_by_role("button", name="Skip")).to_be_hidden()  # with reduced motion no film plays
    expect(page.locator(".st-key-templates .film-step")).to_have_text("step 80")
    expect(page.locator(".st-key-accuracy .nsewdrag")).to_be_in_viewport()
    page.get_by_test_id("stExpandSidebarButton").tap()
    page.get_by_test_id("stSidebar").get_by_role("button", name="Continue").tap()
    expect(headline(page)).to_contain_text("Finished: 160 steps")
    expect(train).not_to_be_in_viewport()
    page.get_by_role("button", name="Share").tap()
    expect(page.get_by_role("textbox", name="Link to these settings")).to_be_visible()
    expect_fits(page, "[data-testid=stPopoverBody]")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stPopoverBody")).to_be_hidden()
    _tour(page, "dark", after_drawing=".answer, .st-key-verdict p, .st-key-board-paper")
