"""Messages in the canvas's name that no canvas sends: each is a blank board, and none is expensive."""

import base64
import importlib
import io
import sys
import zlib
from typing import Any

import pytest
from PIL import Image, ImageFile
from streamlit.testing.v1 import AppTest

State = dict[str, Any]

WIDE = Image.new("RGBA", (1_121, 1))


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> State:
    """The state that the real canvas package gets from the browser; the test fills it."""
    sent: State = {}
    monkeypatch.setattr("streamlit.components.v2.component", lambda *_, **__: lambda **_: sent)
    monkeypatch.delitem(sys.modules, "streamlit_drawable_canvas", raising=False)
    package = importlib.import_module("streamlit_drawable_canvas")
    del sys.modules["streamlit_drawable_canvas"]
    monkeypatch.setitem(sys.modules, "streamlit_drawable_canvas", package)
    return sent


def page() -> None:
    import streamlit as st

    from dashboard.ui.board import render_board

    ink = render_board(key="pen", size=280)
    st.text("nothing" if ink is None else f"{tuple(ink.shape)} {ink.dtype} {int(ink.max())}")


def _shown(state: State, drawing: object, **more: object) -> str:
    state.update(drawing=drawing, **more)
    app = AppTest.from_function(page).run()
    assert not app.exception
    return str(app.text[0].value)


def _url(image: Image.Image, kind: str = "PNG", name: str = "png") -> str:
    content = io.BytesIO()
    image.save(content, kind)
    return f"data:image/{name};base64,{base64.b64encode(content.getvalue()).decode()}"


def _claiming(side: int) -> str:
    """Return a data URL of a PNG that is all zeros, and of this size; but with few of its rows."""
    head = side.to_bytes(4, "big") * 2 + bytes([8, 6, 0, 0, 0])
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(4 * side + 1)) for _ in range(min(side, 400))) + packer.flush()
    png = b"\x89PNG\r\n\x1a\n"
    for kind, data in ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")):
        png += len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def test_what_a_canvas_sends_is_the_ink(state: State) -> None:
    image = Image.new("RGBA", (280, 280), "white")
    image.paste((3, 3, 3, 255), (10, 10, 20, 20))
    assert _shown(state, {"raw": {}, "data": _url(image)}) == "(280, 280) torch.uint8 255"


@pytest.mark.parametrize("size", [(1, 1), (1_120, 1_120)])
def test_the_smallest_and_the_largest_canvas_are_read(state: State, size: tuple[int, int]) -> None:
    url = _url(Image.new("RGBA", size, "white"))
    assert _shown(state, {"raw": {}, "data": url}) == f"({size[1]}, {size[0]}) torch.uint8 0"


@pytest.mark.parametrize(
    "data",
    [
        _claiming(13_000),
        _url(WIDE),
        _url(WIDE.rotate(90, expand=True)),
        _url(Image.new("RGB", (280, 280))),
        _url(Image.new("L", (280, 280))),
        _url(Image.new("I;16", (280, 280))),
        _url(Image.new("RGB", (280, 280)), "JPEG"),
        _url(Image.new("RGB", (280, 280)), "EPS"),
        _url(Image.new("RGB", (280, 280)), "EPS", "eps"),
        _url(Image.new("RGB", (280, 280)), "TIFF", "tiff"),
        _url(Image.new("RGBA", (280, 280)), "WEBP", "webp"),
        _url(Image.new("RGB", (280, 280)), "GIF", "gif"),
        "data:image/png;base64,",
        "data:image/png;base64,iVBORw0KGgo",
        "data:image/png;base64,no base64 é",
        "data:image/png,no base64",
        "data:image/png;base64," + 6_000_000 * "A",
        "",
        "no address",
    ],
    ids=lambda data: data[:40] + f" {len(data)}",
)
def test_any_other_image_is_a_blank_board_and_is_not_unpacked(
    state: State, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(self: ImageFile.ImageFile) -> None:
        pytest.fail(f"{self.size} pixels were unpacked")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # its warning is not what protects us
        assert _shown(state, {"raw": {}, "data": data}) == "nothing"


@pytest.mark.parametrize("wrong", [7, 0.5, True, [], ["data"], {}, {"data": {}}, "text", [[[]]]])
def test_a_value_of_another_type_is_a_blank_board(state: State, wrong: object) -> None:
    assert _shown(state, {"raw": wrong, "data": wrong}) == "nothing"
    assert _shown(state, wrong) == "nothing"
    assert _shown(state, {"raw": {}, "data": None}, backgroundFit=wrong) == "nothing"
