"""How many cores this process may use, and how much memory: in a container, fewer than the machine has.

The limits of a control group: Linux kernel documentation, Control Group v2, cpu.max and memory.max; and of
version 1, cpu.cfs_quota_us and memory.limit_in_bytes.
"""

import os
from collections.abc import Iterator
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")  # lines such as 0::/system.slice/digit-lab.service


def cores() -> int:
    """Count the cores that this process may use, at least 1: a quota of 1.5 gives 1."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [quota / period for quota, period in _quotas() if quota > 0 and period > 0]
    return max(1, min([allowed, *map(int, quotas)]))


def memory_limit() -> int | None:
    """Return how many bytes of memory this process and its children may have; None without a limit."""
    limits = [
        numbers[0]
        for folder in _folders("memory")
        for name in ("memory.max", "memory.limit_in_bytes")
        if (numbers := _numbers(folder / name))
    ]
    return min(limits, default=None)


def _quotas() -> Iterator[tuple[int, int]]:
    """Give the quota and the period, in microseconds, of each group that this process is in."""
    for folder in _folders("cpu"):
        both = _numbers(folder / "cpu.max")
        both = both or [
            *_numbers(folder / "cpu.cfs_quota_us"),
            *_numbers(folder / "cpu.cfs_period_us"),
        ]
        if len(both) == 2:
            yield both[0], both[1]


def _folders(controller: str) -> Iterator[Path]:
    """Give the folders of the groups that this process is in; a container sees its own as the root."""
    yield from (GROUPS, GROUPS / controller)
    try:
        lines = OWN.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        group = (GROUPS / controller if controllers else GROUPS) / path.strip("/")
        while group != GROUPS and GROUPS in group.parents:
            yield group
            group = group.parent


def _numbers(path: Path) -> list[int]:
    """Read the numbers of a file; none if it is missing or says "max"."""
    try:
        words = path.read_text().split()
    except OSError:
        return []
    return [int(word) for word in words] if all(word.lstrip("-").isdecimal() for word in words) else []
