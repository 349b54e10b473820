"""How exactly reader.js reads what Python reads: `python benchmarks/reader.py`.

Prepares all test digits with all four inputs, and the pen digits, each drawn at a random place and in a
random size on a board of 280 x 280; reads them with a model for each input (batch 100, 10 epochs, learning
rate 0.5; 0.01 for raw), here and in Node. Prints how far the inputs, the probabilities and the digits differ,
and how long Node takes to read a board. Exits with 1 if a goal is missed.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.strokes import CANVAS, draw, place, read_pen_digits, take_pen_digits
from mnist_core import Preprocessing, SoftmaxRegressor, TrainingConfig, load_digits, preprocess, train
from mnist_core.data.dataset import SIDE
from mnist_core.preprocessing.drawing import image_from_canvas

SCRIPT = Path(__file__).with_suffix(".mjs")
MAX_LEVELS, MAX_SHARE = 1, 1e-3  # of 255 by which an input may differ; share of the inputs that may
MAX_PROBABILITY = 1e-2
MAX_OTHER_DIGITS = 2e-4  # of the images may be read as another digit
MAX_MILLISECONDS = 8.0

Boards = Iterable[NDArray[np.uint8]]  # each (280, 280, 4)


@dataclass(frozen=True)
class Difference:
    """How reader.js differs from Python over the same images and boards, with one input.

    Attributes:
        images: how many there were.
        levels: the largest difference of an input, of 255.
        share: of the inputs that differ, 0 to 1.
        probability: the largest difference of a probability.
        other_digits: how many images are read as another digit.
        milliseconds: Node's median processor time from a board to probabilities; 0 without boards.
    """

    images: int
    levels: int
    share: float
    probability: float
    other_digits: int
    milliseconds: float

    @property
    def close(self) -> bool:
        """Whether it is as exact as promised; says nothing of the time."""
        return (
            self.levels <= MAX_LEVELS
            and self.share < MAX_SHARE
            and self.probability <= MAX_PROBABILITY
            and self.other_digits <= MAX_OTHER_DIGITS * self.images
        )


def differences(
    models: Mapping[Preprocessing, SoftmaxRegressor], images: Tensor, boards: Boards
) -> dict[Preprocessing, Difference]:
    """Read images, (N, 28, 28) uint8, and boards, here and in Node, and compare both."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        layers = {how: model.linear for how, model in models.items()}
        numbers = {
            how: {"weight": layer.weight.flatten().tolist(), "bias": layer.bias.tolist()}
            for how, layer in layers.items()
        }
        (folder / "models.json").write_text(json.dumps(numbers))
        (folder / "images.bin").write_bytes(images.numpy().tobytes())
        centred = []
        with (folder / "boards.bin").open("wb") as file:
            for board in boards:
                file.write(board[:, :, 0].tobytes())
                image = image_from_canvas(board)
                if image is None:
                    raise ValueError("expected boards with ink on them")
                centred.append(image)
        times = json.loads(
            subprocess.run(["node", str(SCRIPT), name], stdout=subprocess.PIPE, check=True, text=True).stdout
        )
        both = torch.cat((images, torch.stack(centred))) if centred else images
        return {how: _difference(folder, model, both, times[how] or 0.0) for how, model in models.items()}


def _difference(folder: Path, model: SoftmaxRegressor, images: Tensor, milliseconds: float) -> Difference:
    how = model.preprocessing
    inputs = preprocess(images, how)
    ours = model.logits(inputs).softmax(dim=1)
    read = np.fromfile(folder / f"inputs-{how}.bin", np.uint8).reshape(-1, SIDE, SIDE)
    theirs = torch.from_numpy(np.fromfile(folder / f"probabilities-{how}.bin").reshape(-1, 10))
    levels = (inputs.short() - torch.from_numpy(read).short()).abs()
    return Difference(
        len(images),
        int(levels.max()),
        float((levels > 0).double().mean()),
        float((ours - theirs).abs().max()),
        int((ours.argmax(dim=1) != theirs.argmax(dim=1)).sum()),
        milliseconds,
    )


def pen_boards(path: Path, seed: int = 0) -> Iterable[NDArray[np.uint8]]:
    """Draw pen digits on boards, each at a random place and in a random size."""
    rng = random.Random(seed)
    return (draw(place(digit, rng)) for digit in read_pen_digits(path))


def main() -> int:
    parser = argparse.ArgumentParser(description="How exactly reader.js reads what Python reads.")
    take_pen_digits(parser)
    parser.add_argument("--mnist", type=Path, help="a folder with MNIST")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    digits = load_digits(arguments.mnist)
    models = {
        how: list(train(TrainingConfig(learning_rate=rate, preprocessing=how), digits))[-1].model
        for how, rate in zip(Preprocessing, (0.01, 0.5, 0.5, 0.5), strict=True)
    }
    found = differences(models, digits.test.images, pen_boards(arguments.pen_digits))
    print(
        f"| {digits.source} and pen digits | largest level | inputs that differ | largest probability | ",
        end="",
    )
    print(f"other digits | a board of {CANVAS} x {CANVAS} |\n|{'---|' * 6}")
    for how, one in found.items():
        print(
            f"| {one.images:,}, {how} | {one.levels} | {1e3 * one.share:.3f} of 1,000 | "
            f"{one.probability:.1e} | {one.other_digits} | {one.milliseconds:.1f} ms |"
        )
    good = all(one.close and one.milliseconds <= MAX_MILLISECONDS for one in found.values())
    print(f"goals missed: {'none' if good else 'see above'}")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
