"""Jobs against a model, with a disk that fails at random and restarts in between.

Nothing that was called kept is lost but by its owner's act, within its owner's share, or because nobody
visited it for long and the room was needed; and nobody gains control of what is another's.
"""

import errno
import gc
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dashboard.lab import job_files, job_registry, map_job
from dashboard.lab.job import Job, JobRefused, JobUnreadable
from dashboard.lab.job_registry import DeletedJob, JobRegistry
from dashboard.lab.map_job import MapJob
from dashboard.lab.people import Person
from dashboard.lab.run_job import RunJob, estimated_bytes
from mnist_core import (
    Cell,
    Digits,
    Grid,
    Metrics,
    Preprocessing,
    Progress,
    Run,
    SoftmaxRegressor,
    Split,
    SweepResult,
    TrainingConfig,
)
from mnist_core.storage.visited_days import NAME
from tests.support.sources import wait_for

SHARE, ROOM = 4, 6  # jobs of one person, and files of each kind of all together
NAMES = ("1" * 32, "2" * 32, "3" * 32)
PEOPLE = st.sampled_from(NAMES)
KINDS = st.sampled_from(["run", "paused", "map", "copy"])
PLACE = st.integers(0, 11)
TROUBLE = st.just(None) | st.tuples(st.sampled_from(["read", "write"]), st.integers(0, 4), st.booleans())
CONFIG = TrainingConfig(epochs=2, reports_per_epoch=1, preprocessing=Preprocessing.RAW)
SPLIT = Split(torch.zeros(10, 28, 28, dtype=torch.uint8), torch.arange(10))
DIGITS = Digits(SPLIT, SPLIT, "sample")
GRID = Grid((0.1, 0.2), (5,), (Preprocessing.RAW,), epochs=1, validation=8)
HALF = Metrics(0.5, 0.5)


def _train(config: TrainingConfig, _: Digits, *, start: Progress | None = None) -> Iterator[Progress]:
    """Learn nothing, at once."""
    done = round(start.epoch) if start else 0
    for epoch in range(done + 1, done + config.epochs + 1):
        yield Progress(epoch, float(epoch), HALF, HALF, float(epoch), SoftmaxRegressor(config.preprocessing))


def _sweep(grid: Grid, _: Digits, *, done: set[Cell], **__: object) -> Iterator[SweepResult]:
    right = torch.ones(grid.validation, dtype=torch.bool)
    yield from (SweepResult(cell, ((1, HALF),), right, 0.1) for cell in grid.cells if cell not in done)


