"""Connected components: which pixels of ink hang together."""

import torch
from torch import Tensor
from torch.nn import functional as F


def connected_components(mask: Tensor) -> Tensor:
    """Number the connected components of a mask, (H, W) bool; pixels that touch at a corner are connected.

    The components are built of runs, the pixels of a row that are set without a gap, which there are few of
    (Rosenfeld and Pfaltz, Sequential operations in digital picture processing, Journal of the ACM 13, 1966).

    Returns:
        (H, W) int64: 0 outside of the mask, 1 to the number of components in it, from the top down.
    """
    height, width = mask.shape
    changes = F.pad(mask.to(torch.int8), (1, 1)).diff(dim=1)
    rows, starts = (changes == 1).nonzero(as_tuple=True)
    ends = (changes == -1).nonzero(as_tuple=True)[1]
    roots = _roots(rows.tolist(), starts.tolist(), ends.tolist())
    labels = torch.tensor(roots, dtype=torch.int64).unique(return_inverse=True)[1] + 1
    # Each run adds its label where it starts and takes it away where it ends.
    steps = torch.zeros(height, width + 1, dtype=torch.int64)
    steps[rows, starts] += labels
    steps[rows, ends] -= labels
    return steps.cumsum(dim=1)[:, :width]


def _roots(rows: list[int], starts: list[int], ends: list[int]) -> list[int]:
    """For each run, give the first run of its component; the runs are in reading order."""
    parents = list(range(len(rows)))

    def root(run: int) -> int:
        while parents[run] != run:
            parents[run] = parents[parents[run]]
            run = parents[run]
        return run

    above = 0  # the first run that may touch the next one
    for run, row in enumerate(rows):
        while rows[above] < row - 1 or (rows[above] == row - 1 and ends[above] < starts[run]):
            above += 1
        other = above
        while rows[other] == row - 1 and starts[other] <= ends[run]:
            first, second = sorted((root(other), root(run)))
            parents[second] = first
            other += 1
    return [root(run) for run in range(len(rows))]
