"""What the URL says: how it is parsed, and how it is written."""

from dataclasses import fields
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.address import (
    KEYS,
    MOST,
    MOST_RUNS,
    PARTS,
    QUANTITIES,
    Address,
    parse,
    settings_query,
    write,
)
from dashboard.lab.inputs import INPUTS
from dashboard.lab.setting_choices import (
    BATCH_SIZES,
    DEFAULTS,
    LEARNING_RATES,
    MAX_EPOCHS,
    MAX_SEED,
    SETTINGS,
    TRAINING_DIGITS,
    WRONG_LABELS,
    control_values,
)
from dashboard.state import TABS
from dashboard.ui.learning_curves import Axis, Part
from mnist_core import Preprocessing, TrainingConfig

A, B, C = "a" * 32, "b" * 32, "c" * 32
OTHER_SETTINGS = TrainingConfig(2_000, 0.5, 3, 7, Preprocessing.DESKEW, reports_per_epoch=7)

# Parsing and writing

IDS = st.lists(st.text("0123456789abcdef", min_size=32, max_size=32), min_size=1, max_size=5, unique=True)
ROWS = IDS.map(tuple)
LETTER = st.sampled_from("ABCDEFGHIJ")
CONTROLS: dict[str, st.SearchStrategy[object]] = {
    "batch_size": st.sampled_from(BATCH_SIZES),
    "learning_rate": st.sampled_from(LEARNING_RATES),
    "epochs": st.integers(1, MAX_EPOCHS),
    "seed": st.integers(0, MAX_SEED),
    "preprocessing": st.sampled_from(Preprocessing),
    "validation": st.booleans(),
    "training_digits": st.sampled_from(TRAINING_DIGITS),
    "wrong_labels": st.sampled_from(WRONG_LABELS),
}
ADDRESSES = st.builds(
    Address,
    tab=st.sampled_from(TABS),
    settings=st.fixed_dictionaries({}, optional=CONTROLS),
    run=st.text(),
    compare=st.lists(ROWS, max_size=MOST, unique=True).map(tuple),
    baseline=st.just(()) | ROWS,
    pair=st.tuples(LETTER, LETTER),
    curves=st.tuples(st.sampled_from(list(QUANTITIES)), st.sampled_from(Part), st.sampled_from(Axis)),
    map=st.text(),
    learn=st.text(),
)


@given(ADDRESSES)
def test_what_is_written_is_parsed_as_it_was(address: Address) -> None:
    assert parse(write(address)) == (address, "")


def test_each_part_of_an_address_has_its_key_and_a_default_is_not_written() -> None:
    assert {field.name for field in fields(Address)} == {*PARTS, "settings"}
    assert set(SETTINGS) == set(CONTROLS) == set(KEYS) - set(PARTS)
    assert write(Address()) == {}


