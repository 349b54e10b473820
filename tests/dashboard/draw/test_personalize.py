"""Teach it your handwriting: a new run learns the kept drawings, which then test nothing; undo."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from dashboard.compare.rows import find_rows
from dashboard.compare.table import choose_columns
from dashboard.lab import shared
from dashboard.lab.people import Person
from dashboard.lab.personalized_runs import Personalization, drawing_key, find_personalization
from dashboard.run_actions import find_summaries
from mnist_core import Run, Split, TrainingConfig, mcnemar, preprocess, train
from mnist_core.storage.drawings_zip import Drawing
from mnist_core.training.personalization import personalize, predict_held_out
from mnist_core.training.worker import State
from tests.dashboard.page import button, labels, open_page, press, rerun, sent, settings, shown, texts
from tests.dashboard.runs import ONE, OTHER, begin_slowly, digits, found_run, person, store

pytestmark = pytest.mark.slow

COUNT = 12


def _drawings(count: int, first: int = 0) -> list[Drawing]:
    """Test digits lying on their side, so that there is something to learn."""
    test = digits().test
    return [Drawing(test.images[i].T.contiguous(), int(test.labels[i])) for i in range(first, first + count)]


@pytest.fixture
def one(server: Path) -> Person:
    """Somebody who has kept twelve drawings."""
    one = person(ONE)
    one.drawings.keep(_drawings(COUNT))
    return one


@pytest.fixture
def page(one: Person, ended: Run) -> AppTest:
    """The page of this person, after a short training of their own."""
    return open_page(one, run=store(ended, one), tab="Draw")


def _split(person: Person) -> Split:
    kept = person.drawings.kept
    return Split(torch.stack([k.prepared for k in kept]), torch.tensor([k.drawing.label for k in kept]))


def test_a_new_run_learns_the_hand_and_the_one_before_stays_as_it_is(
    page: AppTest, one: Person, ended: Run
) -> None:
    before = shown(page)
    press(page, "Teach it your handwriting")
    after = shown(page)
    assert after.id != before.id
    assert after.id in one.jobs
    last = ended.history[-1]
    expected = personalize(last.model, _split(one), digits(), seed=ended.config.seed)
    assert torch.equal(after.history[-1].model.linear.weight, expected.linear.weight)
    assert len(before.history) == len(ended.history)
    assert after.history[-1].step == last.step + 100
    assert after.earlier[-1].config == ended.config
    assert after.state is State.STOPPED
    names = {listed.job_id: listed.name for listed in one.jobs}
    assert names[after.id].endswith(" + your handwriting")
    words = f"Finished: {after.history[-1].step} steps. In the last of them it also learned kept drawings."
    assert words in texts(page)


def test_each_drawing_counts_as_it_was_read_by_a_model_that_had_not_learned_it(
    page: AppTest, one: Person, ended: Run
) -> None:
    press(page, "Teach it your handwriting")
    model, split = ended.history[-1].model, _split(one)
    before = model.logits(preprocess(split.images, model.preprocessing)).argmax(dim=1) == split.labels
    after = predict_held_out(model, split, digits(), seed=ended.config.seed) == split.labels
    personalization = find_personalization(shown(page).id)
    assert isinstance(personalization, Personalization)
    comparison = personalization.own.comparison
    assert (comparison.a.right, comparison.b.right) == (int(before.sum()), int(after.sum()))
    assert comparison.test == mcnemar(before, after)
    assert personalization.test.comparison.a.right == round(
        ended.history[-1].test.accuracy * len(digits().test)
    )
    assert personalization.test.comparison.b.right == round(
        shown(page).history[-1].test.accuracy * len(digits().test)
    )
    assert f"| {COUNT} drawings |" in texts(page)
    assert "| 1,000 test digits |" in texts(page)


def test_what_was_learned_is_not_counted_as_a_test(page: AppTest, one: Person) -> None:
    press(page, "Teach it your handwriting")
    assert _compared(one, shown(page).id) == "–"  # nor in the tab Compare
    assert sent(page).count(", which the model has learned") == COUNT
    assert "✓" not in sent(page)
    assert f"has learned all {COUNT} of your drawings, so they cannot test it" in texts(page)
    one.drawings.keep(_drawings(2, first=COUNT))
    rerun(page)
    assert "of your 2** new ones correctly. " in texts(page)
    assert f"The other {COUNT} are not counted: it has learned them." in texts(page)
    assert "You have kept 2 since" in texts(page)


def _compared(one: Person, run_id: str) -> str:
    """What the tab Compare says of how a run reads the person's drawings."""
    rows = find_rows(one, find_summaries, [])
    (row,) = [row for row in rows if run_id in row.run_ids]
    (column,) = [c for c in choose_columns(rows, None, one.drawings.kept) if c.label == "your drawings"]
    return column.cell(row).text


def test_learning_again_begins_with_the_model_before(page: AppTest, one: Person, ended: Run) -> None:
    first = shown(page)
    press(page, "Teach it your handwriting")
    one.drawings.keep(_drawings(3, first=COUNT))
    press(rerun(page), "Teach it again")
    personalization = find_personalization(shown(page).id)
    assert isinstance(personalization, Personalization)
    assert personalization.before == first.id
    assert personalization.drawings == frozenset(map(drawing_key, one.drawings.kept))
    expected = personalize(ended.history[-1].model, _split(one), digits(), seed=ended.config.seed)
    assert torch.equal(shown(page).history[-1].model.linear.weight, expected.linear.weight)


