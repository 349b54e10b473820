"""The settings of a run: what the page offers of each, and how it is written there and in an address.

A new one needs its field in mnist_core/config.py, its entry here, and its control in
dashboard/sidebar/settings_form.py; the names are the same everywhere.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mnist_core import Digits, Preprocessing, TrainingConfig
from mnist_core.data.dataset import SOURCES

DEFAULTS = TrainingConfig()

BATCH_SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]
LEARNING_RATES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]
MAX_EPOCHS = 50
MAX_SEED = 2**31 - 1
VALIDATION_DIGITS = {"mnist": 5_000, "sample": 500}  # held out of the training digits, by source
ALL = "all"  # of the training digits, as a control and an address say it; None in the settings of a run
TRAINING_DIGITS: list[int | str] = [
    *(10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000),
    ALL,
]
WRONG_LABELS = [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]  # shares


def digits_to_hold_out(digits: Digits | None) -> tuple[int, int]:
    """How many training digits are held out for validation, an eighth of one's own, and how many there are.

    None stands for digits that are still being loaded: MNIST.
    """
    source = digits.source if digits else "mnist"
    count = len(digits.train) if digits and source not in SOURCES else SOURCES[source][0]
    return VALIDATION_DIGITS.get(source, count // 8), count


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class Setting:
    """What the page offers of one setting, and how it is written.

    Attributes:
        label: of its control.
        describe: writes a value as part of one line, such as "batch 100".
        nearest: brings the value of a run, or one that an address asks for, to what its control offers.
        write: writes a value of the control for the address.
        parse: reads what `write` has written, and what people write by hand; None if it makes no sense.
        what: is said of what makes no sense.
        optional: whether one line leaves it out unless it is in use.
        show: writes the value of a run, or of the control, where only the setting's name stands beside it.
    """

    label: str
    describe: Callable[[Any], str]
    nearest: Callable[[Any], Any]
    write: Callable[[Any], str] = str
    parse: Callable[[str], Any] = _number
    what: str = "something that is not a number"
    optional: bool = False
    show: Callable[[Any], str] = str

    def read(self, text: str, default: Any) -> tuple[Any, str]:
        """Read a value from an address; return what the control offers, and what that replaces in words."""
        asked = self.parse(text)
        value = self.nearest(default if asked is None else asked)
        if value == asked:
            return value, ""
        instead = self.what if asked is None else f"{asked:,.10g}" if isinstance(asked, float) else asked
        return value, f"{self.describe(value)} instead of {instead}"


def _nearest_of(offered: Sequence[float]) -> Callable[[float], float]:
    """Choose the nearest by ratio, because the steps of these sliders are logarithmic."""

    def nearest(asked: float) -> float:
        if asked <= 0:
            return offered[0]
        return min(offered, key=lambda step: abs(math.log(step) - math.log(asked)))

    return nearest


def _nearest_whole(least: int, most: int) -> Callable[[float], float]:
    return lambda asked: round(min(max(asked, least), most))


_nearest_count = _nearest_of([count for count in TRAINING_DIGITS if not isinstance(count, str)])

# A slider writes its value into the address as it is shown, so links use the same words.
write_learning_rate = "{:g}".format


def write_count(count: int | str | None) -> str:
    """Write how many digits are learned, as a setting of a run or as a control has it."""
    return ALL if count is None or isinstance(count, str) else f"{count:,}"


def write_share(share: float) -> str:
    """Write a share of wrong labels, "20 %"."""
    return f"{100 * share:g} %"


SETTINGS = {
    "batch_size": Setting("Batch size", "batch {}".format, _nearest_of(BATCH_SIZES), show="{:,}".format),
    "learning_rate": Setting(
        "Learning rate",
        lambda rate: f"learning rate {write_learning_rate(rate)}",
        _nearest_of(LEARNING_RATES),
        write_learning_rate,
        show=write_learning_rate,
    ),
    "epochs": Setting(
        "Epochs", lambda count: f"{count} epoch{'s' * (count != 1)}", _nearest_whole(1, MAX_EPOCHS)
    ),
    "seed": Setting("Seed", "seed {}".format, _nearest_whole(0, MAX_SEED), optional=True),
    "preprocessing": Setting(
        "Input",
        lambda how: Preprocessing(how).value,
        Preprocessing,
        parse=lambda text: text.lower() if text.lower() in list(Preprocessing) else None,
        what="an unknown input",
    ),
    "validation": Setting(
        "Hold out digits",
        lambda count: f"{count or 'no'} digits held out",
        lambda count: count > 0,  # the control is a switch
        lambda held_out: str(held_out).lower(),
        {"true": True, "false": False}.get,
        "an unknown number",
        optional=True,
    ),
    "training_digits": Setting(
        "Training digits",
        lambda count: f"{write_count(count)} training digits",
        lambda count: ALL if count in (None, ALL) else _nearest_count(count),
        parse=lambda text: ALL if text == ALL else _number(text),
        optional=True,
        show=write_count,
    ),
    "wrong_labels": Setting(
        "Wrong labels",
        lambda share: f"{write_share(share) if share else 'no'} wrong labels",
        lambda asked: min(WRONG_LABELS, key=lambda share: abs(share - asked)),
        "{:g}".format,
        optional=True,
        show=write_share,
    ),
}

ARTICLE, PREPARED, BEST_READER, TOO_FAST = "The article", "Prepared digits", "Best reader", "Too fast"
PRESETS = {
    ARTICLE: DEFAULTS,
    PREPARED: TrainingConfig(100, 0.01, 10, preprocessing=Preprocessing.DIRECTIONS),
    BEST_READER: TrainingConfig(100, 0.5, 10, preprocessing=Preprocessing.DIRECTIONS),
    TOO_FAST: TrainingConfig(100, 5.0, 10, preprocessing=Preprocessing.RAW),
}

REPORTS = 20  # per run, about: enough for a smooth curve, few enough to cost little


def with_reports(config: TrainingConfig) -> TrainingConfig:
    """Have a run report as often as the page needs it: in its first steps, then evenly."""
    return replace(config, reports_per_epoch=max(1, round(REPORTS / config.epochs)), early_reports=True)


def control_values(config: TrainingConfig) -> dict[str, Any]:
    """Return the value of each control, by its key, that is nearest to the settings of a run."""
    return {name: setting.nearest(getattr(config, name)) for name, setting in SETTINGS.items()}


def describe_settings(config: TrainingConfig) -> str:
    """Write the settings of a run in one line, "raw · batch 100 · learning rate 0.01 · 10 epochs"."""
    names = ["preprocessing", *(name for name in SETTINGS if name != "preprocessing")]
    in_use = [name for name in names if not SETTINGS[name].optional or getattr(config, name)]
    return " · ".join(SETTINGS[name].describe(getattr(config, name)) for name in in_use)


def differences(config: TrainingConfig, other: TrainingConfig) -> list[str]:
    """List the settings of `config` that differ from those of `other`, each described, such as "batch 50"."""
    described = (
        (setting.describe(getattr(config, name)), setting.describe(getattr(other, name)))
        for name, setting in SETTINGS.items()
    )
    return [own for own, others in described if own != others]
