"""Links with settings: what a person may write into an address, and what the controls make of it."""

from urllib.parse import parse_qsl

import pytest

from dashboard.setting_choices import BATCH_SIZES, INPUTS, LEARNING_RATES, MOST_EPOCHS
from dashboard.url_settings import put_right, settings_query
from mnist_core import Preprocessing, TrainingConfig


@pytest.mark.parametrize(
    ("name", "asked", "set_to", "told"),
    [
        ("batch_size", "150", "200", "batch size 200 instead of 150"),
        ("batch_size", "0", "1", "batch size 1 instead of 0"),
        ("batch_size", "99999999", "10,000", "batch size 10,000 instead of 99,999,999"),
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
        ("preprocessing", "foo", "moments", "input moments instead of an unknown one"),
        ("preprocessing", "", "moments", "input moments instead of an unknown one"),
    ],
)
def test_what_is_not_offered_becomes_the_nearest_that_is_and_is_told(
    name: str, asked: str, set_to: str, told: str
) -> None:
    address, notice = put_right({name: asked})
    assert address == {name: set_to}
    assert told in notice


@pytest.mark.parametrize(
    ("name", "asked", "set_to"),
    [
        ("batch_size", "1000", "1,000"),
        ("batch_size", "1,000", "1,000"),
        ("learning_rate", ".5", "0.5"),
        ("learning_rate", "1.0", "1"),
        ("epochs", "7", "7"),
        ("seed", "2147483647", "2147483647"),
        ("preprocessing", "deskew", "deskewed"),
        ("preprocessing", "deskewed", "deskewed"),
        ("preprocessing", "RAW", "raw"),
    ],
)
def test_what_is_offered_is_taken_without_a_word_however_it_is_written(
    name: str, asked: str, set_to: str
) -> None:
    assert put_right({name: asked}) == ({name: set_to}, "")


def test_one_sentence_tells_all_that_was_changed() -> None:
    address, notice = put_right({"batch_size": "150", "epochs": "9999", "seed": "3", "preprocessing": "foo"})
    assert address == {"batch_size": "200", "epochs": "50", "seed": "3", "preprocessing": "moments"}
    assert notice.endswith(
        "batch size 200 instead of 150, epochs 50 instead of 9,999, input moments instead of an unknown one."
    )


def test_a_notice_never_repeats_text_from_the_address() -> None:
    hostile = "![x](javascript:alert(1))"
    _, notice = put_right(dict.fromkeys(("batch_size", "learning_rate", "seed", "preprocessing"), hostile))
    assert "javascript" not in notice


def test_what_is_no_setting_stays_as_it_is() -> None:
    address = {"run": "0" * 32, "from": "a mail"}
    assert put_right(address) == (address, "")


def test_an_address_with_a_run_alone_takes_the_settings_of_that_run() -> None:
    config = TrainingConfig(2_000, 0.5, 3, 7, Preprocessing.DESKEW)
    address, notice = put_right({"run": "0" * 32}, config)
    assert address == {
        "run": "0" * 32,
        "batch_size": "2,000",
        "learning_rate": "0.5",
        "epochs": "3",
        "seed": "7",
        "preprocessing": "deskewed",
    }
    assert notice == ""


def test_settings_in_the_address_come_before_those_of_the_run() -> None:
    address, _ = put_right({"run": "0" * 32, "epochs": "5"}, TrainingConfig(learning_rate=0.5))
    assert address == {"run": "0" * 32, "epochs": "5"}


@pytest.mark.parametrize("preprocessing", Preprocessing)
@pytest.mark.parametrize("batch_size", BATCH_SIZES)
def test_a_link_to_settings_that_are_offered_asks_for_just_these(
    batch_size: int, preprocessing: Preprocessing
) -> None:
    for rate, epochs in zip(LEARNING_RATES, range(MOST_EPOCHS, 0, -1), strict=False):
        config = TrainingConfig(batch_size, rate, epochs, 5, preprocessing)
        address, notice = put_right(dict(parse_qsl(settings_query(config), strict_parsing=True)))
        assert notice == ""
        assert float(address["batch_size"].replace(",", "")) == batch_size
        assert float(address["learning_rate"]) == rate
        assert address["epochs"] == str(epochs)
        assert address["seed"] == "5"
        assert address["preprocessing"] == INPUTS[preprocessing]
