"""The film of how a run learned, in a real Chromium on a page with nothing else on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import mnist_core.export

FILM = Path(mnist_core.export.__file__).with_name("film.js").read_text()
# Three frames of two pictures, all of one byte: -127, 0 and 127 of scales 1, 2 and 4.
PAGE = f"""<div id="here" style="--film-positive: #0000ff; --film-negative: #ff8000"></div>
<script type="module">
{FILM.replace("export ", "")}
window.seen = [];
window.begin = (options) => window.shown = film({{
    container: document.getElementById("here"),
    frames: [-127, 0, 127].map((byte) => new Int8Array(2 * 784).fill(byte)),
    steps: [0, 5, 5000],
    scale: [1, 2, 4],
    captions: ["a", "b"],
    onFrame: (frame) => window.seen.push(frame),
    seconds: 0.5,
    reducedMotion: false,
    ...options,
}});
window.ready = true;
</script>"""
PIXEL = """() => [...document.querySelectorAll("canvas")].map((canvas) =>
    [...canvas.getContext("2d").getImageData(3, 3, 1, 1).data])"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    page.set_content(PAGE)
    page.wait_for_function("window.ready")
    yield page
    page.close()


def test_a_film_shows_its_last_frame_and_plays_from_the_first(page: Page) -> None:
    page.evaluate("begin({})")
    assert page.evaluate(PIXEL) == 2 * [[0, 0, 255, 255]]
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()  # again, at the end
    seen = page.evaluate("seen.slice(1)")
    places = [frame["place"] for frame in seen]
    assert places == sorted(places)
    assert [seen[0]["step"], seen[-1]["step"], seen[-1]["position"]] == [0, 5000, 2]
    assert {frame["frame"] for frame in seen} == {0, 1, 2}


def test_the_slider_and_its_arrow_keys_stop_at_what_they_show(page: Page) -> None:
    page.evaluate("begin({ autoplay: true, seconds: 1000 })")
    page.get_by_role("slider").fill("0.69897")  # log10(5)
    assert not page.evaluate("shown.playing")
    assert page.evaluate(PIXEL)[0][3] <= 1
    page.get_by_role("slider").press("ArrowLeft")
    assert page.evaluate(PIXEL)[0] == [255, 128, 0, 255]
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuetext", "step 0")


def test_a_fixed_scale_is_that_of_the_last_frame(page: Page) -> None:
    page.evaluate("begin({ fixedScale: true }).show(0)")
    assert page.evaluate(PIXEL)[0] == [255, 128, 0, 64]  # a weight of -1 where 4 is full
    page.evaluate("shown.show(1.5)")
    assert page.evaluate(PIXEL)[0] == [0, 0, 255, 128]


def test_with_reduced_motion_nothing_plays_by_itself(page: Page) -> None:
    page.evaluate("begin({ reducedMotion: true, autoplay: true })")
    assert not page.evaluate("shown.playing")
    page.evaluate("shown.play()")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert {frame["position"] for frame in page.evaluate("seen")} == {0, 1, 2}


def test_frames_that_come_later_are_shown_where_the_film_is_at_its_end(page: Page) -> None:
    page.evaluate("begin({})")
    longer = "{ frames: [1, 2, 3, 4].map((byte) => new Int8Array(2 * 784).fill(byte)), steps: [0, 1, 2, 3], "
    page.evaluate(f"shown.extend({longer} scale: [1, 1, 1, 1] }})")
    assert page.evaluate("shown.position") == 3
    page.evaluate("shown.show(1)")
    page.evaluate(f"shown.extend({longer} scale: [1, 1, 1, 1] }})")
    assert page.evaluate("shown.position") == 1
