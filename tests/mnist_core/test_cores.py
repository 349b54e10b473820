"""Cores and memory of a control group, from files as the kernel writes them."""

from pathlib import Path

import pytest

from dashboard.lab.job_queue import default_slots
from mnist_core import cores


@pytest.mark.parametrize(
    ("own", "files", "expected", "memory"),
    [
        ("0::/\n", {"cpu.max": "100000 100000\n", "memory.max": "max\n"}, 1, None),
        ("0::/a/b\n", {"a/cpu.max": "250000 100000\n", "a/b/cpu.max": "max 100000\n"}, 2, None),
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1, None),
        ("0::/\n", {"memory.max": "1000000000\n"}, 4, 10**9),
        (
            "4:cpu,cpuacct:/x\n",
            {"cpu/x/cpu.cfs_quota_us": "300000\n", "cpu/x/cpu.cfs_period_us": "100000\n"},
            3,
            None,
        ),
        ("4:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4, None),
    ],
)
def test_the_quota_of_a_container_counts(
    own: str,
    files: dict[str, str],
    expected: int,
    memory: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, content in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (tmp_path / "own").write_text(own)
    monkeypatch.setattr(cores, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(cores, "OWN", tmp_path / "own")
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(4)), raising=False)
    monkeypatch.delenv("DIGIT_LAB_TRAININGS", raising=False)
    assert cores.cores() == expected
    assert cores.memory_limit() == memory
    assert default_slots() == (1 if memory else expected)
