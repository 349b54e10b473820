"""The queue: how many runs learn at once, in which order, and what those that wait are told."""

import threading
from collections.abc import Callable, Iterator

import pytest

from dashboard.lab import job_queue
from dashboard.lab.job_queue import (
    AWAY,
    JobQueue,
    QueuedTurn,
    Waiting,
    default_slots,
    seconds_per_epoch,
)
from mnist_core import Progress, TrainingConfig
from mnist_core.training.worker import State, TrainingWorker
from tests.support.sources import TIMEOUT, Source, report, wait_for


class Clock:
    """A clock that stands still until the test sets it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Run:
    """A run of one report per epoch and `left` epochs of a second, which asks for its turn."""

    def __init__(
        self, queue: JobQueue, left: float, owner: str | None = None, *, together: bool = False
    ) -> None:
        self.left = left
        self.turn = queue.turn(owner, per_epoch=1.0, until=left, reports=1, same_group=together)
        self.called = False  # as a thread would be that takes the turn again
        self.ask()

    def ask(self, epoch: float = 0.0) -> None:
        if self.called:
            self.turn.take(epoch, self._go_on)
        self.called = False
        self.turn.take(epoch, self._go_on)

    def _go_on(self) -> None:
        self.called = True

    @property
    def learns(self) -> bool:
        return self.turn.holding


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> JobQueue:
    return JobQueue(2, clock)


def _learning(runs: list[Run]) -> list[float]:
    return [run.left for run in runs if run.learns]


def test_as_many_runs_learn_at_once_as_there_are_slots(queue: JobQueue) -> None:
    runs = [Run(queue, 5) for _ in range(4)]
    assert [run.learns for run in runs] == [True, True, False, False]
    runs[1].turn.give_back()
    assert [run.learns for run in runs] == [True, False, True, False]


def test_those_with_the_least_left_to_learn_go_first(queue: JobQueue) -> None:
    runs = [Run(queue, left) for left in (9, 8, 7, 3, 5)]
    for ended, learning in ((0, [8, 3]), (1, [3, 5]), (3, [7, 5]), (4, [7])):
        runs[ended].turn.give_back()
        assert _learning(runs) == learning


def test_a_long_run_gives_way_to_a_short_one_at_its_next_report(clock: Clock) -> None:
    queue = JobQueue(1, clock)
    long = Run(queue, 100)
    short = Run(queue, 1)
    assert _learning([long, short]) == [100]
    clock.now = 1.0
    long.ask()
    assert _learning([long, short]) == [1]
    short.turn.give_back()
    assert _learning([long, short]) == [100]


def test_a_run_that_nobody_needs_to_go_before_goes_on_without_letting_go(clock: Clock) -> None:
    queue = JobQueue(1, clock)
    short, long = Run(queue, 5), Run(queue, 100)
    for epoch in range(1, 5):
        short.ask(epoch)
        assert short.learns
    assert not long.learns


def test_a_run_that_has_waited_four_times_as_long_as_its_report_takes_goes_first(clock: Clock) -> None:
    queue = JobQueue(1, clock)
    short, long = Run(queue, 5), Run(queue, 100)
    clock.now = 3.9
    short.ask()
    assert _learning([short, long]) == [5]
    clock.now = 4.0
    short.ask()
    assert _learning([short, long]) == [100]
    clock.now = 5.0  # it has had its report, and has to wait again
    long.ask()
    assert _learning([short, long]) == [5]


def test_however_many_short_runs_come_a_long_one_gets_a_fifth_of_the_time(clock: Clock) -> None:
    queue = JobQueue(1, clock)
    short, long = Run(queue, 1), Run(queue, 1000)
    reports = 0
    for _ in range(100):
        clock.now += 1.0
        if long.learns:
            long.ask()
            reports += 1
        else:
            following = Run(queue, 1)
            short.turn.give_back()
            short = following
    assert 18 <= reports <= 20


def test_one_person_has_one_turn_at_a_time(queue: JobQueue) -> None:
    first, second, other = Run(queue, 5, "one"), Run(queue, 2, "one"), Run(queue, 9, "other")
    assert _learning([first, second, other]) == [5, 9]
    assert second.turn.waiting is None  # it has less left, and goes before the person's other run
    assert first.turn.waiting == Waiting(1, 2.0)
    first.turn.give_back()
    assert _learning([first, second, other]) == [2, 9]


def test_runs_that_belong_to_nobody_do_not_wait_for_each_other(queue: JobQueue) -> None:
    assert [Run(queue, 1).learns, Run(queue, 1).learns] == [True, True]


def test_a_run_that_waits_is_told_how_many_are_before_it_and_how_long_they_take(
    queue: JobQueue,
) -> None:
    runs = [Run(queue, left) for left in (4, 4, 4, 2)]
    assert [run.turn.waiting for run in runs] == [None, Waiting(2, 3.0), Waiting(3, 5.0), None]
    for run in runs:
        run.turn.give_back()
    assert [run.turn.waiting for run in runs] == [None] * 4


def test_the_time_told_follows_the_speed_of_the_machine(clock: Clock) -> None:
    queue = JobQueue(1, clock)
    first = Run(queue, 300)
    for epoch in range(1, 101):
        clock.now += 3.0  # a report that was thought to take 1 s
        first.ask(epoch)
    waiting = Run(queue, 500).turn.waiting
    assert waiting is not None
    assert waiting.seconds == pytest.approx(3.0 * 200, rel=0.1)


def test_a_run_that_is_to_stop_waits_no_longer(clock: Clock) -> None:
    queue = JobQueue(1, clock)
    learning, waiting = Run(queue, 5), Run(queue, 5)
    assert waiting.turn.cancel()
    assert not waiting.turn.cancel()  # its end is for the first that cancels it
    assert learning.learns
    assert queue.waiting(waiting.turn) is None


# With workers


def _worker(queue: JobQueue, source: Source) -> TrainingWorker:
    turn = queue.turn(None, per_epoch=1.0, until=5.0, reports=10)
    return TrainingWorker(source, turn=turn)


@pytest.mark.parametrize("release", [TrainingWorker.pause, TrainingWorker.stop, None])
def test_a_run_that_is_paused_stopped_or_at_its_end_gives_its_turn_back(
    clock: Clock, release: Callable[[TrainingWorker], None] | None
) -> None:
    queue = JobQueue(1, clock)
    sources = Source(), Source()
    first = _worker(queue, sources[0])
    assert sources[0].wait_until_asked() == 1
    second = _worker(queue, sources[1])
    assert sources[1].is_left_alone()
    if release is None:
        sources[0].end()
    else:
        release(first)
        sources[0].answer()
    assert sources[1].wait_until_asked() == 1
    sources[1].end()
    assert second.join(TIMEOUT)


def test_a_run_in_slow_motion_gives_its_turn_back_between_reports(clock: Clock) -> None:
    queue = JobQueue(1, clock)
    sources = Source(), Source()
    slow = _worker(queue, sources[0])
    sources[0].wait_until_asked()
    slow.seconds_per_report = 600
    second = _worker(queue, sources[1])
    sources[0].answer()
    assert sources[1].wait_until_asked() == 1
    sources[1].end()
    assert second.join(TIMEOUT)
    assert slow.state is State.RUNNING


def test_a_run_that_fails_gives_its_turn_back(clock: Clock) -> None:
    queue = JobQueue(1, clock)

    def fail() -> Iterator[Progress]:
        raise MemoryError
        yield

    failing = TrainingWorker(fail(), turn=queue.turn(None, per_epoch=1, until=1, reports=1))
    assert failing.join(TIMEOUT)
    assert Run(queue, 1).learns


def test_a_run_that_is_stopped_while_it_waits_ends_at_once(clock: Clock) -> None:
    queue = JobQueue(1, clock)
    holder = Run(queue, 1)
    source = Source()
    worker = _worker(queue, source)
    worker.stop()
    assert worker.join(TIMEOUT)
    assert worker.state is State.STOPPED
    assert worker.history == ()
    assert holder.learns


def test_a_run_that_is_dropped_while_it_waits_ends_at_once(clock: Clock) -> None:
    queue = JobQueue(1, clock)
    Run(queue, 1)
    saved: list[int] = []
    turn = queue.turn(None, per_epoch=1, until=9, reports=1)
    reports = [report(1)]
    worker = TrainingWorker(Source(), earlier=reports, save=lambda all: saved.append(len(all)), turn=turn)
    wait_for(lambda: turn.waiting is not None)
    del worker
    assert saved == [1]


def test_runs_that_wait_have_no_threads(clock: Clock) -> None:
    queue = JobQueue(1, clock)
    Run(queue, 1)
    before = threading.active_count()
    workers = [_worker(queue, Source()) for _ in range(50)]
    wait_for(lambda: threading.active_count() <= before)
    for worker in workers:
        worker.stop()
        assert worker.join(TIMEOUT)
    assert threading.active_count() <= before


def test_a_run_whose_owner_is_away_leaves_the_queue_until_they_return(clock: Clock) -> None:
    queue = JobQueue(1, clock)
    holder, left, stayed = Run(queue, 1, "one"), Run(queue, 5, "left"), Run(queue, 9, "stayed")
    clock.now += AWAY + 1
    stayed.turn.watch()
    assert stayed.turn.waiting == Waiting(1, 1.0)
    holder.turn.give_back()
    assert _learning([left, stayed]) == [9]
    stayed.turn.give_back()
    assert _learning([left]) == []  # although nobody else waits: it would begin unseen
    left.turn.watch()
    assert _learning([left]) == [5]


def test_a_run_that_has_learned_goes_on_without_its_owner_if_nobody_else_waits(clock: Clock) -> None:
    queue = JobQueue(1, clock)
    away = Run(queue, 2, "away")
    away.ask(1.0)
    here = Run(queue, 9, "here")
    clock.now += AWAY + 1
    here.turn.watch()
    away.ask(1.5)
    assert _learning([away, here]) == [9]
    here.turn.give_back()
    assert _learning([away, here]) == [2]


def test_a_continued_run_waits_for_what_is_left_of_it(clock: Clock) -> None:
    queue = JobQueue(1, clock)
    Run(queue, 1)
    source = Source()
    turn = queue.turn(None, per_epoch=2.0, until=5.0, reports=10)
    worker = TrainingWorker(source, earlier=[report(30)], turn=turn)  # at epoch 3
    wait_for(lambda: turn.waiting is not None)
    assert turn.left == 4.0
    worker.stop()
    assert worker.join(TIMEOUT)


# Estimates


@pytest.mark.parametrize(
    ("batch_size", "measured"),
    [(1, 1.94), (2, 1.23), (5, 0.54), (10, 0.31), (20, 0.20), (50, 0.142), (100, 0.137), (10_000, 0.125)],
)
def test_an_epoch_is_estimated_within_a_third_of_what_was_measured(batch_size: int, measured: float) -> None:
    config = TrainingConfig(batch_size=batch_size)
    assert seconds_per_epoch(config, 60_000) == pytest.approx(measured, rel=1 / 3)


def test_a_batch_of_more_digits_than_there_are_is_one_step() -> None:
    assert seconds_per_epoch(TrainingConfig(batch_size=10_000), 100) == pytest.approx(100 * 2e-6 + 30e-6)


@pytest.mark.parametrize(("asked", "slots"), [("3", 3), ("0", 1), ("", 7), ("many", 7), ("-1", 7)])
def test_the_number_of_slots_is_that_of_the_cores_or_what_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, asked: str, slots: int
) -> None:
    monkeypatch.setattr(job_queue, "cores", lambda: 7)
    monkeypatch.setattr(job_queue, "memory_limit", lambda: None)
    monkeypatch.setenv("DIGIT_LAB_TRAININGS", asked)
    assert default_slots() == slots
    assert JobQueue().slots == slots
    assert isinstance(JobQueue().turn(None, per_epoch=1, until=1, reports=1), QueuedTurn)


# Runs that are waited for together, as several seeds


def _seeds(queue: JobQueue, lefts: list[float], owner: str = "one") -> list[Run]:
    return [Run(queue, left, owner, together=True) for left in lefts]


def test_runs_that_are_waited_for_together_use_the_cores_that_nobody_else_waits_for(
    queue: JobQueue,
) -> None:
    runs = _seeds(queue, [5, 5, 5])
    assert [run.learns for run in runs] == [True, True, False]


def test_they_keep_in_step(queue: JobQueue) -> None:
    first, second, third = _seeds(queue, [5, 5, 5])
    first.ask(epoch=1.0)
    assert [run.learns for run in (first, second, third)] == [False, True, True]
    second.ask(epoch=1.0)
    assert [run.learns for run in (first, second, third)] == [True, False, True]


def test_they_take_one_core_only_while_others_wait(queue: JobQueue) -> None:
    first, second, third = _seeds(queue, [5, 5, 5])
    other = Run(queue, 9, "other")
    first.ask(epoch=1.0)
    assert [run.learns for run in (first, second, third, other)] == [False, True, False, True]
    other.turn.give_back()
    assert [run.learns for run in (first, second, third)] == [False, True, True]


def test_an_ordinary_run_of_the_same_person_waits_for_them(queue: JobQueue) -> None:
    _seeds(queue, [5])
    assert not Run(queue, 9, "one").learns
