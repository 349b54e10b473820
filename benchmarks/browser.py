"""What the benchmarks of the page have in common; the rest is tests/support/browser.py."""

from pathlib import Path


def environment(home: Path, mnist: Path | None) -> dict[str, str]:
    """Make the environment of a server that keeps its runs in `home`, with the digits of a folder."""
    return {"DIGIT_LAB_HOME": str(home), "MNIST_ROOT": str(mnist.resolve() if mnist else "")}
