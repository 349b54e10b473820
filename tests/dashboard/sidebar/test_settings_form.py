"""The settings of the next run, and the presets beside them."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.lab.inputs import INPUTS
from dashboard.lab.setting_choices import PRESETS
from mnist_core import Digits, Preprocessing, TrainingConfig
from mnist_core.preprocessing.cache import DigitsBeingPrepared
from mnist_core.training.loop import prepared_for
from tests.dashboard.page import (
    choice,
    finish,
    open_page,
    press,
    rerun,
    send_twice,
    sent,
    settings,
    shown,
    texts,
)
from tests.support.sources import wait_for


def _marked(page: AppTest) -> object:
    return choice(page, "preset").value


def test_the_page_begins_with_the_defaults(app: AppTest) -> None:
    rerun(app)
    sliders = {slider.label: slider.value for slider in (*app.sidebar.select_slider, *app.sidebar.slider)}
    assert sliders == {
        "Batch size": 100,
        "Learning rate": 0.01,
        "Epochs": 10,
        "Training digits": "all",
        "Wrong labels": 0.0,
    }
    assert settings(app).preprocessing is Preprocessing.RAW
    assert settings(app).seed == 0
    assert _marked(app) == "The article"


def test_too_fast_sets_a_learning_rate_that_overshoots(app: AppTest) -> None:
    choice(rerun(app), "preset").select("Too fast")
    config = settings(rerun(app))
    assert (config.preprocessing, config.learning_rate) == (Preprocessing.RAW, 5)
    assert (config.batch_size, config.epochs) == (100, 10)
    press(app, "Train")
    assert shown(app).config == config


def test_a_slider_that_has_left_a_preset_is_not_set_back_by_a_request_that_still_says_the_preset(
    app: AppTest,
) -> None:
    rerun(app).sidebar.slider(key="epochs").set_value(3)
    assert settings(send_twice(app)).epochs == 3
    assert _marked(app) is None


def test_each_preset_sets_all_settings_and_is_marked_then(app: AppTest) -> None:
    rerun(app)
    app.sidebar.number_input(key="seed").set_value(7)
    app.sidebar.slider(key="epochs").set_value(3)
    assert _marked(rerun(app)) is None
    for name, preset in [*PRESETS.items(), ("The article", PRESETS["The article"])]:
        choice(app, "preset").select(name)
        config = settings(rerun(app))
        assert _marked(app) == name
        assert (config.batch_size, config.learning_rate) == (preset.batch_size, preset.learning_rate)
        assert (config.epochs, config.preprocessing) == (preset.epochs, preset.preprocessing)
        assert config.seed == 0


def test_a_preset_is_marked_when_the_controls_equal_it(app: AppTest) -> None:
    rerun(app)
    app.sidebar.segmented_control(key="preprocessing").set_value(Preprocessing.DIRECTIONS)
    assert _marked(rerun(app)) == "Prepared digits"
    app.sidebar.segmented_control(key="preprocessing").set_value(Preprocessing.RAW)
    app.sidebar.select_slider(key="learning_rate").set_value(5.0)
    assert _marked(rerun(app)) == "Too fast"
    app.sidebar.number_input(key="seed").set_value(1)
    assert _marked(rerun(app)) is None


def test_few_digits_with_wrong_labels_are_learned_and_their_gap_is_drawn(server: Path) -> None:
    app = open_page(training_digits="50", wrong_labels="0.2")
    config = settings(app)
    assert (config.training_digits, config.wrong_labels) == (50, 0.2)
    assert "A batch of 100 is more than these 50 digits: an epoch is one step." in texts(app)
    press(app, "Train")
    run = shown(app)
    assert run.config == config
    finish(app)
    assert run.history[-1].step == config.epochs
    assert "50 training digits · 20 % wrong labels" in texts(app)
    gap = 100 * (run.history[-1].train.accuracy - run.history[-1].test.accuracy)
    assert f"gap +{gap:.1f} points" in sent(app)


def test_more_digits_than_there_are_are_all_of_them_and_the_page_says_so(server: Path) -> None:
    app = open_page(training_digits="5000", validation="true")
    assert settings(app).training_digits is None
    assert "There are only 3,500 digits to learn from: all of them are learned." in texts(app)


@pytest.mark.parametrize("epochs", [1, 7, 20, 50])
def test_a_run_makes_about_twenty_reports(app: AppTest, epochs: int) -> None:
    rerun(app).sidebar.slider(key="epochs").set_value(epochs)
    config = settings(rerun(app))
    assert config.epochs == epochs
    assert 14 <= epochs * config.reports_per_epoch <= 50


def test_what_the_input_does_is_said_and_its_digits_are_prepared_before_train_is_pressed(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def note(config: TrainingConfig, digits: Digits) -> DigitsBeingPrepared:
        begun.append(config.preprocessing)
        return prepared_for(config, digits)

    monkeypatch.setattr("dashboard.lab.shared.prepared_for", note)
    rerun(app)
    for how, one in [*INPUTS.items()] * 2:
        app.sidebar.segmented_control(key="preprocessing").set_value(how)
        assert one.choice in texts(rerun(app))
    wait_for(lambda: len(begun) == 3)
    assert sorted(begun) == sorted(set(INPUTS) - {Preprocessing.RAW})
