"""What a session remembers of the tab Learn; which page is open, the address says."""

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor

from dashboard.learn.progress import Attempt, Reveal
from dashboard.state import Entry
from mnist_core import TrainingConfig

progress: Entry[dict[str, Attempt]] = Entry("learn_progress", {})  # by challenge
progress_read = Entry("learn_progress_read", default=False)  # whether the browser has told what it keeps
browser_keeps = Entry("learn_browser_keeps", default=True)  # unless it has said that it does not
reveal: Entry[Reveal | None] = Entry("learn_reveal", None)  # the end that the page shows
typical_guess = Entry("learn_typical_guess", default=False)  # the guess stands for those of a class
waits_for_leader = Entry("learn_waits_for_leader", default=False)
drafts: Entry[dict[str, str]] = Entry("learn_drafts", {})  # guesses that nobody has committed to yet
presenting = Entry("presenting", default=False)
presented = Entry("presented", default=False)  # whether the whole page has followed that
broken_reader: Entry[tuple[int, str] | None] = Entry("broken_reader", None)  # digit, way
prepared_ink: Entry[Tensor | None] = Entry("prepared_ink", None)  # the drawing that a guess is about


def typed_reason(name: str) -> Entry[str]:
    """What stands in the field for the reason of a guess."""
    return Entry(f"why-{name}", "")


class SidebarBefore(NamedTuple):
    """What stood in the sidebar before a challenge set it.

    Attributes:
        page: the challenge.
        run: the id of the run that was shown.
        begun: the ids of the challenge's runs that were shown since.
        stood: the values of the controls, by their keys.
        config: the settings of the challenge.
        left: whether the challenge was left since, and the sidebar shows what stood there.
    """

    page: str
    run: str
    begun: tuple[str, ...]
    stood: Mapping[str, object]
    config: TrainingConfig
    left: bool = False


sidebar_before: Entry[SidebarBefore | None] = Entry("sidebar_before", None)
