"""The jobs of everybody on this server, runs and maps, by id.

Each person has a share of the room on the disk, in which their own oldest jobs make room for their newest
once the page has said so. Nothing of anybody's makes room for somebody else: when all room is taken, what is
new is refused. People who came within the last hour leave a quarter of the room, and of the places in the
queue, to those who were here before, and those of one address leave half of the rest to other addresses.

A map that is being drawn keeps all cores busy, so only one is at a time: the others wait in a queue of their
own, see map_queue.py. The one that is drawn also has a turn among the runs meanwhile. A run
that learns beside it has the other turns, and the higher priority: that of the processes is lower. A map that
is computed on a cluster takes no turn among the runs.
"""

import logging
import os
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from threading import Lock
from typing import TypeVar

from dashboard.lab.fair_order import Who
from dashboard.lab.job import WATCH_TIMEOUT, Job, JobRefused, JobUnreadable
from dashboard.lab.job_files import Content, files_with, load_job, map_files, run_files, save_job, touch_job
from dashboard.lab.job_list import LIST_UNREADABLE, JobList, ListedJob
from dashboard.lab.job_queue import JobQueue, seconds_per_epoch
from dashboard.lab.map_file import MapResults
from dashboard.lab.map_job import MapJob, MapWorker, estimated_seconds, work_left
from dashboard.lab.map_job import estimated_bytes as bytes_of_map
from dashboard.lab.map_queue import MapQueue
from dashboard.lab.newcomers import TOO_MANY, Newcomers
from dashboard.lab.run_job import BYTES_PER_REPORT, RunJob, RunSummary, ended_run, summary_of, thin_out
from dashboard.lab.run_job import estimated_bytes as bytes_of_run
from mnist_core import Digits, Grid, Progress, Run, TrainingConfig, train
from mnist_core.processes.training_processes import TrainingProcesses
from mnist_core.run_file import Segment, final_epoch_of, load_run
from mnist_core.storage.file_store import FileStore, FileUnreadable, new_id
from mnist_core.storage.files import write_atomically
from mnist_core.sweep.search import SCHEDULER_VARIABLE
from mnist_core.training.digits import count_to_learn
from mnist_core.training.worker import TrainingWorker

SHARE_JOBS, SHARE_BYTES = 100, 200_000_000  # of one person
MAX_LISTED = 300  # jobs of one person, with those of others that they added from links
MAX_CELLS = 400
MOST_AT_A_TIME = 12  # runs and maps of one person that are computed or wait
MOST_OF_ALL = 2_400  # that are computed or wait; those that wait cost little
REMEMBERED = 40  # ended jobs held in memory, about 1.3 MB each; reading another from disk takes 10 ms
SUMMARIES = 500  # held in memory, 32 KB each, for the model of the newest report
PATIENCE = 20  # a map that waits for a turn among the runs goes before smaller work after a fifth of its time

NO_ROOM = "There is no room for anything new on this server just now."
SHARE_FULL = (
    f"Your share of this server is full: {SHARE_JOBS} runs and maps, or {SHARE_BYTES // 1_000_000} MB. "
    "Delete some of them first."
)

BUSY = (
    f"At most {MOST_AT_A_TIME} of your runs and maps can be computed or wait at a time. Wait until some of "
    "them have ended, or stop them."
)
ALL_BUSY = "So many runs are waiting on this server that no more can be taken. Try again in a minute."
ABANDONED = "It was taken out of the queue, because the server was full and nobody was looking at it."

Stamp = tuple[int, int]  # when a file was written, in nanoseconds since 1970, and its bytes

J = TypeVar("J", bound=Job)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class DeletedJob:
    """A job that was deleted: what the list had of it, and its file; None for another person's job."""

    listed: ListedJob
    file: bytes | None


