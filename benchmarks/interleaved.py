"""Times of several ways to do a thing, taken in turns in one process, so that all meet the same weather."""

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
    """The seconds of each round, and what the last one gave.

    `processor` is the time that all threads of this process were running: on a machine with other work to
    do it varies less than the time on the wall, and for a single thread with nothing beside it they are one.
    """

    wall: list[float]
    processor: list[float]
    result: Result


def interleaved(ways: Mapping[Name, Iterator[Result]], rounds: int) -> dict[Name, Timed[Result]]:
    """Pull each way once to prepare it, then `rounds` times in turns, timed."""
    timed = {name: Timed[Result]([], [], next(way)) for name, way in ways.items()}
    for _ in range(rounds):
        for name, way in ways.items():
            wall, processor = time.perf_counter(), time.process_time()
            timed[name].result = next(way)
            timed[name].wall.append(time.perf_counter() - wall)
            timed[name].processor.append(time.process_time() - processor)
    return timed


def machine() -> str:
    """Describe the machine in a line: times mean nothing without it."""
    processor = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = dict(line.split(":", 1) for line in information.read_text().splitlines() if ":" in line)
        processor = next((v.strip() for k, v in lines.items() if k.strip() == "model name"), processor)
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{processor}, {os.cpu_count()} cores, torch {torch.__version__}{load}"
