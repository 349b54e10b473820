"""What the largest images cost that are taken: `python benchmarks/large_images.py [--checkout FOLDER]`.

Makes a file of each kind, with noise on paper, and reads each in a new process. Prints the seconds and the
most memory that reading adds, beside the goals. With --checkout another version of this project reads them.
Linux only. Exits with 1 if a goal is missed.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

# Goals: what the version before took for its largest file, a WebP of 16 million pixels (339 MB; a PNG 211, a
# progressive JPEG 120), and a sixteenth more.
SECONDS, MEGABYTES = 1.0, 360.0
# Name, format, width, height, whether 16 bits deep, options.
KINDS: list[tuple[str, str, int, int, bool, dict[str, Any]]] = [
    ("PNG, a phone's", "PNG", 4_032, 3_024, False, {"compress_level": 1}),
    ("PNG, 17 million", "PNG", 5_800, 2_931, False, {"compress_level": 1}),
    ("PNG, 17 million, 16-bit grey", "PNG", 5_800, 2_931, True, {"compress_level": 1}),
    ("WebP, 17 million", "WEBP", 5_800, 2_931, False, {"quality": 50, "method": 0}),
    ("PNG, 4,000 x 4,000", "PNG", 4_000, 4_000, False, {"compress_level": 1}),
    ("JPEG, 12,000 x 9,000", "JPEG", 12_000, 9_000, False, {"quality": 50}),
    ("JPEG, progressive, 36 million", "JPEG", 6_000, 6_000, False, {"quality": 50, "progressive": True}),
]

READ = """
import sys, time
from pathlib import Path
from mnist_core.storage.image_file import read_image

def kilobytes(field):
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[field].split()[0])

content = Path(sys.argv[1]).read_bytes()
Path("/proc/self/clear_refs").write_text("5")  # resets the peak: see proc(5)
before, began = kilobytes("VmRSS"), time.process_time()
try:
    read_image(content)
except ValueError as error:
    print("refused:", error)
else:
    print(time.process_time() - began, (kilobytes("VmHWM") - before) * 1024 / 1e6)
"""


def save(path: Path, form: str, width: int, height: int, deep: bool, options: dict[str, Any]) -> None:
    """Write paper with a stroke on it; its grain repeats, so that the file is not too large."""
    grain = np.random.default_rng(0).integers(225, 240, (height // 16 + 1, width // 16 + 1), np.uint8)
    paper = np.kron(grain, np.ones((16, 16), np.uint8))[:height, :width]
    paper[height // 4 : 3 * height // 4, width // 2 : width // 2 + width // 40] = 30
    grey = Image.fromarray(paper.astype(np.uint16) << 8) if deep else Image.fromarray(paper).convert("RGB")
    grey.save(path, form, **options)


def main() -> int:
    parser = argparse.ArgumentParser(description="What the largest images cost that are taken.")
    parser.add_argument("--checkout", type=Path, default=Path(__file__).parents[1], metavar="FOLDER")
    checkout = parser.parse_args().checkout
    met = True
    print(
        f"| file | seconds of the processor, goal {SECONDS:g} | MB added, goal {MEGABYTES:g} |\n|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, form, width, height, deep, options in KINDS:
            path = Path(folder) / "image"
            save(path, form, width, height, deep, options)
            command = [sys.executable, "-c", READ, str(path)]
            done = subprocess.run(command, cwd=checkout, stdout=subprocess.PIPE, check=True, text=True)
            if done.stdout.startswith("refused"):
                print(f"| {name} | {done.stdout.strip()} | |", flush=True)
                continue
            seconds, megabytes = map(float, done.stdout.split())
            met &= seconds <= SECONDS and megabytes <= MEGABYTES
            print(f"| {name} | {seconds:.2f} | {megabytes:.0f} |", flush=True)
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
