"""The Train tab: the curves of the run that is shown, and of the one before."""

from dataclasses import replace
from pathlib import Path

import pytest

from mnist_core import Run, Segment
from tests.dashboard.page import finish, open_page, open_tab, press, rerun, sent, texts
from tests.dashboard.runs import ONE, person, store


@pytest.fixture(autouse=True)
def started(server: Path) -> None:
    """Every page of this module is served by a server that has just started."""


def test_the_legend_names_what_the_previous_run_had_that_this_one_has_not(ended: Run) -> None:
    one = person(ONE)
    page = open_page(one, run=store(ended, one))
    assert "previous run" not in sent(page)
    page.sidebar.select_slider(key="learning_rate").set_value(0.5)
    rerun(page)
    press(page, "Train")
    finish(page)
    assert "previous run: learning rate 0.2" in sent(page)


def test_the_legend_says_if_the_previous_run_had_the_same_settings(ended: Run) -> None:
    one = person(ONE)
    page = open_page(one, run=store(ended, one))
    press(page, "Train")
    finish(page)
    assert "previous run: same settings" in sent(page)


def test_the_curves_mark_what_was_changed_when_the_run_was_continued(ended: Run) -> None:
    faster = replace(ended.config, learning_rate=0.5, batch_size=50, epochs=1)
    run = replace(ended, config=faster, earlier=(Segment(ended.config, 1.0),))
    page = open_page(run=store(run))
    assert "batch 50, learning rate 0.5" in sent(page)


def test_a_run_that_was_continued_with_the_same_settings_is_marked_as_continued(ended: Run) -> None:
    run = replace(ended, config=replace(ended.config, epochs=1), earlier=(Segment(ended.config, 1.0),))
    assert '"continued"' in sent(open_page(run=store(run)))


@pytest.mark.parametrize("tab", ["Train", "Draw", "Look inside", "Learn"])
def test_the_numbers_are_there_whichever_tab_is_open(ended: Run, tab: str) -> None:
    page = open_tab(open_page(run=store(ended)), tab)
    assert [metric.label for metric in page.metric][:3] == ["Test accuracy", "Test loss", "Epoch"]
    assert f"{100 * ended.history[-1].test.accuracy:.1f} %" in [metric.value for metric in page.metric]
    assert "Finished" in texts(page)
