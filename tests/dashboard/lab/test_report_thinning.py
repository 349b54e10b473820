"""How many reports a run keeps when it is continued again and again."""

from itertools import pairwise

from dashboard.lab.report_thinning import MOST, thin_out
from mnist_core import Progress, Segment, TrainingConfig
from tests.support.sources import MODEL, UNTRAINED

CONFIG = TrainingConfig()


def _report(step: int, epoch: float) -> Progress:
    return Progress(step, epoch, UNTRAINED, UNTRAINED, epoch, MODEL)


def _epochs(first: float, last: float, per_epoch: int = 4) -> list[Progress]:
    count = round((last - first) * per_epoch)
    epochs = [first + (place + 1) / per_epoch for place in range(count)]
    return [_report(round(600 * epoch), epoch) for epoch in epochs]


def test_a_history_of_at_most_300_reports_stays_as_it_is() -> None:
    history = tuple(_epochs(0, MOST / 4))
    assert thin_out(history, ()) == history


def test_a_longer_one_is_thinned_out_evenly_over_the_epochs() -> None:
    kept = thin_out(_epochs(0, 1000), ())
    assert MOST / 2 <= len(kept) <= MOST + 1
    gaps = [following.epoch - one.epoch for one, following in pairwise(kept)]
    assert max(gaps[3:-1]) - min(gaps[3:-1]) <= 0.25  # after the early steps


def test_the_first_and_last_report_the_early_steps_and_the_ends_of_segments_stay() -> None:
    early = [_report(step, step / 600) for step in (0, 1, 3, 10, 30, 100)]
    history = [*early, *_epochs(0, 1000)]
    earlier = [Segment(CONFIG, 3.25), Segment(CONFIG, 700.75)]
    kept = thin_out(history, earlier)
    assert list(kept[: len(early)]) == early
    assert kept[-1] is history[-1]
    assert {3.25, 700.75} <= {report.epoch for report in kept}
    assert len(kept) < MOST + 20


def test_a_run_that_is_continued_fifty_times_keeps_at_most_some_500_reports() -> None:
    history: list[Progress] = []
    earlier: list[Segment] = []
    for _ in range(50):
        reached = history[-1].epoch if history else 0.0
        history = [*thin_out(history, earlier), *_epochs(reached, reached + 50)]
        earlier.append(Segment(CONFIG, history[-1].epoch))
        assert len(history) <= 560
    assert all(one.epoch < following.epoch for one, following in pairwise(history))
