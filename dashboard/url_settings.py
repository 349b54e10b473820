"""The settings in an address: read, corrected to what the controls offer, and written into links."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from dashboard.lab.setting_choices import (
    BATCH_SIZES,
    DEFAULTS,
    INPUTS,
    LEARNING_RATES,
    MAX_EPOCHS,
    MAX_SEED,
    write_learning_rate,
)
from mnist_core import Preprocessing, TrainingConfig
from mnist_core.preprocessing.preprocess import OLD_KEY, stored_preprocessing

INPUT, HOLD_OUT = "preprocessing", "validation"


@dataclass(frozen=True)
class _Number:
    """A numeric setting: its name in words, the nearest value that is offered, and how that is written."""

    words: str
    nearest: Callable[[float], float]
    write: Callable[[float], str]


def _nearest_of(offered: Sequence[float]) -> Callable[[float], float]:
    """Choose the nearest by ratio, because the steps of these sliders are logarithmic."""

    def nearest(asked: float) -> float:
        if asked <= 0:
            return offered[0]
        return min(offered, key=lambda step: abs(math.log(step) - math.log(asked)))

    return nearest


def _nearest_whole(least: int, most: int) -> Callable[[float], float]:
    return lambda asked: round(min(max(asked, least), most))


NUMBERS = {
    "batch_size": _Number("batch size", _nearest_of(BATCH_SIZES), str),
    "learning_rate": _Number("learning rate", _nearest_of(LEARNING_RATES), write_learning_rate),
    "epochs": _Number("epochs", _nearest_whole(1, MAX_EPOCHS), str),
    "seed": _Number("seed", _nearest_whole(0, MAX_SEED), str),
}
SETTINGS = {*NUMBERS, INPUT, OLD_KEY, HOLD_OUT}


def settings_query(config: TrainingConfig) -> str:
    """Write settings as the query of an address, batch_size=100&learning_rate=0.01 and so on."""
    values = {name: number.write(getattr(config, name)) for name, number in NUMBERS.items()}
    held_out = {HOLD_OUT: "true"} if config.validation else {}
    return urlencode(values | {INPUT: config.preprocessing.value} | held_out)


def control_values(config: TrainingConfig) -> dict[str, object]:
    """Return the value of each control, by its key, that is nearest to the settings of a run."""
    values: dict[str, object] = {
        name: number.nearest(getattr(config, name)) for name, number in NUMBERS.items()
    }
    return values | {INPUT: _offered(config.preprocessing), HOLD_OUT: config.validation > 0}


def correct_settings(address: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Bring the settings in an address to what the controls offer, written as the controls write them.

    Returns:
        The whole address corrected, and a sentence on what was changed; it is empty if nothing was.
    """
    corrected = dict(address)
    changes = []
    for name, number in NUMBERS.items():
        if name in address:
            asked = _number(address[name])
            value = getattr(DEFAULTS, name) if asked is None else number.nearest(asked)
            corrected[name] = number.write(value)
            if value != asked:
                instead = "something that is not a number" if asked is None else f"{asked:,.10g}"
                changes.append(f"{number.words} {corrected[name]} instead of {instead}")
    if address.keys() & {INPUT, OLD_KEY}:
        corrected.pop(OLD_KEY, None)
        asked_input = _input(address)
        corrected[INPUT] = _offered(asked_input).value
        if asked_input not in INPUTS:
            changes.append(f"input {corrected[INPUT]} instead of {asked_input or 'an unknown one'}")
    if HOLD_OUT in address and address[HOLD_OUT] not in ("true", "false"):
        corrected[HOLD_OUT] = "false"
        changes.append("no digits held out instead of an unknown number")
    notice = "This link asks for settings that are not offered here. Using instead: "
    return corrected, f"{notice}{', '.join(changes)}." if changes else ""


def _number(text: str) -> float | None:
    """Read a number, also with commas between thousands, as links from before have them; None for others."""
    written = {f"{size:,}": size for size in BATCH_SIZES}
    try:
        number = written.get(text) or float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _offered(how: Preprocessing | None) -> Preprocessing:
    """Return a kind of input that the controls offer; an older version had another one of directions."""
    return how if how in INPUTS else DEFAULTS.preprocessing


def _input(address: Mapping[str, str]) -> Preprocessing | None:
    """Read the kind of input; links from before have another key, and "deskewed" for "deskew"."""
    lower = {key: address[key].lower() for key in (INPUT, OLD_KEY) if key in address}
    if lower.get(OLD_KEY) == "deskewed":
        return Preprocessing.DESKEW
    if INPUT in lower:
        lower.pop(OLD_KEY, None)
    try:
        return stored_preprocessing(lower)
    except ValueError:
        return None
