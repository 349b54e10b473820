"""The settings that the controls offer, and how each is written on the page and in its address."""

from dataclasses import replace

from mnist_core import Preprocessing, TrainingConfig

DEFAULTS = TrainingConfig()

BATCH_SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]
LEARNING_RATES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]
MAX_EPOCHS = 50
MAX_SEED = 2**31 - 1
VALIDATION_DIGITS = {"mnist": 5_000, "sample": 500}  # held out of the training digits, by source

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


# A slider writes its value into the address as it is shown, so links use the same words.
write_learning_rate = "{:g}".format


def describe_settings(config: TrainingConfig) -> str:
    """Write the settings of a run in one line, "raw · batch 100 · learning rate 0.01 · 10 epochs"."""
    return " · ".join(
        text
        for name, text in _describe_each(config).items()
        if name not in ("seed", "validation") or getattr(config, name)
    )


def differences(config: TrainingConfig, other: TrainingConfig) -> list[str]:
    """List the settings of `config` that differ from those of `other`, each described, such as "batch 50"."""
    others = _describe_each(other)
    return [text for name, text in _describe_each(config).items() if text != others[name]]


def _describe_each(config: TrainingConfig) -> dict[str, str]:
    return {
        "preprocessing": config.preprocessing.value,
        "batch_size": f"batch {config.batch_size}",
        "learning_rate": f"learning rate {write_learning_rate(config.learning_rate)}",
        "epochs": f"{config.epochs} {'epoch' if config.epochs == 1 else 'epochs'}",
        "seed": f"seed {config.seed}",
        "validation": f"{config.validation or 'no'} digits held out",
    }
