"""Maps take turns by address and person, and not by when they came."""

from dashboard.lab.fair_order import Who
from dashboard.lab.job_queue import AWAY, Waiting
from dashboard.lab.map_queue import TURN, MapQueue

STRANGERS, ELSEWHERE = "192.0.2.1", "192.0.2.2"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Map:
    """A map that asks for its turn."""

    def __init__(self, queue: MapQueue, address: str, person: str, seconds: float = 60.0) -> None:
        self.turn = queue.turn(Who(address, person), seconds)
        self.called = 0
        self.ask()

    def ask(self) -> None:
        self.turn.take(self._go_on)

    def _go_on(self) -> None:
        self.called += 1

    @property
    def drawn(self) -> bool:
        return self.turn.holding


def _drawn(maps: list[Map]) -> list[int]:
    return [place for place, one in enumerate(maps) if one.drawn]


def test_an_honest_map_is_drawn_next_however_many_strangers_wait_and_alternates_with_them() -> None:
    clock = Clock()
    queue = MapQueue(clock)
    strangers = [Map(queue, STRANGERS, f"stranger {n}", 900.0) for n in range(30)]
    assert _drawn(strangers) == [0]
    honest = Map(queue, ELSEWHERE, "honest", 900.0)
    clock.now += TURN - 0.1
    assert not strangers[0].turn.must_end(fruitful=True)
    clock.now += 0.1
    assert strangers[0].turn.must_end(fruitful=True)
    strangers[0].turn.give_back()
    assert honest.drawn
    strangers[0].ask()
    turns = {"honest": 0, "strangers": 0}
    for _ in range(20):
        holder = honest if honest.drawn else strangers[_drawn(strangers)[0]]
        turns["honest" if holder is honest else "strangers"] += 1
        clock.now += TURN
        if holder.turn.must_end(fruitful=True):
            holder.turn.give_back()
            holder.ask()
    assert abs(turns["honest"] - turns["strangers"]) <= 2


def test_within_one_address_people_take_turns_and_the_smallest_map_comes_first() -> None:
    clock = Clock()
    queue = MapQueue(clock)
    first, large, small = (Map(queue, STRANGERS, name, s) for name, s in (("a", 90), ("b", 80), ("c", 7)))
    assert large.turn.waiting == Waiting(2, 80.0 + 7.0)
    assert small.turn.waiting == Waiting(1, 7.0)
    clock.now += TURN
    first.turn.give_back()
    assert small.drawn
    clock.now += 1.0
    small.turn.give_back()  # it is done
    assert large.drawn


def test_a_map_alone_makes_way_for_nobody_and_a_long_cell_is_finished_in_the_end() -> None:
    clock = Clock()
    queue = MapQueue(clock)
    long = Map(queue, STRANGERS, "a")
    clock.now += 100 * TURN
    assert not long.turn.must_end(fruitful=True)
    long.turn.give_back()
    lengths = []
    for _ in range(3):
        clock.now += 100_000.0  # what it has had is forgotten
        long.ask()
        Map(queue, ELSEWHERE, "another", 900.0)
        began = clock.now
        while not long.turn.must_end(fruitful=False):
            clock.now += TURN
        lengths.append((clock.now - began) / TURN)
        long.turn.give_back(fruitful=False)
        for other in queue.others(long.turn):
            other.give_back()
    assert lengths == [2, 4, 8]


def test_a_map_that_is_cancelled_while_it_waits_leaves_and_the_last_ends_the_processes() -> None:
    queue = MapQueue(Clock())
    drawn, waits = Map(queue, STRANGERS, "a"), Map(queue, STRANGERS, "b")
    pool = queue.pool()
    assert waits.turn.cancel()
    assert not waits.turn.cancel()  # its end is for the first that cancels it
    assert waits.turn.take(waits._go_on) is False
    assert not queue.has(waits.turn)
    assert queue.pool() is pool
    drawn.turn.give_back()
    assert queue.pool() is not pool


def test_a_map_whose_owner_is_away_leaves_the_queue_until_they_return() -> None:
    clock = Clock()
    queue = MapQueue(clock)
    drawn, left, stayed = (Map(queue, STRANGERS, name, s) for name, s in (("a", 60), ("b", 7), ("c", 80)))
    clock.now += AWAY + 1
    stayed.turn.watch()
    assert stayed.turn.waiting == Waiting(1, 60.0)
    drawn.turn.give_back()
    assert (stayed.called, left.called) == (1, 0)
    pool = queue.pool()
    stayed.turn.give_back()
    assert not left.drawn  # although nobody else waits: it would begin unseen
    assert queue.pool() is not pool  # nor does it keep the processes
    left.turn.watch()
    assert (left.drawn, left.called) == (True, 1)


def test_a_map_that_was_begun_goes_on_without_its_owner_if_nobody_else_waits() -> None:
    clock = Clock()
    queue = MapQueue(clock)
    away = Map(queue, STRANGERS, "a")
    here = Map(queue, ELSEWHERE, "b")
    away.turn.give_back()
    away.ask()
    clock.now += AWAY + 1
    assert not here.turn.must_end(fruitful=True)
    here.turn.give_back()
    assert away.drawn
