"""Links: what an address asks for, brought to what the controls offer, and addresses to hand out."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from dashboard.setting_choices import (
    ARTICLE,
    BATCH_SIZES,
    INPUTS,
    LARGEST_SEED,
    LEARNING_RATES,
    MOST_EPOCHS,
    write_batch_size,
    write_learning_rate,
)
from mnist_core import Preprocessing, TrainingConfig


@dataclass(frozen=True)
class _Number:
    """A setting that is a number: what it is called, the nearest that is offered, and how that is written."""

    words: str
    nearest: Callable[[float], float]
    write: Callable[[float], str]


def _step(offered: Sequence[float]) -> Callable[[float], float]:
    """Choose the nearest by ratio: the sliders' steps are equal ones on a logarithmic scale."""

    def nearest(asked: float) -> float:
        if asked <= 0:
            return offered[0]
        return min(offered, key=lambda step: abs(math.log(step) - math.log(asked)))

    return nearest


def _whole(least: int, most: int) -> Callable[[float], float]:
    return lambda asked: round(min(max(asked, least), most))


NUMBERS = {
    "batch_size": _Number("batch size", _step(BATCH_SIZES), write_batch_size),
    "learning_rate": _Number("learning rate", _step(LEARNING_RATES), write_learning_rate),
    "epochs": _Number("epochs", _whole(1, MOST_EPOCHS), str),
    "seed": _Number("seed", _whole(0, LARGEST_SEED), str),
}
SETTINGS = {*NUMBERS, "preprocessing"}


def settings_query(config: TrainingConfig) -> str:
    """Write settings as the query of an address, batch_size=100&learning_rate=0.01 and so on."""
    return urlencode(
        {
            "batch_size": config.batch_size,
            "learning_rate": f"{config.learning_rate:g}",
            "epochs": config.epochs,
            "preprocessing": config.preprocessing.value,
            "seed": config.seed,
        }
    )


def put_right(address: Mapping[str, str], shown: TrainingConfig | None = None) -> tuple[dict[str, str], str]:
    """Bring the settings in an address to what the controls offer, and write them as the controls do.

    An address without settings takes those of the run that is shown, if there is one.

    Returns:
        The whole address put right, and a sentence on what was changed; it is empty where nothing was.
    """
    right = dict(address)
    if shown is not None and not SETTINGS & address.keys():
        right |= {
            name: number.write(number.nearest(getattr(shown, name))) for name, number in NUMBERS.items()
        }
        right["preprocessing"] = INPUTS[shown.preprocessing]
        return right, ""
    changes = []
    for name, number in NUMBERS.items():
        if name in address:
            asked = _number(address[name])
            value = getattr(ARTICLE, name) if asked is None else number.nearest(asked)
            right[name] = number.write(value)
            if value != asked:
                instead = "something that is not a number" if asked is None else f"{asked:,.10g}"
                changes.append(f"{number.words} {right[name]} instead of {instead}")
    if "preprocessing" in address:
        asked_input = _input(address["preprocessing"])
        right["preprocessing"] = INPUTS[asked_input or ARTICLE.preprocessing]
        if asked_input is None:
            changes.append(f"input {right['preprocessing']} instead of an unknown one")
    notice = "This link asks for settings that are not offered here. Set in their place: "
    return right, f"{notice}{', '.join(changes)}." if changes else ""


def _number(text: str) -> float | None:
    """Read a number, as people or as the controls write it; None for anything else."""
    written = {write_batch_size(size): size for size in BATCH_SIZES}
    try:
        number = written.get(text) or float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _input(text: str) -> Preprocessing | None:
    return next((how for how, words in INPUTS.items() if text.lower() in (how.value, words)), None)
