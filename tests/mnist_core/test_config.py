"""The settings: the article's by default, and checked."""

import ast
import dataclasses
import inspect
import math
import textwrap
from typing import Any

import numpy as np
import pytest

from mnist_core import Grid, Preprocessing, TrainingConfig


def test_the_defaults_are_those_of_the_article_except_for_the_preprocessing() -> None:
    config = TrainingConfig()
    assert (config.batch_size, config.learning_rate, config.epochs) == (100, 0.01, 10)
    assert config.preprocessing is Preprocessing.RAW


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("batch_size", 1),
        ("batch_size", 1_000_000),
        ("learning_rate", 1e-300),
        ("learning_rate", 1),
        ("learning_rate", 1e38),
        ("epochs", 1),
        ("seed", 0),
        ("seed", 2**63 - 1),
        ("preprocessing", Preprocessing.RAW),
        ("reports_per_epoch", 1),
        ("validation", 0),
        ("validation", 2**31 - 1),
        ("training_digits", None),
        ("training_digits", 10),
        ("wrong_labels", 0),
        ("wrong_labels", 1.0),
    ],
)
def test_a_value_at_the_end_of_its_range_is_accepted(setting: str, value: Any) -> None:
    assert getattr(TrainingConfig(**{setting: value}), setting) == value


@pytest.mark.parametrize("setting", ["batch_size", "epochs", "seed", "reports_per_epoch", "validation"])
@pytest.mark.parametrize("value", [-1, 2**63, 100.0, True, "100", None, math.nan])
def test_a_count_that_is_not_a_whole_number_in_its_range_is_refused(setting: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"{setting} must be a whole number from \d+ to \d+, not {value!r}"):
        TrainingConfig(**{setting: value})


@pytest.mark.parametrize("setting", ["batch_size", "epochs", "reports_per_epoch"])
def test_there_is_at_least_one_digit_per_step_one_epoch_and_one_report(setting: str) -> None:
    none: dict[str, Any] = {setting: 0}
    with pytest.raises(ValueError, match=f"{setting} must be a whole number from 1 to"):
        TrainingConfig(**none)


@pytest.mark.parametrize("value", [0, -10, 9, 100.0, True, "100", 2**31])
def test_fewer_than_ten_training_digits_are_refused(value: Any) -> None:
    with pytest.raises(
        ValueError, match=f"training_digits must be a whole number from 10 to .*not {value!r}"
    ):
        TrainingConfig(training_digits=value)


@pytest.mark.parametrize("value", [-0.01, 1.01, 20, math.nan, math.inf, True, "0.2", None])
def test_a_share_of_wrong_labels_out_of_range_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=f"wrong_labels must be a share from 0 to 1, .*not {value!r}"):
        TrainingConfig(wrong_labels=value)


@pytest.mark.parametrize("value", [0, 0.0, -0.01, math.inf, math.nan, 1e39, np.float32(0)])
def test_a_learning_rate_out_of_range_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="learning_rate must be a number above 0"):
        TrainingConfig(learning_rate=value)


@pytest.mark.parametrize("value", [True, "0.01", None])
def test_a_learning_rate_of_another_type_is_refused_and_the_type_named(value: Any) -> None:
    with pytest.raises(ValueError, match=rf"learning_rate must be a number, .*\({type(value).__name__}\)"):
        TrainingConfig(learning_rate=value)


def test_numbers_of_numpy_become_pythons() -> None:
    config = TrainingConfig(np.int64(50), np.float32(0.5), epochs=np.uint8(3))
    assert config == TrainingConfig(50, 0.5, 3)
    assert [type(value) for value in (config.batch_size, config.learning_rate)] == [int, float]
    grid = Grid(np.logspace(-2, 0, 3, dtype=np.float32), np.array([10, 100]), ["raw"], validation=np.int64(9))
    assert grid == Grid(
        [float(np.float32(rate)) for rate in (0.01, 0.1, 1)], (10, 100), ["raw"], validation=9
    )
    assert {type(value) for value in (*grid.batch_sizes, grid.validation)} == {int}


def test_what_is_said_to_be_accepted_are_the_settings() -> None:
    for kind in (TrainingConfig, Grid):
        source = ast.parse(textwrap.dedent(inspect.getsource(kind)))
        signature = next(node for node in ast.walk(source) if getattr(node, "name", "") == "__init__")
        assert isinstance(signature, ast.FunctionDef)
        named = [argument.arg for argument in signature.args.args[1:]]
        assert named == [field.name for field in dataclasses.fields(kind)]


@pytest.mark.parametrize("value", ["whitened", "RAW", "", None, 0])
def test_an_unknown_preprocessing_is_refused_and_the_known_ones_are_named(value: Any) -> None:
    with pytest.raises(ValueError, match=f"one of raw, deskew, moments, directions, not {value!r}"):
        TrainingConfig(preprocessing=value)


def test_a_preprocessing_may_be_given_by_its_name() -> None:
    assert TrainingConfig(preprocessing="raw").preprocessing is Preprocessing.RAW


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingConfig().epochs = 20  # type: ignore[misc]


def test_equal_settings_are_equal_and_have_the_same_hash() -> None:
    assert {TrainingConfig(seed=3): "kept"}[TrainingConfig(seed=3)] == "kept"
    assert TrainingConfig(seed=3) != TrainingConfig(seed=4)
