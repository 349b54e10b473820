"""A whole run in slow motion, watched frame by frame: nothing blinks, nothing jumps, a zoom stays."""

from playwright.sync_api import expect

from tests.support.browser import Visit, headline, press, switch

CURVES = ".st-key-accuracy .scatterlayer .trace"

WATCH = """() => {
    window.shift = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.shift += entry.value)))
        .observe({ type: "layout-shift" });
    window.frames_seen = window.frames_blank = 0;
    (function look() {
        window.frames_seen += 1;
        for (const key of ["accuracy", "loss"]) {
            const lines = [...document.querySelectorAll(`.st-key-${key} .scatterlayer .trace path.js-line`)];
            if (!lines.some((line) => line.getAttribute("d"))) window.frames_blank += 1;
        }
        requestAnimationFrame(look);
    })();
}"""
SPAN = "() => document.querySelector('.st-key-accuracy .chart-plot')._fullLayout.xaxis.range"


def test_over_a_run_no_frame_is_blank_nothing_jumps_and_the_zoom_stays(lab: str, visit: Visit) -> None:
    page = visit(f"{lab}/?epochs=3&learning_rate=0.1")
    switch(page, "Slow motion")
    press(page, "Train")
    expect(page.locator(f"{CURVES} path.js-line").first).to_be_visible()
    page.evaluate(WATCH)
    box = page.locator(".st-key-accuracy .nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    page.mouse.up()
    page.mouse.move(0, 0)
    zoomed = page.evaluate(SPAN)
    assert zoomed[0] > 0
    assert zoomed[1] < 3
    expect(headline(page)).to_contain_text("Finished")
    assert page.evaluate(SPAN) == zoomed
    assert page.evaluate("window.frames_seen") > 50
    assert page.evaluate("window.frames_blank") == 0
    assert page.evaluate("window.shift") < 0.02