@pytest.mark.parametrize(
    ("name", "asked", "written", "said"),
    [
        ("batch_size", "150", "200", "batch 200 instead of 150"),
        ("batch_size", "0", "1", "batch 1 instead of 0"),
        ("batch_size", "99999999", "10000", "batch 10000 instead of 99,999,999"),
        ("batch_size", "1,000", "100", "batch 100 instead of something that is not a number"),
        ("batch_size", "", "100", "batch 100 instead of something that is not a number"),
        ("batch_size", "nan", "100", "batch 100 instead of something that is not a number"),
        ("learning_rate", "99", "5", "learning rate 5 instead of 99"),
        ("learning_rate", "-1", "0.001", "learning rate 0.001 instead of -1"),
        ("learning_rate", "0.013", "0.01", "learning rate 0.01 instead of 0.013"),
        ("learning_rate", "1e-320", "0.001", "learning rate 0.001 instead of "),
        ("learning_rate", "1e999", "0.01", "learning rate 0.01 instead of something that is not a number"),
        ("epochs", "9999", "50", "50 epochs instead of 9,999"),
        ("epochs", "2.4", "2", "2 epochs instead of 2.4"),
        ("seed", "2147483648", "2147483647", "seed 2147483647 instead of 2,147,483,648"),
        ("preprocessing", "foo", DEFAULTS.preprocessing, "raw instead of an unknown input"),
        ("validation", "5000", "false", "no digits held out"),
        ("training_digits", "0", "10", "10 training digits instead of 0"),
        ("training_digits", "9", "10", "10 training digits instead of 9"),
        ("training_digits", "1234", "1000", "1,000 training digits instead of 1,234"),
        ("training_digits", "9e9", "50000", "50,000 training digits instead of 9,000,000,000"),
        ("training_digits", "few", "all", "all training digits instead of something that is not a number"),
        ("wrong_labels", "-0.1", "0", "no wrong labels instead of -0.1"),
        ("wrong_labels", "20", "1", "100 % wrong labels instead of 20"),
        ("wrong_labels", "nan", "0", "no wrong labels instead of something that is not a number"),
        # Those that are offered, however they are written.
        ("batch_size", "100.0", "100", ""),
        ("learning_rate", ".5", "0.5", ""),
        ("learning_rate", "1.0", "1", ""),
        ("seed", "2147483647", "2147483647", ""),
        ("preprocessing", "RAW", "raw", ""),
        ("validation", "true", "true", ""),
        ("training_digits", "100", "100", ""),
        ("training_digits", "all", "all", ""),
        ("wrong_labels", "0.20", "0.2", ""),
        ("tab", "Learn", "Learn", ""),
        # Those that cannot be said better in a notice above the tabs.
        ("tab", "foo", None, ""),
        ("compare", f"{B}.{C},{A}", f"{B}.{C},{A}", ""),
        ("compare", f"../../etc/passwd,{A},{A}x,<b>,%00,{B}.{B},{A}", f"{A},{B}", ""),
        ("baseline", f"{B}.{A}", f"{B}.{A}", ""),
        ("baseline", f"{A},{B}", None, ""),
        ("pair", "CJ", "CJ", ""),
        ("pair", "AZ", None, ""),
        ("curves", "loss-training-step", "loss-training-step", ""),
        ("curves", "loss", "loss-test-epoch", ""),
        ("curves", "loss-test-step-more", "loss-test-step", ""),
        ("curves", "x-y-z", None, ""),
    ],
)
def test_a_value_is_brought_to_what_is_offered(name: str, asked: str, written: str | None, said: str) -> None:
    address, notice = parse({name: asked, "from": "a mail"})
    assert write(address) == ({} if written is None else {name: written})
    assert said in notice
    assert bool(said) == bool(notice)


def test_one_sentence_says_all_that_was_changed_and_repeats_no_text_from_the_address() -> None:
    hostile = "![x](javascript:alert(1))"
    address, notice = parse({**dict.fromkeys(SETTINGS, hostile), "epochs": "9999"})
    assert address.settings == {**control_values(DEFAULTS), "epochs": MAX_EPOCHS}
    assert notice.count(" instead of ") == len(SETTINGS)
    assert "javascript" not in notice


def test_a_long_list_of_runs_is_cut() -> None:
    ids = [f"{number:032x}" for number in range(500)]
    assert parse({"compare": ",".join(ids)})[0].compare == tuple((one,) for one in ids[:MOST])
    assert parse({"compare": ".".join(ids)})[0].compare == ()
    assert parse({"compare": ".".join(ids[:MOST_RUNS])})[0].compare == (tuple(ids[:MOST_RUNS]),)


@pytest.mark.parametrize("preprocessing", INPUTS)
@pytest.mark.parametrize("batch_size", BATCH_SIZES)
def test_a_link_to_settings_asks_for_just_these(batch_size: int, preprocessing: Preprocessing) -> None:
    for rate, epochs in zip(LEARNING_RATES, range(MAX_EPOCHS, 0, -1), strict=False):
        few: dict[str, Any] = {"training_digits": 100, "wrong_labels": 0.2} if epochs % 3 else {}
        config = TrainingConfig(batch_size, rate, epochs, 5, preprocessing, validation=epochs % 2, **few)
        asked = dict(parse_qsl(settings_query(config), strict_parsing=True))
        assert asked == {
            "batch_size": str(batch_size),
            "learning_rate": f"{rate:g}",
            "epochs": str(epochs),
            "seed": "5",
            "preprocessing": preprocessing.value,
        } | ({"validation": "true"} if epochs % 2 else {}) | {name: str(value) for name, value in few.items()}
        assert control_values(DEFAULTS) | parse(asked)[0].settings == control_values(config)


def test_the_controls_show_the_nearest_settings_of_a_run_from_elsewhere() -> None:
    config = TrainingConfig(60_000, 0.013, 1_000, 2**40, Preprocessing.RAW)
    assert control_values(config) == {
        "batch_size": 10_000,
        "learning_rate": 0.01,
        "epochs": MAX_EPOCHS,
        "seed": MAX_SEED,
        "preprocessing": Preprocessing.RAW,
        "validation": False,
        "training_digits": "all",
        "wrong_labels": 0.0,
    }
