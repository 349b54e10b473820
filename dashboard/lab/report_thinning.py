"""Which reports of a run stay when it is continued, so that it never has more than memory and disk bear."""

from collections.abc import Sequence

from mnist_core import Progress, Segment
from mnist_core.training.loop import EARLY_STEPS

# Reports, 32 KB each. With the 200 of another fifty epochs a run has at most about 500.
MOST = 300


def thin_out(
    history: Sequence[Progress], earlier: Sequence[Segment], most: int = MOST
) -> tuple[Progress, ...]:
    """Keep about `most` of the reports, evenly spaced over the epochs, if there are more.

    The first and the last always stay, and those after the early steps and at the ends of segments.
    """
    if len(history) <= most:
        return tuple(history)
    ends = {segment.until for segment in earlier}
    gap = (history[-1].epoch - history[0].epoch) / most
    kept = [history[0]]
    for report in history[1:]:
        special = report is history[-1] or report.epoch in ends or report.step <= EARLY_STEPS[-1]
        if special or report.epoch - kept[-1].epoch >= gap * (1 - 1e-9):  # not less by rounding alone
            kept.append(report)
    return tuple(kept)
