"""Settings in links: what a person may write into an address, and what the controls make of it."""

from urllib.parse import parse_qsl

import pytest

from dashboard.address import SETTINGS, control_values, correct_settings, settings_query
from dashboard.lab.setting_choices import BATCH_SIZES, INPUTS, LEARNING_RATES, MAX_EPOCHS
from mnist_core import Preprocessing, TrainingConfig


@pytest.mark.parametrize(
    ("name", "asked", "corrected", "said"),
    [
        ("batch_size", "150", "200", "batch size 200 instead of 150"),
        ("batch_size", "0", "1", "batch size 1 instead of 0"),
        ("batch_size", "99999999", "10000", "batch size 10000 instead of 99,999,999"),
        ("batch_size", "1,000", "100", "batch size 100 instead of something that is not a number"),
        ("batch_size", "abc", "100", "batch size 100 instead of something that is not a number"),
        ("batch_size", "", "100", "batch size 100 instead of something that is not a number"),
        ("batch_size", "nan", "100", "batch size 100 instead of something that is not a number"),
        ("learning_rate", "99", "5", "learning rate 5 instead of 99"),
        ("learning_rate", "-1", "0.001", "learning rate 0.001 instead of -1"),
        ("learning_rate", "0.013", "0.01", "learning rate 0.01 instead of 0.013"),
        ("learning_rate", "1e-320", "0.001", "learning rate 0.001 instead of "),
        ("learning_rate", "1e999", "0.01", "learning rate 0.01 instead of something that is not a number"),
        ("learning_rate", "0,5", "0.01", "learning rate 0.01 instead of something that is not a number"),
        ("epochs", "9999", "50", "epochs 50 instead of 9,999"),
        ("epochs", "0", "1", "epochs 1 instead of 0"),
        ("epochs", "2.4", "2", "epochs 2 instead of 2.4"),
        ("seed", "-1", "0", "seed 0 instead of -1"),
        ("seed", "2147483648", "2147483647", "seed 2147483647 instead of 2,147,483,648"),
        ("preprocessing", "foo", "directions", "input directions instead of an unknown one"),
        ("preprocessing", "", "directions", "input directions instead of an unknown one"),
    ],
)
def test_a_setting_that_is_not_offered_becomes_the_nearest_and_this_is_said(
    name: str, asked: str, corrected: str, said: str
) -> None:
    address, notice = correct_settings({name: asked})
    assert address == {name: corrected}
    assert said in notice


@pytest.mark.parametrize(
    ("name", "asked", "written"),
    [
        ("batch_size", "1000", "1000"),
        ("batch_size", "100.0", "100"),
        ("learning_rate", ".5", "0.5"),
        ("learning_rate", "1.0", "1"),
        ("epochs", "7", "7"),
        ("seed", "2147483647", "2147483647"),
        ("preprocessing", "deskew", "deskew"),
        ("preprocessing", "moments", "moments"),
        ("preprocessing", "directions", "directions"),
        ("preprocessing", "RAW", "raw"),
    ],
)
def test_a_setting_that_is_offered_is_taken_without_a_word_however_it_is_written(
    name: str, asked: str, written: str
) -> None:
    assert correct_settings({name: asked}) == ({name: written}, "")


def test_one_sentence_says_all_that_was_changed() -> None:
    asked = {"batch_size": "150", "epochs": "9999", "seed": "3", "preprocessing": "foo"}
    address, notice = correct_settings(asked)
    assert address == {"batch_size": "200", "epochs": "50", "seed": "3", "preprocessing": "directions"}
    assert notice.endswith(
        "batch size 200 instead of 150, epochs 50 instead of 9,999, "
        "input directions instead of an unknown one."
    )


def test_a_notice_never_repeats_text_from_the_address() -> None:
    hostile = "![x](javascript:alert(1))"
    address, notice = correct_settings(dict.fromkeys(SETTINGS, hostile))
    assert len(address) == len(SETTINGS)
    assert "javascript" not in notice
    assert "javascript" not in "".join(address.values())


def test_what_is_not_a_setting_stays_as_it_is() -> None:
    address = {"run": "0" * 32, "from": "a mail"}
    assert correct_settings(address) == (address, "")


def test_settings_beside_a_run_are_corrected_too() -> None:
    address, notice = correct_settings({"run": "0" * 32, "epochs": "500"})
    assert address == {"run": "0" * 32, "epochs": "50"}
    assert "epochs 50 instead of 500" in notice


@pytest.mark.parametrize("preprocessing", INPUTS)
@pytest.mark.parametrize("batch_size", BATCH_SIZES)
def test_a_link_to_settings_that_are_offered_asks_for_just_these(
    batch_size: int, preprocessing: Preprocessing
) -> None:
    for rate, epochs in zip(LEARNING_RATES, range(MAX_EPOCHS, 0, -1), strict=False):
        config = TrainingConfig(batch_size, rate, epochs, 5, preprocessing)
        asked = dict(parse_qsl(settings_query(config), strict_parsing=True))
        assert correct_settings(asked) == (asked, "")
        assert asked == {
            "batch_size": str(batch_size),
            "learning_rate": f"{rate:g}",
            "epochs": str(epochs),
            "seed": "5",
            "preprocessing": preprocessing.value,
        }


def test_the_controls_show_the_settings_of_a_run() -> None:
    config = TrainingConfig(2_000, 0.5, 3, 7, Preprocessing.DESKEW)
    assert control_values(config) == {
        "batch_size": 2_000,
        "learning_rate": 0.5,
        "epochs": 3,
        "seed": 7,
        "preprocessing": Preprocessing.DESKEW,
        "validation": False,
    }


def test_the_controls_show_the_nearest_settings_of_a_run_from_elsewhere() -> None:
    config = TrainingConfig(60_000, 0.013, 1_000, 2**40, Preprocessing.RAW)
    assert control_values(config) == {
        "batch_size": 10_000,
        "learning_rate": 0.01,
        "epochs": MAX_EPOCHS,
        "seed": 2**31 - 1,
        "preprocessing": Preprocessing.RAW,
        "validation": False,
    }


def test_digits_held_out_are_in_a_link_and_in_the_controls_and_left_out_where_there_are_none() -> None:
    held_out = TrainingConfig(validation=500)
    assert parse_qsl(settings_query(held_out))[-1] == ("validation", "true")
    assert control_values(held_out)["validation"] is True
    assert "validation" not in settings_query(TrainingConfig())


@pytest.mark.parametrize("written", ["true", "false"])
def test_whether_digits_are_held_out_is_taken_from_an_address(written: str) -> None:
    assert correct_settings({"validation": written}) == ({"validation": written}, "")


def test_another_word_about_digits_held_out_means_none_and_this_is_said() -> None:
    address, notice = correct_settings({"validation": "5000"})
    assert address == {"validation": "false"}
    assert "no digits held out" in notice
