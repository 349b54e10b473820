"""Whose turn it is to answer, the pen's or the server's: answer.js on a page with nothing else on it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.paths import ROOT

FOLDER = ROOT / "dashboard" / "ui"
PAGE = f"""<div id="here">{(FOLDER / "answer.html").read_text()}</div>
<script type="module">
const film = {{ rgb: () => [0, 0, 0], paintPixels() {{}}, paintDirections() {{}} }};
{(FOLDER / "answer.js").read_text().replace("export default function", "const mount = function")}
const parentElement = document.getElementById("here");
const one = (large) => ({{
    large, probabilities: Array(10).fill(0.1), first: 0, second: 1, evidence: null, directions: false
}});
window.verdict = (large, drawing) => {{
    const text = `verdict ${{large}}`;
    const data = new TextEncoder().encode(JSON.stringify({{ ...one(large), text, drawing }}));
    mount({{ data, parentElement }});
}};
window.pen = (large, penDown = true) =>
    document.dispatchEvent(new CustomEvent("reading", {{ detail: {{ ...one(large), penDown }} }}));
window.lift = () => document.dispatchEvent(new Event("pen-lifted"));
window.shown = () => [".answer", ".live-text"].map((part) => document.querySelector(part).textContent)
    .concat(document.querySelectorAll(".so-far").length ? ["so far"] : []);
window.ready = true;
</script>"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    page.clock.install(time=0)
    page.clock.pause_at(1)  # only run_for() lets time pass: a busy machine would add to it
    page.set_content(PAGE)
    page.wait_for_function("window.ready")
    page.evaluate("verdict('', 0)")
    yield page
    page.close()


@pytest.mark.parametrize(
    ("happens", "shown"),
    [
        ("verdict('3', 1)", ["3", "verdict 3"]),
        ("pen('7')", ["7", "verdict ", "so far"]),
        ("pen('7'); verdict('4', 1)", ["7", "verdict ", "so far"]),  # on the stroke before
        ("pen('7'); lift(); pen('2', false)", ["2", "verdict ", "so far"]),
        ("pen('7'); lift(); verdict('9', 0)", ["7", "verdict ", "so far"]),  # on the drawing before
        ("pen('7'); lift(); verdict('3', 1)", ["3", "verdict 3"]),
        ("pen('7'); lift(); verdict('3', 1); pen('2', false)", ["3", "verdict 3"]),
        ("lift(); verdict('3', 1)", ["3", "verdict 3"]),  # nothing was read while the pen moved
    ],
)
def test_the_pen_answers_until_there_is_a_verdict_on_what_it_drew(
    page: Page, happens: str, shown: list[str]
) -> None:
    page.evaluate(happens)
    assert page.evaluate("shown()") == shown


def test_where_no_other_verdict_comes_the_last_one_stands_again(page: Page) -> None:
    page.evaluate("verdict('3', 1); pen('7'); lift()")
    page.clock.run_for(2_900)
    assert page.evaluate("shown()") == ["7", "verdict 3", "so far"]
    page.clock.run_for(200)
    assert page.evaluate("shown()") == ["3", "verdict 3"]