class JobRegistry:
    """Begins jobs, continues them, finds them again, and deletes them, for every session."""

    def __init__(self, queue: JobQueue | None = None, processes: TrainingProcesses | None = None) -> None:
        """Begin with the jobs on disk; new ones wait in the queue; runs learn in the processes, if any."""
        self._queue, self._map_queue = queue or JobQueue(), MapQueue()
        self._processes = processes
        self.newcomers = Newcomers()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = Lock()  # of what is in memory
        self._beginning = Lock()  # one job at a time takes the room that is left

    # Finding

    def get(self, job_id: str) -> Job | None:
        """Find a job in memory or on disk; None if there is none. JobUnreadable if it cannot be used."""
        while (job := self.in_memory(job_id)) is None:
            stamp = _stamp(job_id)
            if stamp is None:
                return None
            try:
                content = load_job(job_id)
            except FileUnreadable as error:
                raise JobUnreadable(damaged=error.damaged) from error
            with self._lock:
                # What was read is of use only if nothing was written meanwhile, and nobody was faster.
                if content is not None and job_id not in self._jobs and _stamp(job_id) == stamp:
                    self._jobs[job_id] = _ended(job_id, content)
            touch_job(job_id)
            self.forget_ended(all_but=REMEMBERED)
        return job

    def run(self, run_id: str) -> RunJob | None:
        """Find a run; None if there is no such run. JobUnreadable as for `get`."""
        job = self.get(run_id)
        return job if isinstance(job, RunJob) else None

    def map(self, map_id: str) -> MapJob | None:
        """Find a map; None if there is no such map. JobUnreadable as for `get`."""
        job = self.get(map_id)
        return job if isinstance(job, MapJob) else None

    def in_memory(self, job_id: str) -> Job | None:
        """Return a job that is being computed or was looked at lately; None if it is at most on disk."""
        with self._lock:
            return self._jobs.get(job_id)

    def active(self, job_ids: Iterable[str]) -> list[Job]:
        """Return those of the jobs that have not ended."""
        known = map(self.in_memory, job_ids)
        return [job for job in known if job is not None and not job.state.ended]

    def drawn_for(self, jobs: JobList) -> MapJob | None:
        """Return the map that is being drawn for somebody; None if there is none."""
        drawn = self.active(job.job_id for job in jobs.maps if job.own)
        return next((job for job in drawn if isinstance(job, MapJob)), None)

    def summary(self, run_id: str) -> RunSummary | None:
        """Summarize a run, whose file is read only as far as it is needed; None if there is none.

        JobUnreadable if its file cannot be used.
        """
        job = self.in_memory(run_id)
        if job is not None:
            return summary_of(job) if isinstance(job, RunJob) else None
        stamp = _stamp(run_id)
        try:
            return None if stamp is None else _summary_on_disk(run_id, stamp)
        except FileUnreadable as error:
            raise JobUnreadable(damaged=error.damaged) from error

    # Beginning

    def check_count(self, jobs: JobList, count: int) -> None:
        """Raise JobRefused unless a person may begin so many more runs: those of one click, all or none."""
        if len(self.active(job.job_id for job in jobs if job.own)) + count > MOST_AT_A_TIME:
            raise JobRefused(BUSY)

    def begin_run(
        self,
        config: TrainingConfig,
        digits: Digits,
        jobs: JobList,
        *,
        seconds_per_report: float = 0.0,
        paused: bool = False,
        same_group: bool = False,
        replacing: Collection[str] = (),
    ) -> RunJob:
        """Begin a run from zero weights, under a new id, and put it on its owner's list.

        Args:
            config: the settings.
            digits: to learn.
            jobs: the list of the owner, only one of whose runs learns at a time, but see `JobQueue.turn`.
            seconds_per_report: see TrainingWorker.
            paused: whether to pause after the first report.
            same_group: see `JobQueue.turn`.
            replacing: jobs of the owner of which the page has said that they may go.

        Raises:
            JobRefused: there is no room.
        """
        with self._beginning:
            self._make_room(run_files(), jobs, bytes_of_run(config), replacing)
            run = self._train(
                new_id(),
                config,
                digits,
                jobs,
                seconds_per_report=seconds_per_report,
                paused=paused,
                same_group=same_group,
            )
            jobs.add(run.id)
        return run

    def continue_run(
        self,
        run: RunJob,
        config: TrainingConfig,
        digits: Digits,
        jobs: JobList,
        *,
        seconds_per_report: float = 0.0,
        replacing: Collection[str] = (),
    ) -> RunJob:
        """Continue a run of one's own that has ended, for as many epochs as the settings say.

        Raises:
            JobRefused: the digits or those held out are not the run's, it has not ended, or there is no room.
            ValueError: the settings are for another input.
        """
        if digits.source != run.source:
            raise JobRefused(f"This run learned the {run.source} digits, but only {digits.source} is here.")
        if config.validation != run.config.validation:
            raise JobRefused(
                f"This run holds out {run.config.validation:,} digits, the settings {config.validation:,}: "
                "begin a new run for that."
            )
        with self._beginning:
            run = self._own_and_ended(run, jobs)
            earlier = (*run.earlier, Segment(run.config, run.history[-1].epoch))
            history = thin_out(run.history, earlier)
            self._make_room(run_files(), jobs, bytes_of_run(config, history), replacing, in_place_of=run.id)
            pace = seconds_per_report
            return self._train(run.id, config, digits, jobs, history, earlier, seconds_per_report=pace)

    def begin_map(
        self, grid: Grid, digits: Digits, jobs: JobList, *, replacing: Collection[str] = ()
    ) -> MapJob:
        """Begin a map, under a new id, and put it on its owner's list.

        Raises:
            JobRefused: too many cells, this owner has a map drawn already, or there is no room.
        """
        check_size(grid)
        with self._beginning:
            self._check_no_map_is_drawn(jobs)
            self._make_room(map_files(), jobs, bytes_of_map(grid), replacing)
            drawn = self._draw(new_id(), MapResults(grid, digits.source), digits, jobs)
            jobs.add(drawn.id, is_map=True)
        return drawn

    def continue_map(self, job: MapJob, digits: Digits, jobs: JobList) -> MapJob:
        """Draw what is missing of a map of one's own that has ended; JobRefused as for the others."""
        if digits.source != job.known.source:
            raise JobRefused(f"This map is about the {job.known.source} digits, which are not here.")
        with self._beginning:
            self._check_no_map_is_drawn(jobs)
            job = self._own_and_ended(job, jobs)
            self._make_room(map_files(), jobs, bytes_of_map(job.grid), in_place_of=job.id)
            return self._draw(job.id, job.known, digits, jobs)

    def add_run(
        self, run: Run, jobs: JobList, *, run_id: str = "", name: str = "", replacing: Collection[str] = ()
    ) -> RunJob:
        """Save a run that was trained elsewhere, under a new id, and put it on its owner's list.

        Raises:
            JobRefused: there is no room.
            OSError: it cannot be saved.
        """
        run_id = run_id or new_id()
        with self._beginning:
            self._make_room(run_files(), jobs, BYTES_PER_REPORT * len(run.history), replacing)
            save_job(run_id, run)
            jobs.add(run_id, name=name)
        return self._remember(ended_run(run_id, run))

    def add_link(self, job_id: str, jobs: JobList) -> None:
        """Put somebody else's run on a list; JobRefused if the list is full."""
        self._check_list(jobs)
        self._admit_newcomer(jobs)
        jobs.add(job_id, own=False)

    # Room

    def to_replace(self, jobs: JobList, size: int, in_place_of: str = "") -> list[ListedJob]:
        """Return which of a person's own jobs, the oldest first, must make room for one of so many bytes.

        `in_place_of` is the job of which the new one is a later version. JobRefused if even all of them would
        not be enough, OSError if the disk cannot tell.
        """
        own = [job for job in reversed(list(jobs)) if job.own and job.job_id != in_place_of]
        sizes = {job: bytes for job in own if (bytes := self._size(job.job_id)) is not None}
        count, total = len(sizes) + 1, sum(sizes.values()) + size
        replaced: list[ListedJob] = []
        for job in sizes:
            if count <= SHARE_JOBS and total <= SHARE_BYTES:
                break
            if not self.active([job.job_id]):
                replaced.append(job)
                count, total = count - 1, total - sizes[job]
        if count > SHARE_JOBS or total > SHARE_BYTES:
            raise JobRefused(SHARE_FULL)
        return replaced

    def _make_room(
        self,
        store: FileStore,
        jobs: JobList,
        size: int,
        replacing: Collection[str] = (),
        in_place_of: str = "",
    ) -> None:
        """Have room for a job; only those of its owner's jobs go for it of which the page has said so."""
        self._check_list(jobs)
        self._admit(jobs)
        try:
            replaced = [job.job_id for job in self.to_replace(jobs, size, in_place_of)]
            if not set(replaced) <= set(replacing):
                raise JobRefused(SHARE_FULL)
            if not self._has_room(store, jobs, 1 - len(replaced), size):
                raise JobRefused(NO_ROOM)
            for job_id in replaced:
                self._delete_file(job_id)
                jobs.remove([job_id])
        except OSError as error:
            _log.exception("Room cannot be made")
            raise JobRefused(NO_ROOM) from error

    def _has_room(self, store: FileStore, jobs: JobList, count: int, size: int) -> bool:
        """Whether so many files and bytes find room beside those of the jobs that are computed.

        For newcomers what waits counts as well: it would be begun when others had counted on the room.
        """
        is_new = self._is_new(jobs)
        with self._lock:
            others = [job for job in self._jobs.values() if _is_reserved(job) and (is_new or job.begun)]
        reserved = [job.reserved for job in others]
        near = [job.reserved for job in others if job.address == jobs.address]
        if is_new:
            files, all_bytes = (most - most // 4 for most in (store.max_files, store.max_bytes))
            store = replace(store, max_files=files, max_bytes=all_bytes)
            if near and not store.has_room(2 * (count + len(near)), 2 * (size + sum(near))):
                return False
        return store.has_room(count + len(reserved), size + sum(reserved))

    def _admit(self, jobs: JobList) -> None:
        """Raise JobRefused if too much is computed or waits already, or too many newcomers have come."""
        self.check_count(jobs, 1)
        with self._lock:
            going_on = [job for job in self._jobs.values() if not job.state.ended]
        bounds = [(going_on, MOST_OF_ALL)]
        if self._is_new(jobs):
            most = MOST_OF_ALL - MOST_OF_ALL // 4
            near = [job for job in going_on if job.address == jobs.address]
            bounds = [(going_on, most), (near, most - most // 2)]
        for bounded, most in bounds:
            if len(bounded) >= most:
                for job in bounded:
                    if job.is_abandoned:
                        job.stop(ABANDONED)
                if sum(not job.state.ended for job in bounded) >= most:
                    raise JobRefused(ALL_BUSY)
        self._admit_newcomer(jobs)

    def _is_new(self, jobs: JobList) -> bool:
        return not len(jobs) or self.newcomers.is_new(jobs.person_id)

    def _admit_newcomer(self, jobs: JobList) -> None:
        if not len(jobs) and not self.newcomers.admit(jobs.person_id, jobs.address):
            raise JobRefused(TOO_MANY)

    def _size(self, job_id: str) -> int | None:
        """Return how many bytes a job has or will have; None if it is not there."""
        job, saved = self.in_memory(job_id), files_with(job_id).size(job_id)
        return max(job.reserved, saved or 0) if job is not None and _is_reserved(job) else saved

    def _check_list(self, jobs: JobList) -> None:
        if not jobs.readable:
            raise JobRefused(LIST_UNREADABLE)
        if len(jobs) >= MAX_LISTED:
            jobs.remove([job.job_id for job in jobs if self._size(job.job_id) is None])
        if len(jobs) >= MAX_LISTED:
            raise JobRefused(f"Your list has {MAX_LISTED} runs and maps. Delete some of them first.")

    # Ending

    def delete(self, job_ids: Iterable[str], jobs: JobList) -> list[DeletedJob]:
        """Take jobs off a person's list, and delete those that are their own, even while they are computed.

        Only what is returned can bring them back: there is no file that could be forgotten there. What cannot
        be deleted just now stays. JobRefused if the list cannot be read.
        """
        if not jobs.readable:
            raise JobRefused(LIST_UNREADABLE)
        listed = [one for job_id in job_ids if (one := jobs.get(job_id))]
        for job in self.active(one.job_id for one in listed if one.own):
            job.stop("It was deleted.")
            job.join()
        deleted = []
        with self._beginning:  # so that nobody continues it meanwhile
            for one in listed:
                try:
                    deleted.append(DeletedJob(one, self._delete_file(one.job_id) if one.own else None))
                except OSError:
                    _log.exception("A job cannot be deleted")
                    continue
                jobs.remove([one.job_id])
        return deleted

    def restore(self, deleted: Iterable[DeletedJob], jobs: JobList) -> None:
        """Bring deleted jobs back, but for those that are back already.

        Raises:
            JobRefused: there is no room.
            OSError: one cannot be saved.
        """
        for one in deleted:
            job_id, content = one.listed.job_id, one.file
            if job_id in jobs or (one.listed.own and content is None):
                continue
            with self._beginning:
                if content is None:
                    self._check_list(jobs)
                else:
                    store = map_files() if one.listed.is_map else run_files()
                    self._make_room(store, jobs, len(content))
                    store.put(job_id, partial(write_atomically, content=content))
                jobs.restore([one.listed])

    def save_again(self, job: Job) -> None:
        """Try once more to save a job that has ended; `job.unsaved` says whether it worked."""
        job.unsaved[:] = _save_or_say_why(job.id, job.content())

    def forget_ended(self, *, all_but: int = 0) -> None:
        """Forget the ended jobs that are on disk, but for the newest; `get` reads them again."""
        with self._lock:
            ended = [job.id for job in self._jobs.values() if job.state.ended and not job.unsaved]
            for job_id in ended[: max(0, len(ended) - all_but)]:
                del self._jobs[job_id]

    def _delete_file(self, job_id: str) -> bytes | None:
        """Delete a job that has ended; return its file, or None if there is none. OSError if it stays."""
        path = files_with(job_id).path(job_id)
        try:
            content = path.read_bytes()
            path.unlink()
        except FileNotFoundError:
            content = None
        with self._lock:
            self._jobs.pop(job_id, None)
        return content

    # Working

    def _own_and_ended(self, job: J, jobs: JobList) -> J:
        """Return the newest version of a job that is to be continued, if its owner may do that now."""
        if not jobs.owns(job.id):
            raise JobRefused("Only the browser that began this can continue it.")
        known = self.in_memory(job.id)
        if not job.state.ended or (known is not None and not known.state.ended):
            raise JobRefused("This is being computed already.")
        return known if isinstance(known, type(job)) else job

    def _check_no_map_is_drawn(self, jobs: JobList) -> None:
        if self.drawn_for(jobs) is not None:
            raise JobRefused("Another map of yours is still being drawn: cancel it, or wait for its end.")

    def _train(
        self,
        run_id: str,
        config: TrainingConfig,
        digits: Digits,
        jobs: JobList,
        history: tuple[Progress, ...] = (),
        earlier: tuple[Segment, ...] = (),
        *,
        seconds_per_report: float,
        paused: bool = False,
        same_group: bool = False,
    ) -> RunJob:
        source = digits.source
        unsaved: list[str] = []  # shared by the thread and the run: a thread that held the run would keep it

        def save(reports: Sequence[Progress]) -> None:
            unsaved[:] = _save_or_say_why(run_id, Run(config, tuple(reports), source, earlier))

        turn = self._queue.turn(
            jobs.person_id,
            per_epoch=seconds_per_epoch(config, count_to_learn(config, len(digits.train))),
            until=final_epoch_of(config, earlier),
            reports=config.reports_per_epoch,
            same_group=same_group,
        )
        learn = self._processes.train if self._processes else train
        training = TrainingWorker(
            learn(config, digits, start=history[-1] if history else None),
            earlier=history,
            save=save,
            seconds_per_report=seconds_per_report,
            watch_timeout=WATCH_TIMEOUT,
            paused=paused,
            turn=turn,
        )
        reserved = bytes_of_run(config, history)
        run = RunJob(run_id, config, earlier, source, training, turn=turn, unsaved=unsaved, reserved=reserved)
        run.address = jobs.address
        return self._remember(run)

    def _draw(self, map_id: str, known: MapResults, digits: Digits, jobs: JobList) -> MapJob:
        unsaved: list[str] = []  # shared with the thread, as above

        def save(done: MapResults) -> None:
            unsaved[:] = _save_or_say_why(map_id, done)

        seconds = estimated_seconds(work_left(known), known.grid, len(digits.train))
        among_runs = None
        if not os.environ.get(SCHEDULER_VARIABLE):
            among_runs = self._queue.turn(None, per_epoch=seconds, until=1.0, reports=PATIENCE)
        turn = self._map_queue.turn(Who(jobs.address, jobs.person_id), seconds)
        pool = self._map_queue.pool
        work = MapWorker(known, digits, save=save, turn=turn, among_runs=among_runs, processes=pool)
        reserved = bytes_of_map(known.grid)
        drawn = MapJob(map_id, work, seconds, unsaved=unsaved, reserved=reserved, address=jobs.address)
        return self._remember(drawn)

    def _remember(self, job: J) -> J:
        """Have a job in memory that was begun or continued just now."""
        with self._lock:
            self._jobs[job.id] = job
            self._jobs.move_to_end(job.id)
        self.forget_ended(all_but=REMEMBERED)
        return job


def check_size(grid: Grid) -> None:
    """Raise JobRefused if the server does not draw a map of so many cells."""
    if len(grid.cells) > MAX_CELLS:
        raise JobRefused(
            f"These are {len(grid.cells):,} cells, and a map has at most {MAX_CELLS}: choose fewer learning "
            "rates, batch sizes or inputs."
        )


def _is_reserved(job: Job) -> bool:
    """Whether room is reserved for a job that is not, or not as a whole, on disk yet."""
    return not job.state.ended or bool(job.unsaved)


def _ended(job_id: str, content: Content) -> Job:
    return ended_run(job_id, content) if isinstance(content, Run) else MapJob(job_id, content)


def _stamp(job_id: str) -> Stamp | None:
    """Say which version of a job is on disk; None if there is none, or this is no id."""
    try:
        found = files_with(job_id).path(job_id).stat()
    except (ValueError, FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise JobUnreadable(damaged=False) from error
    return found.st_mtime_ns, found.st_size


@lru_cache(SUMMARIES)
def _summary_on_disk(run_id: str, stamp: Stamp) -> RunSummary | None:
    """Summarize the version of a run that has this stamp: it gets another one when it is continued."""
    run = run_files().read(run_id, lambda path: load_run(path, newest_only=True))
    return None if run is None else summary_of(ended_run(run_id, run))


def _save_or_say_why(job_id: str, content: Content) -> list[str]:
    """Save a job; return why it cannot be saved, or nothing."""
    try:
        save_job(job_id, content)
    except (OSError, ValueError) as error:
        _log.exception("A job cannot be saved")
        return [str(error.strerror if isinstance(error, OSError) and error.strerror else error)]
    return []
