"""Whatever comes in is read, or refused with a reason: generated files, addresses and messages.

Each test tries 100 inputs; with the option --hypothesis-profile=thorough they try 20,000 in all. Meanwhile,
nothing may be opened for writing outside our folders, and no connection be made.
"""

import io
import json
import os
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from dashboard import state as page_state
from dashboard.address import KEYS, MOST_RUNS, parse, write
from dashboard.lab.job_list import tidy
from dashboard.lab.people import Person
from dashboard.ui.chart import heatmap_cell
from dashboard.ui.pictures import picture_index
from dashboard.ui.run_table import table_change
from mnist_core import Digits, Preprocessing, Run, SoftmaxRegressor, TrainingConfig, train
from mnist_core.__main__ import main
from mnist_core.model_file import model_from_bytes, model_to_bytes
from mnist_core.preprocessing.photo import ink_of_photo
from mnist_core.run_file import load_run, save_run
from mnist_core.storage.drawings_zip import drawings_from_zip
from mnist_core.storage.file_store import new_id
from mnist_core.storage.image_file import CANVAS, read_image
from tests.support.mutations import mutations
from tests.support.zips import DRAWINGS, WHOLE, files_of, zip_of

pytestmark = pytest.mark.slow

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Watch:
    """What Python's own audit events tell of, while a test runs."""

    def __init__(self) -> None:
        self.allowed: Path | None = None
        self.seen: list[str] = []
        sys.addaudithook(self.hear)  # for the life of the process: it does nothing while nothing is watched

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.allowed is None:
            return
        if event == "open" and isinstance(arguments[0], str | bytes) and arguments[2] & WRITING:
            path = os.fsdecode(arguments[0])
            ours = Path(path).resolve().is_relative_to(self.allowed) or path == os.devnull
            # hypothesis keeps tables of its own, and Python what it has compiled.
            if not ours and not {".hypothesis", "__pycache__"} & set(Path(path).parts):
                self.seen.append(f"{path} was opened for writing")
        elif event in ("socket.connect", "socket.getaddrinfo", "urllib.Request", "subprocess.Popen"):
            self.seen.append(f"{event} {arguments!r:.200}")


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="module", autouse=True)
def folder(watch: Watch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The one folder that may be written to: the home and the cache are in it."""
    folder = tmp_path_factory.mktemp("ours")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DIGIT_LAB_HOME", str(folder / "home"))
        environment.setenv("DIGIT_LAB_CACHE", str(folder / "cache"))
        watch.seen.clear()
        watch.allowed = folder.resolve()
        yield folder
        watch.allowed = None
    assert watch.seen == []


def _damage(whole: bytes) -> st.SearchStrategy[bytes]:
    """Make files in which a few stretches are replaced, cut or repeated, half of them near the beginning."""
    place = st.one_of(st.integers(0, min(len(whole), 400)), st.integers(0, len(whole)))
    edit = st.tuples(place, st.integers(0, 40), st.binary(max_size=40))

    def apply(edits: list[tuple[int, int, bytes]]) -> bytes:
        content = whole
        for at, length, new in edits:
            content = content[:at] + new + content[at + length :]
        return content

    return st.one_of(
        st.lists(edit, min_size=1, max_size=4).map(apply),
        st.integers(0, len(whole)).map(lambda end: whole[:end]),
        st.binary(max_size=400),
    )


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def _refused_or(read: Callable[[], Any]) -> Any:
    """Read; a ValueError with a reason is as good as a result."""
    try:
        return read()
    except ValueError as error:
        reason = str(error)
    assert reason
    return None


# Models and runs

MODEL = model_to_bytes(SoftmaxRegressor(Preprocessing.RAW))


def _with_head(head: Any, rest: bytes, said: int | None = None) -> bytes:
    """Make a safetensors file with this header, and what it says the header's length is."""
    text = json.dumps(head).encode()
    return struct.pack("<Q", (len(text) if said is None else said) % 2**64) + text + rest


HEADS = st.fixed_dictionaries(
    {
        "weight": st.fixed_dictionaries(
            {
                "dtype": st.sampled_from(["F32", "F64", "BF16", "U8", "BOOL", "C64", "nonsense"]) | JSON,
                "shape": st.just([10, 784]) | st.lists(st.integers(-1, 2**62), max_size=3),
                "data_offsets": st.just([0, 31_360]) | st.lists(st.integers(-1, 2**62), max_size=3) | JSON,
            }
        )
        | JSON,
        "bias": JSON,
        "__metadata__": st.dictionaries(
            st.sampled_from(["format", "preprocessing", "scale"]), st.text() | JSON
        )
        | JSON,
    }
)


@given(_damage(MODEL) | st.builds(_with_head, HEADS, st.binary(max_size=99), st.none() | st.integers(0)))
def test_a_model_file(content: bytes) -> None:
    model = _refused_or(lambda: model_from_bytes(content))
    assert model is None or model.linear.weight.isfinite().all()


@pytest.fixture(scope="module")
def run_file(sample: Digits, tmp_path_factory: pytest.TempPathFactory, watch: Watch) -> Path:
    config = TrainingConfig(1000, epochs=1, preprocessing=Preprocessing.RAW)
    allowed, watch.allowed = watch.allowed, None
    path = tmp_path_factory.mktemp("run") / "run.safetensors"
    save_run(path, Run(config, tuple(train(config, sample)), "sample"))
    watch.allowed = allowed
    return path


@given(data=st.data())
def test_a_run_file(data: st.DataObject, run_file: Path, folder: Path) -> None:
    whole = run_file.read_bytes()
    length = struct.unpack("<Q", whole[:8])[0]
    head = json.loads(whole[8 : 8 + length])
    key = data.draw(st.sampled_from(sorted(head["__metadata__"])))
    head["__metadata__"][key] = data.draw(
        JSON.map(json.dumps) | _damage(head["__metadata__"][key].encode()).map(repr)
    )
    content = data.draw(_damage(whole) | st.just(_with_head(head, whole[8 + length :])))
    path = folder / "damaged.safetensors"
    path.write_bytes(content)
    for newest_only in (False, True):
        run = _refused_or(lambda newest=newest_only: load_run(path, newest_only=newest))  # type: ignore[misc]
        assert run is None or run.history


# Images: of a canvas, a photo or a zip


def _png(width: int, height: int, depth: int, colour: int, rest: bytes, kinds: list[bytes]) -> bytes:
    """Make a PNG of a few chunks with correct checksums, however little they fit together."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [
        (b"IHDR", head),
        *((kind, rest) for kind in kinds),
        (b"IDAT", zlib.compress(rest)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _image(mode: str, kind: str) -> bytes:
    content = io.BytesIO()
    Image.linear_gradient("L").resize((40, 30)).convert(mode).save(content, kind)
    return content.getvalue()


PNGS = st.builds(
    _png,
    st.integers(0, 2**32 - 1) | st.integers(1, 60),
    st.integers(0, 2**32 - 1) | st.integers(1, 60),
    st.sampled_from([1, 2, 4, 8, 16, 3, 0]),
    st.sampled_from([0, 2, 3, 4, 6, 1, 7]),
    st.binary(max_size=200),
    st.lists(
        st.sampled_from(
            [b"iCCP", b"tRNS", b"PLTE", b"eXIf", b"zTXt", b"iTXt", b"gAMA", b"acTL", b"fdAT", b"pHYs"]
        )
    ),
)
IMAGES = st.one_of(
    PNGS,
    *(
        _damage(_image("RGB", kind))
        for kind in ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "EPS", "DDS", "AVIF")
    ),
    _damage(_image("RGBA", "PNG")),
)


@given(IMAGES)
def test_an_image(content: bytes) -> None:
    for limits in (CANVAS,):
        pixels = _refused_or(lambda accepted=limits: read_image(content, accepted))  # type: ignore[misc]
        if pixels is not None:
            ink = ink_of_photo(pixels)
            assert ink.dtype == torch.uint8
            assert max(ink.shape) <= 1_120


@given(content=IMAGES)
def test_an_image_on_the_command_line(content: bytes, folder: Path) -> None:
    (folder / "image.png").write_bytes(content)
    (folder / "model.safetensors").write_bytes(MODEL)
    code = main(["predict", "--model", str(folder / "model.safetensors"), str(folder / "image.png")])
    assert code in (0, 2)


def _is_written(name: str) -> bool:
    return not name.startswith("\0")  # zipfile ends a name there, and writes none without a name


NAMES = st.sampled_from(
    ["001.png", "labels.csv", "../001.png", "/etc/001.png", "a\\b.png", "é.png"]
) | st.text(min_size=1, max_size=9)
TABLES = st.text(max_size=60) | st.builds(
    lambda rows: "file,label\r\n" + "\r\n".join(",".join(row) for row in rows),
    st.lists(st.tuples(NAMES, st.sampled_from(["0", "9", "10", "-1", "٣"]) | st.text(max_size=3))),
)
ZIPS = st.builds(
    lambda files, table: zip_of({**files_of(WHOLE), **files, "labels.csv": table.encode("utf-8", "replace")}),
    st.dictionaries(
        NAMES.map(lambda name: name.encode("utf-8", "replace").decode()).filter(_is_written),
        PNGS | st.binary(max_size=50),
        max_size=3,
    ),
    TABLES,
)


@given(_damage(WHOLE) | ZIPS)
def test_a_zip_of_drawings(content: bytes) -> None:
    _refused_or(lambda: drawings_from_zip(content))


# What the server itself wrote, after somebody or something has damaged it


RUNS = st.lists(
    st.fixed_dictionaries(
        {"job_id": st.text() | st.just("a" * 32), "began": st.floats() | JSON, "name": JSON}
    )
    | JSON
)


@given(seed=st.integers(), runs=st.binary(max_size=99) | (RUNS | JSON).map(json.dumps).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_files_of_a_person(
    seed: int, runs: bytes, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    identity = new_id()
    (drawings,) = mutations(WHOLE, 1, seed)
    for kind, name, content in (("lists", ".json", runs), ("drawings", ".zip", drawings)):
        (folder / "home" / kind).mkdir(parents=True, exist_ok=True)
        (folder / "home" / kind / f"{identity}{name}").write_bytes(content)
    person = Person(identity)
    person.drawings.keep(DRAWINGS[:1])
    run_id = new_id()
    person.jobs.add(run_id)
    assert Person(identity).jobs.owns(run_id)
    assert Person(identity).drawings.label_of(DRAWINGS[0].image) == DRAWINGS[0].label
    # What could not be read is said, put aside, and never overwritten.
    aside = {file.read_bytes() for file in folder.glob(f"home/*/{identity}.damaged")}
    assert aside <= {runs, drawings}
    assert len(aside) == caplog.text.count("put aside")
    assert person.drawings.damaged == (drawings in aside)
    caplog.clear()


# The address, and what components send

WORDS = st.text(max_size=40) | st.sampled_from(
    [
        "nan",
        "inf",
        "-1",
        "1e400",
        "٣",
        "raw",
        "moments",
        "0.5",
        "10",
        "100",
        "9" * 400,
        "<script>",
        "![](http://x)",
    ]
)
ADDRESSES = st.dictionaries(st.sampled_from(list(KEYS)) | st.text(max_size=9), WORDS)


@given(ADDRESSES)
def test_an_address(query: dict[str, str]) -> None:
    address, notice = parse(query)
    assert parse(write(address)) == (address, "")
    assert notice.isascii()
    assert sum(map(len, address.compare)) <= MOST_RUNS


@given(JSON | st.fixed_dictionaries({"click": JSON | st.fixed_dictionaries({"value": JSON, "stamp": JSON})}))
def test_a_message_in_a_component_s_name(state: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for read in (picture_index, heatmap_cell, table_change):
            patch.setattr("streamlit.session_state", {"part": state})
            page_state.consume_click("part", read)
            page_state.stamp_of_click("part")


@given(st.text())
def test_a_name(name: str) -> None:
    tidied = tidy(name)
    assert len(tidied) <= 80
    assert tidied.isprintable()
    assert tidy(tidied) == tidied
