"""The film of how a run learned: ten pictures of weights with Play and a slider, run by the browser."""

import json
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from dashboard.ui.component import component, mount
from mnist_core import Progress

MOST = 40  # frames: the reports of a long run that is continued are more, and 8 KB each
LENGTH = 4  # bytes of the number that says how long the header is

_renderer = component("film_view", modules=["film"])


def render_film(
    reports: Sequence[Progress],
    pictures: Sequence[Tensor],
    *,
    key: str,
    run: str,
    until: int,
    learning: bool,
    size: int,
    smooth: bool = False,
    scales: Sequence[float] = (),
    captions: Sequence[Sequence[str]] = (),
    followed: bool = False,
    first: bool = False,
    shown: int | None = None,
) -> None:
    """Show what a run has learned at its newest report, and let the way there be played.

    `state.consume_click(key, picture_index)` returns the index of the report at which somebody stopped.

    Args:
        reports: at least one; a single one has no Play.
        pictures: of each report, (10, 28, 28) float from -1 to 1.
        key: of the component.
        run: the id of the run: another one is another film.
        until: the last step that the run will take, which sets the pace.
        learning: whether more reports will come.
        size: px of a picture.
        smooth: whether the pictures are enlarged without visible pixels.
        scales: what 1 stands for at each report: the colours then keep the scale of the last one.
        captions: of the ten pictures at each report; the ten digits if there are none.
        followed: whether the curves of the run show only as much as the film has shown.
        first: whether the browser, if it has never played a film, is to play this one while the run learns.
        shown: the index of the report to begin with; the last if None.
    """
    header = {
        "run": run,
        "until": until,
        "learning": learning,
        "followed": followed,
        "steps": [report.step for report in reports],
        "accuracy": [report.test.accuracy for report in reports],
        "loss": [report.test.loss for report in reports],
        "epoch": [report.epoch for report in reports],
        "scale": list(scales) or [1.0] * len(reports),
        "fixedScale": bool(scales),
        "size": size,
        "smooth": smooth,
        "captions": [list(row) for row in captions],
        "first": first,
        "shown": shown,
    }
    text = json.dumps(header).encode()
    mount(
        _renderer,
        key=key,
        data=b"".join((len(text).to_bytes(LENGTH, "little"), text, *map(_bytes, pictures))),
    )


def thinned(reports: Sequence[Progress]) -> list[Progress]:
    """Keep at most MOST reports: the first and the last, and evenly spaced ones between."""
    places = np.linspace(0, len(reports) - 1, min(MOST, len(reports))).round().astype(int)
    return [reports[place] for place in places]


def _bytes(pictures: Tensor) -> bytes:
    signed: bytes = np.rint(pictures.clamp(-1, 1).numpy() * 127).astype(np.int8).tobytes()
    return signed
