"""What a session remembers of the tab Learn; which page is open, the address says."""

from collections.abc import Mapping

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


# What stood in the sidebar before a challenge set it, and the settings that it set; None if it is as it was.
sidebar_before: Entry[tuple[Mapping[str, object], TrainingConfig] | None] = Entry("sidebar_before", None)
