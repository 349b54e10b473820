"""A run as a notebook: the script in cells, with a curve, the ten pictures, and a hidden layer to compare."""

import json

from mnist_core.config import TrainingConfig
from mnist_core.export.script import (
    MODEL,
    check_exportable,
    digits_of,
    imports_of,
    needs_package,
    report_of,
    settings_of,
    training_of,
)
from mnist_core.preprocessing.preprocess import Preprocessing
from mnist_core.run_file import Run


def notebook_of(run: Run) -> str:
    """Write a run as a Jupyter notebook, JSON of format 4.5; ValueError says why there is none."""
    check_exportable(run)
    imports = f"import math\n\nimport matplotlib.pyplot as plt\n{imports_of(run)}"
    cells = [
        (TEXT, _title(run)),
        (CODE, imports),
        (TEXT, "## The settings"),
        (CODE, settings_of(run.config)),
        (TEXT, f"## The digits\n\n{_about_digits(run)}"),
        (CODE, digits_of(run)),
        (TEXT, MODEL_TEXT),
        (CODE, MODEL),
        (TEXT, TRAINING_TEXT),
        (CODE, _recorded(report_of(run.config))),
        (CODE, training_of(run)),
        (TEXT, CURVE_TEXT),
        (CODE, CURVE),
        (TEXT, f"## The ten pictures\n\n{_about_pictures(run.config)}"),
        (CODE, PICTURES),
        (TEXT, HIDDEN_TEXT),
        (CODE, HIDDEN_MODELS),
        (CODE, HIDDEN_TRAINING),
        (TEXT, COMPARE_TEXT),
        (CODE, WILSON),
        (CODE, MCNEMAR),
        (TEXT, END_TEXT),
    ]
    content = {
        "cells": [_cell(index, *cell) for index, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _cell(index: int, text: bool, source: str) -> dict[str, object]:
    lines = source.strip("\n").splitlines(keepends=True)
    common = {"id": f"cell-{index}", "metadata": {}, "source": lines}
    if text:
        return {"cell_type": "markdown", **common}
    return {"cell_type": "code", "execution_count": None, "outputs": [], **common}


def _title(run: Run) -> str:
    last = run.history[-1]
    package = (
        "`pip install .` in the folder of Digit Lab" if needs_package(run) else "`pip install torchvision`"
    )
    return (
        "# A run of Digit Lab in plain PyTorch\n\n"
        "One layer of weights learns to read handwritten digits. The run read "
        f"{100 * last.test.accuracy:.2f} % of the test digits after {last.step:,} steps; "
        "this notebook trains it again.\n\n"
        f"First: {package}, then `pip install matplotlib jupyterlab`."
    )


def _about_digits(run: Run) -> str:
    text = "MNIST has 60,000 digits to learn from and 10,000 to test with, written by different people."
    if run.source == "sample":
        text = "A sample of MNIST that comes with Digit Lab: 4,000 digits to learn from, 1,000 to test with."
    if run.config.preprocessing is not Preprocessing.RAW:
        text += f" Each is first preprocessed, here with “{run.config.preprocessing}”."
    if run.config.validation:
        text += f" The last {run.config.validation:,} of the training digits are held out."
    if run.config.training_digits:
        text += f" Of the others, {run.config.training_digits:,} are learned, chosen at random."
    if run.config.wrong_labels:
        text += f" Of these, {100 * run.config.wrong_labels:g} % are learned as another digit."
    return text


def _about_pictures(config: TrainingConfig) -> str:
    text = "The 784 weights of each digit as a picture: blue speaks for the digit, red against it."
    if config.preprocessing is Preprocessing.DIRECTIONS:
        text += " With this input they are 7 × 7 blocks of 4 × 4, one number for each of 16 directions."
    return text


def _recorded(report: str) -> str:
    """Have the function also keep what it prints, for the curve."""
    return "curve = []\n\n" + report + "    curve.append((step, float(accuracy(test_X, test_labels))))\n"


TEXT, CODE = True, False

MODEL_TEXT = """\
## The model

The logit of a digit is a weighted sum of the 784 inputs. Softmax turns the ten logits into
probabilities, and the likeliest digit is the answer.
"""

TRAINING_TEXT = """\
## The training

Each step takes a batch of digits, asks the model for their probabilities `p`, and moves the weights
a little against the gradient of the mean cross-entropy, which is `p - y` times the inputs.
"""

CURVE_TEXT = """\
## The curve

Most of the learning happens in the first steps, so the axis of steps is logarithmic.
"""

END_TEXT = """\
The intervals say how sure each accuracy is by itself. Both models read the *same* digits, so
McNemar's test is the sharper comparison: a small p means that chance alone would rarely make such a
difference. The price of the hidden layer is thirteen times as many numbers, and ten pictures that
can no longer simply be looked at.
"""

CURVE = """\
steps, accuracies = zip(*curve)
plt.plot([max(step, 0.5) for step in steps], accuracies, marker=".")
plt.xscale("log")
plt.ylim(0, 100)
plt.xlabel("step")
plt.ylabel("test accuracy, %")
plt.show()
"""

PICTURES = """\
end = W.abs().quantile(0.99)
figure, axes = plt.subplots(1, 10, figsize=(15, 2))
for digit, axis in enumerate(axes):
    axis.imshow(W[digit].view(28, 28), cmap="RdBu", vmin=-end, vmax=end)
    axis.set_title(str(digit))
    axis.axis("off")
plt.show()
"""

HIDDEN_TEXT = """\
## What would a hidden layer buy?

Between the inputs and the ten logits we now put 128 units, each a weighted sum of the inputs of
which only the positive part goes on. To be fair, one layer is trained beside it in exactly the same
way: the same digits in the same order, batches of 100, learning rate 0.1, ten epochs. This takes
less than a minute.
"""

HIDDEN_MODELS = """\
torch.manual_seed(seed)  # a hidden layer cannot begin at zero: all of its units would stay the same
models = {
    "one layer": torch.nn.Linear(784, 10),
    "a hidden layer": torch.nn.Sequential(
        torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)
    ),
}
for name, model in models.items():
    print(f"{name}: {sum(numbers.numel() for numbers in model.parameters()):,} numbers")
"""

HIDDEN_TRAINING = """\
batch_size, epochs = 100, 10
right = {}  # which of the test digits each model reads correctly
for name, model in models.items():
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for batch in batches(len(X)):
        loss = torch.nn.functional.cross_entropy(model(X[batch]), train_labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right[name] = model(test_X).argmax(dim=1) == test_labels
    print(f"{name}: {100 * right[name].double().mean():.2f} % of the test digits")
"""

COMPARE_TEXT = """\
### Is that really better?

Other test digits would give other accuracies. The 95 % interval of Wilson (1927) holds those that
the measured one does not contradict. McNemar's test (1947) looks at the digits that only one of the
two models reads: if both were equally good, each of these would go to either model as by the toss
of a coin.
"""

WILSON = """\
def wilson(share, count, z=1.96):
    centre = share + z**2 / (2 * count)
    reach = z * math.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    return [100 * (centre + side * reach) / (1 + z**2 / count) for side in (-1, 1)]


for name, own in right.items():
    low, high = wilson(float(own.double().mean()), len(own))
    print(f"{name}: {100 * own.double().mean():.2f} %, 95 % interval {low:.2f} to {high:.2f} %")
"""

MCNEMAR = """\
one, hidden = right.values()
only_one, only_hidden = int((one & ~hidden).sum()), int((hidden & ~one).sum())
n, k = only_one + only_hidden, min(only_one, only_hidden)
p = min(1, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n)
print(f"Only one layer reads {only_one} of the test digits, only the hidden layer {only_hidden}: p = {p:.2g}")
"""
