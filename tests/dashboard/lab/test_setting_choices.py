"""The settings that are offered, and how the page names them."""

from dataclasses import replace

import pytest

from dashboard.lab.inputs import INPUTS
from dashboard.lab.setting_choices import (
    BATCH_SIZES,
    DEFAULTS,
    LEARNING_RATES,
    MAX_EPOCHS,
    MAX_SEED,
    PRESETS,
    describe_settings,
    differences,
)
from mnist_core import Preprocessing, TrainingConfig


def test_the_settings_of_a_run_are_one_line() -> None:
    assert describe_settings(DEFAULTS) == "raw · batch 100 · learning rate 0.01 · 10 epochs"
    one_epoch = TrainingConfig(1, 5.0, 1, 7, Preprocessing.RAW)
    assert describe_settings(one_epoch) == "raw · batch 1 · learning rate 5 · 1 epoch · seed 7"


def test_only_what_differs_is_named() -> None:
    other = replace(DEFAULTS, batch_size=50, epochs=1)
    assert differences(other, DEFAULTS) == ["batch 50", "1 epoch"]
    assert differences(DEFAULTS, other) == ["batch 100", "10 epochs"]
    assert differences(replace(DEFAULTS, seed=3), DEFAULTS) == ["seed 3"]
    assert differences(DEFAULTS, replace(DEFAULTS, seed=3)) == ["seed 0"]
    assert differences(DEFAULTS, replace(DEFAULTS, preprocessing=Preprocessing.DIRECTIONS)) == ["raw"]


def test_how_often_a_run_reports_is_not_a_setting_that_people_choose() -> None:
    assert differences(replace(DEFAULTS, reports_per_epoch=20), DEFAULTS) == []


@pytest.mark.parametrize("name", PRESETS)
def test_the_controls_offer_every_preset(name: str) -> None:
    preset = PRESETS[name]
    assert preset.batch_size in BATCH_SIZES
    assert preset.learning_rate in LEARNING_RATES
    assert 1 <= preset.epochs <= MAX_EPOCHS
    assert 0 <= preset.seed <= MAX_SEED
    assert preset.preprocessing in INPUTS


def test_the_presets_are_what_they_are_called() -> None:
    assert PRESETS["The article"] == TrainingConfig()
    article = PRESETS["The article"]
    assert (article.preprocessing, article.batch_size) == (Preprocessing.RAW, 100)
    assert (article.learning_rate, article.epochs) == (0.01, 10)
    assert PRESETS["Too fast"].learning_rate == max(LEARNING_RATES) == 5
    assert PRESETS["Too fast"].preprocessing is Preprocessing.RAW
    prepared = replace(PRESETS["The article"], preprocessing=Preprocessing.DIRECTIONS)
    assert PRESETS["Prepared digits"] == prepared
    assert PRESETS["Best reader"] == replace(prepared, learning_rate=0.5)


def test_each_kind_of_input_is_explained_in_a_sentence() -> None:
    assert tuple(INPUTS) == tuple(Preprocessing)
    assert all(one.choice.endswith(".") for one in INPUTS.values())


def test_digits_held_out_are_named_if_there_are_any() -> None:
    held_out = TrainingConfig(validation=500)
    assert "held out" not in describe_settings(TrainingConfig())
    assert describe_settings(held_out).endswith("500 digits held out")
    assert differences(held_out, TrainingConfig()) == ["500 digits held out"]
    assert differences(TrainingConfig(), held_out) == ["no digits held out"]