def test_undo_shows_the_run_before_and_loses_nothing(page: AppTest, one: Person) -> None:
    before = shown(page)
    press(page, "Teach it your handwriting")
    after = shown(page)
    press(page, "Undo learning")
    assert shown(page) is before
    assert "Undo learning" not in labels(page)
    assert after.id in one.jobs
    assert f"of your {COUNT}** correctly" in texts(page)


def test_retraining_on_every_change_does_not_replace_the_run_that_has_learned(page: AppTest) -> None:
    page.toggle(key="retrain").set_value(True)
    press(rerun(page), "Teach it your handwriting")
    taught = shown(page)
    assert rerun(page).toggle(key="retrain").value
    assert shown(page) is taught
    assert settings(page).learning_rate == taught.config.learning_rate
    assert not button(page, "Continue").disabled


def test_fewer_than_ten_drawings_are_not_enough(server: Path, ended: Run) -> None:
    one = person(ONE)
    one.drawings.keep(_drawings(9))
    page = open_page(one, run=store(ended, one), tab="Draw")
    assert button(page, "Teach it your handwriting").disabled
    assert "So far there are 9." in texts(page)
    one.drawings.keep(_drawings(1, first=9))
    assert not button(rerun(page), "Teach it your handwriting").disabled


def test_a_run_that_still_learns_cannot_be_taught(one: Person) -> None:
    run = begin_slowly(TrainingConfig(epochs=2), one)
    assert button(open_page(one, run=run.id, tab="Draw"), "Teach it your handwriting").disabled


def test_the_run_of_somebody_else_is_taught_in_a_run_of_ones_own(one: Person, ended: Run) -> None:
    theirs = store(ended, person(OTHER))
    page = open_page(one, run=theirs, tab="Draw")
    press(page, "Teach it your handwriting")
    assert one.jobs.owns(shown(page).id)
    assert not one.jobs.owns(theirs)
    found = found_run(theirs)
    assert found.history[-1].step == ended.history[-1].step


def test_digits_held_out_for_validation_stay_held_out(one: Person, ended: Run) -> None:

    config = replace(ended.config, validation=1_000, epochs=1)
    run = Run(config, tuple(train(config, digits())), ended.source)
    page = open_page(one, run=store(run, one), tab="Draw")
    press(page, "Teach it your handwriting")
    last = shown(page).history[-1]
    assert last.validation is not None
    expected = personalize(run.history[-1].model, _split(one), digits(), config=config)
    assert torch.equal(last.model.linear.weight, expected.linear.weight)


def test_a_copy_of_a_run_that_has_learned_a_hand_is_known_to_have(page: AppTest, one: Person) -> None:
    press(page, "Teach it your handwriting")
    taught = shown(page)
    copy_page = open_page(person(OTHER), run=taught.id, tab="Draw")
    press(copy_page, "Make a copy to train on")
    assert find_personalization(shown(copy_page).id) == find_personalization(taught.id)


def test_if_nothing_can_be_written_the_page_says_so(page: AppTest, server: Path) -> None:
    before = shown(page)
    (server / "personalizations").write_text("a file in the place of the folder")
    press(page, "Teach it your handwriting")
    assert "Your handwriting cannot be learned: the server cannot write to its disk." in texts(page)
    assert shown(page) is before


def test_if_the_run_before_is_gone_the_page_says_so(page: AppTest, one: Person) -> None:
    before = shown(page)
    press(page, "Teach it your handwriting")
    shared.jobs().delete([before.id], one.jobs)
    press(page, "Undo learning")
    assert "The run before this one is no longer on this server." in texts(page)
    press(page, "Teach it again")
    assert "Open another run to teach it your handwriting." in texts(page)


@pytest.mark.parametrize(
    "content", [None, b"", b"[]", b'{"before": 1}', b"[" * 100_000]
)  # None: not to be read
def test_while_the_record_of_what_was_learned_cannot_be_read_nothing_counts_as_a_test(
    page: AppTest, one: Person, server: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    press(page, "Teach it your handwriting")
    (path,) = (server / "personalizations").iterdir()
    good = path.read_bytes()
    with monkeypatch.context() as patch:
        if content is None:
            patch.setattr(Path, "read_bytes", lambda _: os.read(-1, 1))
        else:
            path.write_bytes(content)
        for _ in range(2):  # a damaged record is not put aside: the run would seem to have learned nothing
            rerun(page)
            assert "correctly" not in texts(page)
            assert "✓" not in sent(page)
            assert "its result is not known" in texts(page)
            assert "the result is not known and the run cannot learn again" in texts(page)
            assert _compared(one, shown(page).id) == "not known"
    path.write_bytes(good)
    assert f"has learned all {COUNT} of your drawings" in texts(rerun(page))


def test_a_run_whose_record_cannot_be_read_is_not_copied(
    page: AppTest, one: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(page, "Teach it your handwriting")
    taught = shown(page)
    copy_page = open_page(person(OTHER), run=taught.id)
    monkeypatch.setattr(Path, "read_bytes", lambda _: os.read(-1, 1))
    press(copy_page, "Make a copy to train on")
    assert "This run cannot be copied right now" in texts(copy_page)
    assert shown(copy_page) is taught
