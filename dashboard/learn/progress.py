"""How far somebody has come in the tab Learn: what their browser keeps of it, and nothing else does."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

GUESS = re.compile(r"[0-9a-z.,:-]{0,100}")  # each challenge writes and reads its own
RUN_ID = re.compile(r"[0-9a-f]{32}")
NAME = re.compile(r"[a-z-]{1,30}")
MOST_RUNS, MOST_CHALLENGES, LONGEST = 20, 20, 40_000  # of one challenge; in all; characters
LONGEST_REASON = 300  # characters


@dataclass(frozen=True)
class Attempt:
    """What somebody has done in one challenge.

    Attributes:
        guess: what they committed to; empty before that.
        runs: the ids of the runs that were trained for it.
        done: whether they have ever come to its end.
        why: their own sentence on why they think so; empty before they wrote one.

    Raises:
        ValueError: something that no challenge writes.
    """

    guess: str = ""
    runs: tuple[str, ...] = ()
    done: bool = False
    why: str = ""

    def __post_init__(self) -> None:
        """Check what came; runs may come as a list."""
        if not isinstance(self.guess, str) or not GUESS.fullmatch(self.guess):
            raise ValueError(f"expected a guess of a challenge, got {self.guess!r:.40}")
        if not isinstance(self.done, bool):
            raise ValueError(f"done must be true or false, got {self.done!r:.40}")
        if not isinstance(self.why, str) or len(self.why) > LONGEST_REASON:
            raise ValueError(f"expected at most {LONGEST_REASON} characters, got {self.why!r:.40}")
        runs = self.runs
        if not isinstance(runs, list | tuple) or len(runs) > MOST_RUNS:
            raise ValueError(f"expected a list of at most {MOST_RUNS} runs, got {runs!r:.40}")
        if not all(isinstance(run, str) and RUN_ID.fullmatch(run) for run in runs):
            raise ValueError(f"expected ids of runs, got {runs!r:.40}")
        object.__setattr__(self, "runs", tuple(runs))


def join_attempts(before: Attempt, attempt: Attempt) -> Attempt:
    """Return an attempt with what it lacks from the one before."""
    return Attempt(
        attempt.guess or before.guess,
        attempt.runs or before.runs,
        attempt.done or before.done,
        attempt.why or before.why,
    )


@dataclass(frozen=True)
class Reveal:
    """The end of a challenge, as a page shows it.

    Attributes:
        name: of the challenge.
        happened: what happened, in a sentence or two.
        outcome: the guess that would have been right; empty if there is none.
    """

    name: str
    happened: str
    outcome: str = ""


Progress = Mapping[str, Attempt]  # the name of a challenge -> what was done in it


def write_progress(progress: Progress) -> str:
    """Write progress as the text that the browser keeps."""
    return json.dumps({name: asdict(attempt) for name, attempt in progress.items()}, separators=(",", ":"))


def read_progress(text: object) -> dict[str, Attempt]:
    """Read what a browser kept; whatever in it was not written by `write_progress` is left out."""
    if not isinstance(text, str) or len(text) > LONGEST:
        return {}
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    progress: dict[str, Attempt] = {}
    for name, fields in entries.items() if isinstance(entries, dict) else ():
        if not NAME.fullmatch(name) or not isinstance(fields, dict) or len(progress) == MOST_CHALLENGES:
            continue
        try:
            progress[name] = Attempt(**fields)
        except (TypeError, ValueError):
            continue
    return progress
