"""A run as a script: plain PyTorch that trains it again from its seed and prints the same accuracies."""

import math
from dataclasses import fields

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import SOURCES
from mnist_core.preprocessing.preprocess import Preprocessing
from mnist_core.run_file import Run
from mnist_core.training.digits import count_to_learn
from mnist_core.training.loop import EARLY_STEPS

# The settings that the script has lines for. Another one that is not at its default refuses the export.
KNOWN = {
    "batch_size",
    "learning_rate",
    "epochs",
    "seed",
    "preprocessing",
    "reports_per_epoch",
    "validation",
    "training_digits",
    "wrong_labels",
    "early_reports",
}


def script_of(run: Run) -> str:
    """Write a run as a Python script of some 60 lines; ValueError says why there is none."""
    check_exportable(run)
    last = run.history[-1]
    parts = [
        f'"""A run of Digit Lab in plain PyTorch: one layer of weights learns to read handwritten digits.\n'
        f"First {_install(run)}\n"
        f'The run read {100 * last.test.accuracy:.2f} % of the test digits after {last.step:,} steps.\n"""\n',
        imports_of(run),
        settings_of(run.config),
        digits_of(run),
        MODEL,
        report_of(run.config),
        training_of(run),
    ]
    return "\n".join(parts)


def check_exportable(run: Run) -> None:
    """ValueError, with a sentence for a page, if a script could not train this run again."""
    check_settings(run.config)
    if run.source not in SOURCES:
        raise ValueError(
            f"This run learned the digits of {run.source}. A script is for everybody, and these are not."
        )
    if run.earlier:
        raise ValueError(
            "This run was continued or has learned handwriting since. A script trains a run that goes from "
            "its first step to its last with the same settings."
        )
    first = run.history[0]
    if first.step == 0 and bool(first.model.linear.weight.any()):
        raise ValueError("This run began from a model that was loaded. A script begins with weights of zero.")
    count = count_to_learn(run.config, SOURCES[run.source][0])
    for report in run.history:
        epoch, steps = divmod(report.step, math.ceil(count / run.config.batch_size))
        if abs(epoch + steps * run.config.batch_size / count - report.epoch) > 1e-9:
            raise ValueError(
                f"This run was at epoch {report.epoch:.4g} after {report.step:,} steps. "
                "A run with its settings never is if it begins with weights of zero, so a script could not "
                "train it again."
            )


def check_settings(config: TrainingConfig) -> None:
    """ValueError if a setting that the exports do not know is not at its default."""
    for field in fields(config):
        if field.name not in KNOWN and getattr(config, field.name) != field.default:
            raise ValueError(f"A run with the setting “{field.name}” cannot be exported yet.")


def needs_package(run: Run) -> bool:
    """Whether the script imports mnist_core."""
    return run.source == "sample" or run.config.preprocessing is not Preprocessing.RAW


def _install(run: Run) -> str:
    if needs_package(run):
        return "`pip install .` in the folder of Digit Lab, which brings mnist_core and PyTorch."
    return "`pip install torch torchvision numpy`."


def imports_of(run: Run) -> str:
    """Write the imports."""
    lines = ["import numpy as np", "import torch"]
    if run.source == "sample":
        lines.append("from PIL import Image")
    lines.append("from torch.nn.functional import one_hot")
    if run.source == "mnist":
        lines.append("from torchvision.datasets import MNIST")
    if needs_package(run):
        lines.append("")
    if run.config.preprocessing is not Preprocessing.RAW:
        lines.append("from mnist_core import preprocess")
    if run.source == "sample":
        lines.append("from mnist_core.data.dataset import SAMPLE")
    return "\n".join(lines) + "\n"


def settings_of(config: TrainingConfig) -> str:
    """Write the settings as assignments."""
    values = f"{config.batch_size}, {config.learning_rate!r}, {config.epochs}, {config.seed}"
    text = (
        f"batch_size, learning_rate, epochs, seed, reports_per_epoch = {values}, {config.reports_per_epoch}\n"
    )
    if config.early_reports:
        text += f"early_reports = {EARLY_STEPS}  # steps: most of the learning happens in the first\n"
    return text


