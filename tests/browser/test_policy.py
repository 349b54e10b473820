"""What the page never does: fetch from elsewhere, or take the words of a file for its own."""

import io
import zipfile

import safetensors.numpy
from numpy import float32, zeros
from playwright.sync_api import FilePayload, Page, expect

from tests.support.browser import Visit, eventually, open_tab, usable

PICTURE = "![a](http://127.0.0.1:9/b.png)"  # in Markdown, a picture from elsewhere

TRY = """() => {
    window.blocked = [];
    document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
    const elsewhere = "http://127.0.0.1:9/";
    fetch(elsewhere).catch(() => {});
    for (const [name, address] of [["img", "src"], ["script", "src"], ["iframe", "src"], ["object", "data"]])
        document.body.append(Object.assign(document.createElement(name), { [address]: elsewhere }));
}"""


def test_the_page_fetches_nothing_from_elsewhere_and_shows_the_words_of_a_file_as_they_are(
    visit: Visit, trained_address: str
) -> None:
    page = visit(trained_address, expected="Content Security Policy|ERR_BLOCKED_BY_CSP")
    usable(page)
    page.evaluate(TRY)
    wanted = ["connect-src", "frame-src", "img-src", "object-src", "script-src-elem"]
    eventually(lambda: sorted(set(page.evaluate("window.blocked"))), lambda blocked: blocked == wanted)

    page.evaluate("window.blocked = []")
    page.get_by_role("button", name="Share").click()
    weights = {"linear.weight": zeros((10, 784), float32), "linear.bias": zeros(10, float32)}
    model = safetensors.numpy.save(weights, {"preprocessing": PICTURE})
    _upload(page, ".safetensors", model)
    expect(page.get_by_text(PICTURE)).to_be_visible()
    expect(page.get_by_test_id("stAlert").locator("img")).to_have_count(0)
    page.keyboard.press("Escape")
    open_tab(page, "Draw")
    drawings = io.BytesIO()
    with zipfile.ZipFile(drawings, "w") as file:
        file.writestr("labels.csv", "file,label\n")
        file.writestr(PICTURE, b"")
    page.get_by_role("button", name="Add from a file").click()
    _upload(page, ".zip", drawings.getvalue())
    expect(page.get_by_text(PICTURE)).to_be_visible()
    expect(page.get_by_test_id("stAlert").locator("img")).to_have_count(0)
    assert page.evaluate("window.blocked") == []


def _upload(page: Page, kind: str, content: bytes) -> None:
    file = FilePayload(name=f"file{kind}", mimeType="application/octet-stream", buffer=content)
    page.locator(f"input[type=file][accept*='{kind}']").set_input_files(file)