class Disk:
    """The disk, of whose reads or writes the nth fails, or all from there on."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.trouble: tuple[str, int, bool] | None = None
        opened, unlinked = Path.open, Path.unlink

        def open_(path: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            self._use("read" if mode.startswith("r") else "write")
            return opened(path, mode, *args, **kwargs)

        def unlink(path: Path, missing_ok: bool = False) -> None:
            if path.suffix != ".part":
                self._use("write")
            unlinked(path, missing_ok)

        patch.setattr(Path, "open", open_)
        patch.setattr(Path, "unlink", unlink)

    def _use(self, kind: str) -> None:
        if self.trouble and self.trouble[0] == kind:
            _, left, lasting = self.trouble
            if left:
                self.trouble = (kind, left - 1, lasting)
                return
            if not lasting:
                self.trouble = None
            raise OSError(errno.EMFILE, "Too many open files")

    @contextmanager
    def failing(self, trouble: tuple[str, int, bool] | None) -> Iterator[None]:
        self.trouble = trouble
        with suppress(JobRefused, JobUnreadable, OSError):
            yield
        self.trouble = None


class Jobs(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.patch, self.folder = pytest.MonkeyPatch(), TemporaryDirectory()
        self.home = Path(self.folder.name, "home")
        self.patch.setenv("DIGIT_LAB_HOME", str(self.home))
        self.patch.setattr(os, "fsync", lambda _: None)
        self.patch.setattr(job_registry, "SHARE_JOBS", SHARE)
        self.patch.setattr(job_registry, "REMEMBERED", 5)
        for name in ("run_files", "map_files"):
            small = replace(getattr(job_files, name)(), max_files=ROOM)
            for module in (job_files, job_registry):
                self.patch.setattr(module, name, lambda small=small: small)
        ids = count(1)
        self.patch.setattr(job_registry, "new_id", lambda: f"{next(ids):032x}")  # the same in each run
        self.patch.setattr(map_job, "sweep", _sweep)
        self.patch.setattr(map_job, "train_best", lambda *_: SimpleNamespace(test=HALF))
        self.patch.setattr(map_job, "connect_scheduler", lambda: None)
        self.disk = Disk(self.patch)
        self.owners: dict[str, set[str]] = {}  # of each job there ever was
        self.kept: dict[str, float] = {}  # how far each job that was called kept has come
        self.may_go: set[str] = set()  # what nobody has visited for long
        self.live: dict[str, RunJob] = {}  # paused
        self.deleted: dict[str, list[DeletedJob]] = {}
        self.start()

    def start(self) -> None:
        self.registry = JobRegistry(processes=SimpleNamespace(train=_train))  # type: ignore[arg-type]
        self.people = {name: Person(name) for name in NAMES}

    def teardown(self) -> None:
        self.live.clear()
        del self.registry
        gc.collect()
        self.patch.undo()
        self.folder.cleanup()

    def pick(self, place: int) -> str | None:
        return sorted(self.owners)[place % len(self.owners)] if self.owners else None

    def own(self, name: str, job_id: str) -> bool:
        return name in self.owners[job_id]

    def finish(self, job: Job | None) -> None:
        if job is not None and job.id not in self.live:
            assert job.join(60)

    # What people do

    @initialize(kind=KINDS)
    def everybody_begins_something(self, kind: str) -> None:
        for name in NAMES:
            self.begin(name, kind, False, None)

    @rule(
        name=PEOPLE,
        kind=st.sampled_from(["run", "paused", "map", "copy"]),
        said=st.booleans(),
        trouble=TROUBLE,
    )
    def begin(self, name: str, kind: str, said: bool, trouble: tuple[str, int, bool] | None) -> None:
        jobs, begin = self.people[name].jobs, self.registry
        before = {job.job_id for job in jobs}
        told: list[str] = []
        with suppress(JobRefused):
            told = [job.job_id for job in begin.to_replace(jobs, estimated_bytes(CONFIG)) if said]
        own = [job.job_id for job in reversed(list(jobs)) if job.own]
        assert told == [job_id for job_id in own if job_id in told]
        job: Job | None = None
        with self.disk.failing(trouble):
            if kind == "map":
                job = begin.begin_map(GRID, DIGITS, jobs, replacing=told)
            elif kind == "copy":
                run = Run(CONFIG, tuple(_train(CONFIG, DIGITS)), "sample")
                job = begin.add_run(run, jobs, replacing=told)
            else:
                job = begin.begin_run(CONFIG, DIGITS, jobs, paused=kind == "paused", replacing=told)
                if kind == "paused":
                    self.live[job.id] = job
                    wait_for(lambda: bool(job.history))
            self.finish(job)
        for job_id in told:
            if job_id not in jobs or self.registry.get(job_id) is None:
                self.kept.pop(job_id, None)  # its owner was told
        for job_id in {listed.job_id for listed in jobs} - before | ({job.id} if job else set()):
            self.owners[job_id] = {name}

    @rule(name=PEOPLE, place=PLACE, trouble=TROUBLE)
    def continue_(self, name: str, place: int, trouble: tuple[str, int, bool] | None) -> None:
        with self.disk.failing(trouble):
            self._continue(name, place)

    def _continue(self, name: str, place: int) -> None:
        job_id = self.pick(place)
        job = self.registry.get(job_id) if job_id else None
        if job is None or job_id is None:
            return
        jobs, own = self.people[name].jobs, self.own(name, job_id)
        try:
            if isinstance(job, MapJob):
                self.finish(self.registry.continue_map(job, DIGITS, jobs))
            else:
                assert isinstance(job, RunJob)
                run = self.registry.continue_run(job, CONFIG, DIGITS, jobs, seconds_per_report=1000)
                self.live[job_id] = run
            assert own
        except JobRefused:
            pass

    @rule(name=PEOPLE, place=PLACE)
    def is_opened_while_its_owner_continues_it(self, name: str, place: int) -> None:
        job_id, load = self.pick(place), job_files.load_job
        self.registry.forget_ended()

        def overtaken(job_id: str) -> Any:
            content = load(job_id)
            self.patch.setattr(job_registry, "load_job", load)
            self._continue(name, place)
            return content

        self.patch.setattr(job_registry, "load_job", overtaken)
        if job_id:
            self.registry.get(job_id)
        self.patch.setattr(job_registry, "load_job", load)

    @rule(place=PLACE, trouble=TROUBLE)
    def stop(self, place: int, trouble: tuple[str, int, bool] | None) -> None:
        if self.live:
            job = self.live.pop(sorted(self.live)[place % len(self.live)])
            with self.disk.failing(trouble):
                job.stop()
                self.finish(job)

    @rule(name=PEOPLE, places=st.lists(PLACE, min_size=1, max_size=3, unique=True), trouble=TROUBLE)
    def delete(self, name: str, places: list[int], trouble: tuple[str, int, bool] | None) -> None:
        job_ids = {job_id for place in places if (job_id := self.pick(place))}
        own = [job_id for job_id in job_ids if self.people[name].jobs.owns(job_id)]
        stopped = [self.live.pop(job_id) for job_id in own if job_id in self.live]  # deleted or not
        with self.disk.failing(trouble):
            deleted = self.registry.delete(sorted(job_ids), self.people[name].jobs)
            for job in stopped:
                assert job.join(60)
            self.deleted[name] = deleted
            for one in deleted:
                if one.listed.own:
                    assert self.own(name, one.listed.job_id)
                    self.kept.pop(one.listed.job_id, None)

    @rule(name=PEOPLE, trouble=TROUBLE)
    def undo(self, name: str, trouble: tuple[str, int, bool] | None) -> None:
        with self.disk.failing(trouble):
            self.registry.restore(self.deleted.get(name, []), self.people[name].jobs)

    @rule(name=PEOPLE, place=PLACE, trouble=TROUBLE)
    def look(self, name: str, place: int, trouble: tuple[str, int, bool] | None) -> None:
        if job_id := self.pick(place):
            for find in (self.registry.summary, self.registry.get):
                with self.disk.failing(trouble):
                    find(job_id)
            with self.disk.failing(trouble):
                self.registry.add_link(job_id, self.people[name].jobs)

    @rule(name=PEOPLE, text=st.text(max_size=3), place=PLACE, trouble=TROUBLE)
    def change_list(self, name: str, text: str, place: int, trouble: tuple[str, int, bool] | None) -> None:
        if job_id := self.pick(place):
            with self.disk.failing(trouble):
                self.people[name].jobs.rename([job_id], text)
                self.people[name].jobs.pin(job_id)

    @rule(name=PEOPLE, other=PEOPLE, trouble=TROUBLE)
    def take_over(self, name: str, other: str, trouble: tuple[str, int, bool] | None) -> None:
        if name != other:
            for owners in self.owners.values():
                if other in owners:
                    owners.add(name)
            with self.disk.failing(trouble):
                self.people[name].take_over(self.people[other])

    @rule(name=PEOPLE, trouble=TROUBLE)
    def save_again(self, name: str, trouble: tuple[str, int, bool] | None) -> None:
        with self.disk.failing(trouble):
            for job in self.people[name].jobs:
                known = self.registry.in_memory(job.job_id)
                if known is not None and known.state.ended and known.unsaved:
                    self.registry.save_again(known)
            self.people[name].jobs.save()

    # What happens to the server

    @rule(trouble=TROUBLE)
    def restart(self, trouble: tuple[str, int, bool] | None) -> None:
        with self.disk.failing(("write", 0, True)):  # it was killed
            self.live.clear()
            del self.registry
            gc.collect()
        self.disk.trouble = trouble  # lists are read
        self.start()
        self.disk.trouble = None

    @rule()
    def idle(self) -> None:
        self.registry.forget_ended()

    @precondition(lambda self: self.owners)
    @rule(visitors=st.sets(PEOPLE))
    def time_passes(self, visitors: set[str]) -> None:
        """Have thirty days pass on which only these people come."""
        old = time.time() - 100 * 86_400
        for path in self.home.glob("*/*.*"):
            os.utime(path, (old, old))
        self.home.mkdir(exist_ok=True)
        self.home.joinpath(NAME).write_text(
            "\n".join(str(date.today() - timedelta(days)) for days in range(31))
        )
        self.may_go = set(self.owners)
        for name in visitors:
            self.people[name].note_visit()
            self.may_go -= {job.job_id for job in self.people[name].jobs if job.own}

    # What must always hold

    @invariant()
    def what_was_kept_is_kept_and_nobody_gains_control(self) -> None:
        for name, person in self.people.items():
            assert person.jobs.readable
            assert all(self.own(name, job.job_id) for job in person.jobs if job.own)
            assert all(self.own(name, job.job_id) for job in Person(name).jobs if job.own)
        for job_id, running in self.live.items():
            assert self.registry.get(job_id) is running
            assert not running.state.ended
        for job_id, reached in list(self.kept.items()):
            job = self.registry.get(job_id)
            if job is None and job_id in self.may_go:
                del self.kept[job_id]
                continue
            assert job is not None, "a kept job is gone"
            assert _reached(job) >= reached
            assert any(self.people[name].jobs.owns(job_id) for name in self.owners[job_id])
        for job_id, owners in self.owners.items():
            lists = [self.people[name].jobs for name in owners if self.people[name].jobs.owns(job_id)]
            job = self.registry.get(job_id)
            if (
                job is not None
                and job.state.ended
                and not job.unsaved
                and any(not one.unsaved for one in lists)
            ):
                self.kept[job_id] = _reached(job)


def _reached(job: Job) -> float:
    return (
        len(job.results)
        if isinstance(job, MapJob)
        else job.history[-1].epoch
        if isinstance(job, RunJob)
        else 0
    )


THOROUGH = settings.default is not None and settings.default.max_examples > 1_000
Jobs.TestCase.settings = settings(
    max_examples=40 if THOROUGH else 4,  # 2,000 steps or more, and a few seconds
    stateful_step_count=60 if THOROUGH else 30,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestJobs = pytest.mark.slow(Jobs.TestCase)