def digits_of(run: Run) -> str:
    """Write how the digits become X and Y, those to learn from, and test_X and test_labels."""
    how, validation = run.config.preprocessing, run.config.validation
    if run.source == "sample":
        text = (
            "pixels = torch.tensor(np.array(Image.open(SAMPLE)))  # 50 rows of 100 digits, 0 to 9 ten times\n"
            "images = pixels.view(50, 28, 100, 28).transpose(1, 2).reshape(-1, 28, 28)\n"
            "train_images, test_images = images[:4000], images[4000:]\n"
            "train_labels, test_labels = torch.arange(10).repeat(500).split([4000, 1000])\n"
        )
    else:
        text = (
            'train, test = MNIST("data", train=True, download=True), MNIST("data", train=False)\n'
            "train_images, test_images = train.data, test.data  # (60000, 28, 28), (10000, 28, 28)\n"
            "train_labels, test_labels = train.targets, test.targets  # (60000,), (10000,)\n"
        )
    if how is not Preprocessing.RAW:
        both = f'preprocess(train_images, "{how}"), preprocess(test_images, "{how}")'
        text += f"train_images, test_images = {both}\n"
    text += "X, test_X = train_images.flatten(1) / 255, test_images.flatten(1) / 255  # ink, 0 to 1\n"
    if validation:
        text += (
            f"held_out_X, held_out_labels = X[-{validation}:], train_labels[-{validation}:]\n"
            f"X, train_labels = X[:-{validation}], train_labels[:-{validation}]\n"
        )
    text += _chosen(run.config, count_to_learn(run.config, SOURCES[run.source][0]))
    return text + "Y = one_hot(train_labels, 10)  # a 1 in the place of the digit\n"


def _chosen(config: TrainingConfig, learned: int) -> str:
    """Write which digits are learned, and which of them as another digit; nothing if it is all, and none."""
    wrong = round(config.wrong_labels * learned)
    if config.training_digits is None and not wrong:
        return ""
    text = (
        "chance = np.random.default_rng((seed, 0, 1))\n"
        f"order = torch.tensor(chance.permutation(len(X))[:{learned}])  # the digits to learn\n"
    )
    if wrong:
        shifts = f"torch.tensor(chance.integers(1, 10, {wrong}))"
        text += (
            f"wrong = order[:{wrong}]  # learned as another digit\n"
            f"train_labels[wrong] = (train_labels[wrong] + {shifts}) % 10\n"
        )
    return text + "X, train_labels = X[order.sort().values], train_labels[order.sort().values]\n"


MODEL = """\
W, b = torch.zeros(10, 784), torch.zeros(10)  # all that the model has: 7,850 numbers


def accuracy(X, labels):
    return 100 * ((X @ W.T + b).argmax(dim=1) == labels).double().mean()
"""


def report_of(config: TrainingConfig) -> str:
    """Write the function that prints how far the run has come."""
    validation = 'f", validation {accuracy(held_out_X, held_out_labels):.2f} %"'
    held_out = f"\n        {validation}" if config.validation else ""
    return f"""
def report(step, epoch):
    print(
        f"step {{step}}, epoch {{epoch:.2f}}: test {{accuracy(test_X, test_labels):.2f}} %, "
        f"training {{accuracy(X[:5000], train_labels[:5000]):.2f}} %"{held_out}
    )
"""


def training_of(run: Run) -> str:
    """Write the training itself, up to where the run was stopped."""
    early = " or step in early_reports" if run.config.early_reports else ""
    text = BATCHES
    if run.config.early_reports:
        text += "report(0, 0)\n"
    text += f"""\
for step, batch in enumerate(batches(len(X)), start=1):
    x, y = X[batch], Y[batch]
    p = (x @ W.T + b).softmax(dim=1)
    W -= learning_rate * (p - y).T @ x / len(batch)  # the gradient of the mean cross-entropy
    b -= learning_rate * (p - y).mean(dim=0)
    before, learned = learned, learned + len(batch)
    if learned * reports_per_epoch // len(X) > before * reports_per_epoch // len(X){early}:
        report(step, learned / len(X))
"""
    if not run.finished:
        text += f"    if step == {run.history[-1].step}:  # the run was stopped here\n        break\n"
    return text


BATCHES = """
def batches(count):
    for epoch in range(epochs):  # the order of an epoch depends on the seed and its number alone
        mixed = int(np.random.SeedSequence((seed, epoch)).generate_state(1, np.uint64)[0])
        order = torch.randperm(count, generator=torch.Generator().manual_seed(mixed))
        yield from order.split(batch_size)


learned = 0  # digits so far, each as often as it was learned
"""
