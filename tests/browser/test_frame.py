"""The page in a frame of another site, in a Chromium that blocks third-party cookies."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from mnist_core import Digits, Run, save_model
from tests.support.browser import DIGITS, draw, served

pytestmark = pytest.mark.slow

LIMIT = 60_000  # milliseconds


@contextmanager
def course_page() -> Iterator[tuple[str, list[str]]]:
    """Serve a page that frames what is put into the list; 127.0.0.1 is another site than localhost."""
    framed: list[str] = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{framed[0]}" width="1300" height="800"></iframe>'.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", framed
    finally:
        server.shutdown()
        server.server_close()


def test_a_framed_page_trains_reads_takes_a_model_and_knows_the_person_again(
    chromium: Browser,
    offline: Callable[[], dict[str, str]],
    sample: Digits,
    trained: Run,
    tmp_path: Path,
) -> None:
    photo, model = tmp_path / "photo.png", tmp_path / "model.safetensors"
    save_model(model, trained.history[-1].model)
    Image.fromarray(255 - sample.test.images[0].numpy()).resize((280, 280)).save(photo)
    profile = tmp_path / "profile"
    (profile / "Default").mkdir(parents=True)
    blocked = {"profile": {"cookie_controls_mode": 1, "block_third_party_cookies": True}}
    (profile / "Default" / "Preferences").write_text(json.dumps(blocked))
    with course_page() as (course, framed):
        environment = {**offline(), "DIGIT_LAB_FRAME_ANCESTORS": course}
        with served(environment) as address:
            framed.append(address.replace("127.0.0.1", "localhost"))
            context = chromium.browser_type.launch_persistent_context(
                profile,
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox"],
                viewport={"width": 1400, "height": 900},
            )
            page = context.new_page()
            page.goto(course)
            lab = page.frame_locator("iframe")
            lab.get_by_role("button", name="Train", exact=True).click(timeout=LIMIT)
            expect(lab.get_by_text("Finished: ").first).to_be_visible(timeout=LIMIT)
            lab.get_by_role("button", name="Share").click()
            lab.locator("input[type=file][accept*='.safetensors']").set_input_files(model, timeout=LIMIT)
            expect(lab.get_by_text("from a model file").first).to_be_visible(timeout=LIMIT)
            page.keyboard.press("Escape")
            lab.get_by_role("tab", name="Draw").click()
            draw(page, DIGITS[4], frame=page.frames[1])
            expect(lab.locator(".answer")).to_have_text("4", timeout=LIMIT)
            lab.get_by_text("Read a photo").first.click()
            lab.locator("input[type=file][accept*='.webp']").set_input_files(photo, timeout=LIMIT)
            expect(lab.get_by_text("photo.png").first).to_be_visible(timeout=LIMIT)
            cookies = {cookie["name"]: cookie for cookie in context.cookies()}
            for name in ("digit_lab_person", "_streamlit_xsrf"):
                assert cookies[name]["sameSite"] == "None"
                assert cookies[name]["partitionKey"] == "http://127.0.0.1"
            page.reload()
            expect(lab.get_by_role("tab", name="Compare")).to_be_visible(timeout=LIMIT)
            after = {cookie["name"]: cookie for cookie in context.cookies()}
            assert after["digit_lab_person"]["value"] == cookies["digit_lab_person"]["value"]
            context.close()


def test_nobody_frames_the_page_without_the_setting(chromium: Browser, lab: str) -> None:
    with course_page() as (course, framed):
        framed.append(lab.replace("127.0.0.1", "localhost"))
        page = chromium.new_page()
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.goto(course)
        page.close()
