"""Time several ways of doing the same thing in turns, in one process, so that the conditions are the same."""

import os
import platform
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch

Name = TypeVar("Name")
Result = TypeVar("Result")


@dataclass
class Timed(Generic[Result]):
    """The seconds of each round, and the result of the last one.

    Attributes:
        wall: elapsed time.
        processor: the time that all threads of this process were running. On a busy machine it varies less
            than the elapsed time; for a single thread on an idle machine, the two are equal.
        result: what the generator yielded last.
    """

    wall: list[float]
    processor: list[float]
    result: Result


def interleaved(ways: Mapping[Name, Iterator[Result]], rounds: int) -> dict[Name, Timed[Result]]:
    """Call `next` once on each way to prepare it, then `rounds` times in turns, and time these."""
    timed = {name: Timed[Result]([], [], next(way)) for name, way in ways.items()}
    for _ in range(rounds):
        for name, way in ways.items():
            wall, processor = time.perf_counter(), time.process_time()
            timed[name].result = next(way)
            timed[name].wall.append(time.perf_counter() - wall)
            timed[name].processor.append(time.process_time() - processor)
    return timed


def machine() -> str:
    """Describe the machine in a line, because times mean nothing without it."""
    processor = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = dict(line.split(":", 1) for line in information.read_text().splitlines() if ":" in line)
        processor = next((v.strip() for k, v in lines.items() if k.strip() == "model name"), processor)
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{processor}, {os.cpu_count()} cores, torch {torch.__version__}{load}"
