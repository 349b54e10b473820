"""A model or a run as one HTML page that opens from disk: a board, its answers, and how it learned."""

import base64
import html
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

import torch
from torch import Tensor

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import counts_of
from mnist_core.evaluation.mcnemar import wilson_interval
from mnist_core.export.script import check_settings
from mnist_core.model import SoftmaxRegressor
from mnist_core.model_file import Origin
from mnist_core.preprocessing.preprocess import Preprocessing
from mnist_core.run_file import Run, Segment
from mnist_core.training.report import Progress

FOLDER = Path(__file__).parent
MAX_FRAMES = 24  # of 7,840 bytes: with them the page has 340 kB
CLIPPED_AT = 0.99  # quantile of the absolute weights at which the colours end
FULL = 127  # the byte of such a weight
EXPORTED = re.compile(r"^export (?:const|function) (\w+)", re.MULTILINE)

INPUTS = {
    Preprocessing.RAW: "raw pixels",
    Preprocessing.DESKEW: "deskewed: sheared upright and centred",
    Preprocessing.MOMENTS: "moments: sheared upright, centred, brought to one size",
    Preprocessing.DIRECTIONS: "directions: the directions of the edges in 7 × 7 places",
}

DIGITS = {
    "mnist": "MNIST, 60,000 to learn from and 10,000 to test with",
    "sample": "a sample of MNIST, 4,000 to learn from and 1,000 to test with",
}


def page_of(
    model: SoftmaxRegressor | Run,
    *,
    reader: SoftmaxRegressor | Run | None = None,
    origin: Origin | None = None,
) -> str:
    """Write a page of at most 400 kB that reads drawings with a model, and shows how a run learned.

    Args:
        model: a model, or a run, whose newest model reads and whose film is shown.
        reader: what reads instead; then `model` is only shown.
        origin: how `model` was trained, if it is a model alone.

    Raises:
        ValueError: a setting that the page cannot name.
    """
    reads = reader or model
    data: dict[str, Any] = {"reader": _numbers(reads.history[-1].model if isinstance(reads, Run) else reads)}
    data["facts"] = [["", _facts(model, origin)]]
    if reader is not None:
        data["facts"] = [
            ["What reads your drawing", _facts(reader)],
            ["What learns in the film", _facts(model, origin)],
        ]
    if isinstance(model, Run):
        data["film"] = film_of(model.history) | {"preprocessing": model.config.preprocessing}
    return page_of_data(data)


def page_of_data(data: dict[str, Any]) -> str:
    """Write the page that holds these numbers and facts, as `data_of_page` returns them."""
    film = data.get("film")
    template = Template((FOLDER / "page.html").read_text(encoding="utf-8"))
    reader, films = _module("reader.js"), _module("film.js")
    app = (FOLDER / "page.js").read_text(encoding="utf-8")
    return template.substitute(
        film_words=_film_words(film["preprocessing"]) if film else "",
        facts="\n".join(_table(title, rows) for title, rows in data["facts"]),
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
        code=f"const reader = {reader};\nconst films = {films};\n{app}",
    )


