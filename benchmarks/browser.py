"""What the benchmarks of the page have in common; the rest is tests/support/browser.py."""

import statistics
from pathlib import Path


def environment(home: Path, mnist: Path | None) -> dict[str, str]:
    """Make the environment of a server that keeps its runs in `home`, with the digits of a folder."""
    return {"DIGIT_LAB_HOME": str(home), "MNIST_ROOT": str(mnist.resolve() if mnist else "")}


def print_row(name: str, values: list[float], limit: float) -> bool:
    """Print least, median and most of some values beside their limit; return whether the median is within."""
    median = statistics.median(values)
    row = f"{name:36}{min(values):9.3f}{median:9.3f}{max(values):9.3f}{limit:9.3f}"
    print(row + ("" if median <= limit else "   over"))
    return median <= limit
