"""Where the digits come from, how far loading is, and what can be done if it fails."""

from collections.abc import Callable
from dataclasses import replace
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.lab import shared
from mnist_core import Digits
from tests.dashboard.page import button, press, rerun, texts
from tests.dashboard.runs import LIMIT

LOADING = "dashboard.lab.digits_loader.load_digits"


def test_the_sample_is_said_to_be_one_and_the_download_can_be_tried_again(
    app: AppTest, sample: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    rerun(app)
    assert "A sample of MNIST: 4,000 to train with, 1,000 to test with." in texts(app)
    assert sample.note in texts(app)
    downloaded = replace(sample, source="mnist", note="")
    monkeypatch.setattr(LOADING, lambda **_: downloaded)
    press(app, "Try the download again")
    shared.digits_loader().wait(LIMIT)
    assert "The digits of MNIST: 4,000 to train with" in texts(rerun(app))
    assert "Try the download again" not in {one.label for one in app.button}


def test_digits_that_cannot_be_loaded_are_an_error_and_can_be_tried_again(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, sample: Digits
) -> None:
    def fail(**_: object) -> Digits:
        raise ValueError("train-images-idx3-ubyte: expected 47,040,016 bytes, found 12")

    monkeypatch.setattr(LOADING, fail)
    rerun(app)
    assert "expected 47,040,016 bytes" in app.error[0].value
    assert button(app, "Train").disabled
    monkeypatch.setattr(LOADING, lambda **_: sample)
    press(app, "Try again")
    assert not button(app, "Train").disabled
    assert not app.error


def test_a_download_shows_how_far_it_is(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, sample: Digits
) -> None:
    begun, go_on = Event(), Event()

    def download(*, progress: Callable[[int, int], None], **_: object) -> Digits:
        progress(3, 12)
        begun.set()
        assert go_on.wait(LIMIT)
        return sample

    monkeypatch.setattr(LOADING, download)
    shared.digits_loader()
    assert begun.wait(LIMIT)
    rerun(app)
    assert "Downloading MNIST, 25%" in texts(app)
    assert button(app, "Train").disabled
    go_on.set()
    shared.digits_loader().wait(LIMIT)
    assert not button(rerun(app), "Train").disabled
