"""What the URL says: how it is parsed, and how it is written."""

from dataclasses import fields
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.address import (
    KEYS,
    MOST,
    MOST_RUNS,
    QUANTITIES,
    SETTINGS,
    Address,
    control_values,
    parse,
    settings_query,
    write,
)
from dashboard.lab.inputs import INPUTS
from dashboard.lab.setting_choices import BATCH_SIZES, DEFAULTS, LEARNING_RATES, MAX_EPOCHS, MAX_SEED
from dashboard.state import TABS
from dashboard.ui.learning_curves import Axis, Part
from mnist_core import Preprocessing, TrainingConfig

A, B, C = "a" * 32, "b" * 32, "c" * 32
OTHER_SETTINGS = TrainingConfig(2_000, 0.5, 3, 7, Preprocessing.DESKEW, reports_per_epoch=7)

# Parsing and writing

IDS = st.lists(st.text("0123456789abcdef", min_size=32, max_size=32), min_size=1, max_size=5, unique=True)
ROWS = IDS.map(tuple)
LETTER = st.sampled_from("ABCDEFGHIJ")
ADDRESSES = st.builds(
    Address,
    tab=st.sampled_from(TABS),
    batch_size=st.none() | st.sampled_from(BATCH_SIZES),
    learning_rate=st.none() | st.sampled_from(LEARNING_RATES),
    epochs=st.none() | st.integers(1, MAX_EPOCHS),
    seed=st.none() | st.integers(0, MAX_SEED),
    preprocessing=st.none() | st.sampled_from(Preprocessing),
    validation=st.none() | st.booleans(),
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
    assert [field.name for field in fields(Address)] == list(KEYS)
    assert write(Address()) == {}


@pytest.mark.parametrize(
    ("name", "asked", "written", "said"),
    [
        ("batch_size", "150", "200", "batch size 200 instead of 150"),
        ("batch_size", "0", "1", "batch size 1 instead of 0"),
        ("batch_size", "99999999", "10000", "batch size 10000 instead of 99,999,999"),
        ("batch_size", "1,000", "100", "batch size 100 instead of something that is not a number"),
        ("batch_size", "", "100", "batch size 100 instead of something that is not a number"),
        ("batch_size", "nan", "100", "batch size 100 instead of something that is not a number"),
        ("learning_rate", "99", "5", "learning rate 5 instead of 99"),
        ("learning_rate", "-1", "0.001", "learning rate 0.001 instead of -1"),
        ("learning_rate", "0.013", "0.01", "learning rate 0.01 instead of 0.013"),
        ("learning_rate", "1e-320", "0.001", "learning rate 0.001 instead of "),
        ("learning_rate", "1e999", "0.01", "learning rate 0.01 instead of something that is not a number"),
        ("epochs", "9999", "50", "epochs 50 instead of 9,999"),
        ("epochs", "2.4", "2", "epochs 2 instead of 2.4"),
        ("seed", "2147483648", "2147483647", "seed 2147483647 instead of 2,147,483,648"),
        ("preprocessing", "foo", DEFAULTS.preprocessing, "instead of an unknown one"),
        ("validation", "5000", "false", "no digits held out"),
        # Those that are offered, however they are written.
        ("batch_size", "100.0", "100", ""),
        ("learning_rate", ".5", "0.5", ""),
        ("learning_rate", "1.0", "1", ""),
        ("seed", "2147483647", "2147483647", ""),
        ("preprocessing", "RAW", "raw", ""),
        ("validation", "true", "true", ""),
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
        config = TrainingConfig(batch_size, rate, epochs, 5, preprocessing, validation=epochs % 2)
        asked = dict(parse_qsl(settings_query(config), strict_parsing=True))
        assert asked == {
            "batch_size": str(batch_size),
            "learning_rate": f"{rate:g}",
            "epochs": str(epochs),
            "seed": "5",
            "preprocessing": preprocessing.value,
        } | ({"validation": "true"} if epochs % 2 else {})
        assert {"validation": False} | parse(asked)[0].settings == control_values(config)


def test_the_controls_show_the_nearest_settings_of_a_run_from_elsewhere() -> None:
    config = TrainingConfig(60_000, 0.013, 1_000, 2**40, Preprocessing.RAW)
    assert control_values(config) == {
        "batch_size": 10_000,
        "learning_rate": 0.01,
        "epochs": MAX_EPOCHS,
        "seed": MAX_SEED,
        "preprocessing": Preprocessing.RAW,
        "validation": False,
    }