def data_of_page(page: str) -> dict[str, Any]:
    """Read the numbers and facts of a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    if found is None:
        raise ValueError("expected a page that Digit Lab has written, found no data in it")
    data: dict[str, Any] = json.loads(found[1])
    return data


def film_of(history: Sequence[Progress]) -> dict[str, Any]:
    """Choose at most 24 reports, evenly on a logarithmic axis of steps, and write their weights for film.js.

    Returns:
        frames: base64 of int8, (frames, 10, 784), 127 being the end of the frame's colours.
        scale: for each frame the weight that 127 stands for, at least 1e-9.
        steps, accuracies: of each frame; the accuracy on the test digits, 0 to 1.
    """
    places = torch.tensor([math.log10(max(report.step, 0.5)) for report in history], dtype=torch.float64)
    wanted = torch.linspace(float(places[0]), float(places[-1]), MAX_FRAMES, dtype=torch.float64)
    nearest = (places[:, None] - wanted).abs().argmin(dim=0)
    chosen = [history[int(index)] for index in nearest.unique()]
    weights = torch.stack([report.model.linear.weight.detach() for report in chosen])  # (F, 10, 784)
    scale = weights.abs().flatten(1).quantile(CLIPPED_AT, dim=1).clamp(min=1e-9)
    frames = (weights / scale[:, None, None] * FULL).round().clamp(-FULL, FULL).to(torch.int8)
    return {
        "frames": base64.b64encode(frames.numpy().tobytes()).decode(),
        "scale": [float(f"{value:.4g}") for value in scale],
        "steps": [report.step for report in chosen],
        "accuracies": [round(report.test.accuracy, 4) for report in chosen],
    }


def _numbers(model: SoftmaxRegressor) -> dict[str, str]:
    def text(numbers: Tensor) -> str:
        return base64.b64encode(numbers.detach().numpy().astype("<f4").tobytes()).decode()

    layer = model.linear
    return {"preprocessing": model.preprocessing, "weight": text(layer.weight), "bias": text(layer.bias)}


def _facts(of: SoftmaxRegressor | Run, origin: Origin | None = None) -> list[tuple[str, str]]:
    """Name what is known of a model or of a run."""
    if isinstance(of, SoftmaxRegressor) and origin is None:
        return [("input", INPUTS[of.preprocessing])]
    earlier: tuple[Segment, ...] = ()
    if isinstance(of, Run):
        last, config, source, earlier = of.history[-1], of.config, of.source, of.earlier
        step, epoch, accuracy = last.step, last.epoch, last.test.accuracy
    elif origin is not None:
        config, source = origin.config, origin.source
        step, epoch, accuracy = origin.step, origin.epoch, origin.accuracy
    for part in (config, *(segment.config for segment in earlier)):
        check_settings(part)
    parts = [f"until epoch {segment.until:.4g}: {_settings(segment.config)}" for segment in earlier]
    parts.append(f"{'then: ' if parts else ''}{_settings(config)}")
    rows = [("input", INPUTS[config.preprocessing]), ("settings", "; ".join(parts))]
    if config.validation:
        rows.append(("held out", f"{config.validation:,} training digits"))
    if config.training_digits:
        rows.append(("learned", f"{config.training_digits:,} of the training digits"))
    if config.wrong_labels:
        rows.append(("wrong labels", f"{100 * config.wrong_labels:g} % of the digits learned"))
    rows += [("trained for", f"{step:,} steps, {epoch:.4g} epochs"), ("digits", DIGITS.get(source, source))]
    measured = f"{100 * accuracy:.2f} %"
    if counts := counts_of(source):
        tested = counts[1]
        low, high = wilson_interval(round(accuracy * tested), tested)
        measured += f", 95 % interval {100 * low:.2f} to {100 * high:.2f} %"
    return [*rows, ("test digits read correctly", measured)]


def _settings(config: TrainingConfig) -> str:
    return (
        f"batch size {config.batch_size:,}, learning rate {config.learning_rate:g}, "
        f"{config.epochs:,} epoch{'' if config.epochs == 1 else 's'}, seed {config.seed}"
    )


def _film_words(how: str) -> str:
    words = (
        "Each picture shows the weights of one digit: blue speaks for the digit, orange against it. Most of "
        "the learning happens in the first steps, so the film goes through them slowly; the curve below has "
        "the same axis of steps."
    )
    if how == Preprocessing.DIRECTIONS:
        words += " Each stroke stands for an edge in that direction at that place."
    return words


def _table(title: str, rows: Sequence[tuple[str, str]]) -> str:
    texts = ((html.escape(name), html.escape(fact)) for name, fact in rows)
    cells = "".join(f'<tr><th scope="row">{name}</th><td>{fact}</td></tr>' for name, fact in texts)
    return (f"<h3>{html.escape(title)}</h3>\n" if title else "") + f"<table>{cells}</table>"


def _module(file: str) -> str:
    """Write an ES module as an expression: a script of a page that is opened from disk cannot import."""
    source = (FOLDER / file).read_text(encoding="utf-8")
    names = ", ".join(EXPORTED.findall(source))
    return f"(() => {{\n{re.sub('^export ', '', source, flags=re.MULTILINE)}\nreturn {{ {names} }};\n}})()"
