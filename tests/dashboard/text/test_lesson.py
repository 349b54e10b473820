"""The lesson's numbers against numpy, autograd and torch's own batches."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

from dashboard.text.lesson import Example, steps
from mnist_core import Digits, Metrics, Preprocessing, Progress, SoftmaxRegressor, TrainingConfig, explain

NUMBER = r"[-\u2212+]? ?\d[\d,.]*(?: ?\\times 10\^\{-?\d+\})?"


def number(text: str) -> float:
    text = text.replace("\N{MINUS SIGN}", "-").replace("{,}", "").replace(",", "").replace(" ", "")
    mantissa, _, exponent = text.strip("$*%\N{NO-BREAK SPACE}").partition(r"\times10^{")
    return float(mantissa) * 10 ** float(exponent.strip("}") or 0)


@pytest.fixture
def model() -> SoftmaxRegressor:
    model = SoftmaxRegressor(Preprocessing.RAW)
    draw = torch.Generator().manual_seed(1)
    torch.nn.init.normal_(model.linear.weight, std=0.1, generator=draw)
    torch.nn.init.normal_(model.linear.bias, generator=draw)
    return model


@pytest.fixture
def example(model: SoftmaxRegressor, sample: Digits) -> Example:
    last = Progress(2_100, 3.5, Metrics(0.25, 0.93), Metrics(0.3, 0.912), 1.0, model)
    return _example(model, sample, last, TrainingConfig(batch_size=300, learning_rate=0.5, epochs=7))


def _example(
    model: SoftmaxRegressor, sample: Digits, last: Progress | None, config: TrainingConfig
) -> Example:
    return Example(
        explanation=explain(model, sample.test.images[3]),
        name="the test digit",
        label=int(sample.test.labels[3]),
        model=model,
        config=config,
        training_digits=len(sample.train),
        test_digits=len(sample.test),
        last=last,
    )


def test_there_are_nine_steps_in_order_and_nothing_is_left_to_fill_in(example: Example) -> None:
    told = steps(example)
    assert [step.splitlines()[0][:5] for step in told] == [f"## {n} " for n in range(1, 10)]
    assert "@" not in "".join(told)


def test_the_row_of_pixels_is_the_one_with_most_ink(example: Example, sample: Digits) -> None:
    image = sample.test.images[3].numpy() / 255
    line, ink = re.findall(r"Line (\d+) of the test digit.*`(.*)`", steps(example)[0])[0]
    assert int(line) - 1 == image.sum(axis=1).argmax()
    np.testing.assert_allclose([float(pixel) for pixel in ink.split()], image[int(line) - 1], atol=0.005)


def test_the_table_is_what_numpy_computes(example: Example, model: SoftmaxRegressor, sample: Digits) -> None:
    w, b = model.linear.weight.detach().numpy(), model.linear.bias.detach().numpy()
    z = w @ (sample.test.images[3].numpy().ravel() / 255) + b
    p = np.exp(z) / np.exp(z).sum()
    rows = re.findall(r"^\| \**(\d)\** \| (.*) \| (.*) \| (.*) \| (.*) \|$", steps(example)[3], re.MULTILINE)
    assert [int(row[0]) for row in rows] == list(range(10))
    for column, expected in enumerate((z, np.exp(z), 100 * p, -np.log(p)), start=1):
        shown = [number(row[column]) for row in rows]
        np.testing.assert_allclose(shown, expected, rtol=0.006, atol=0.051 if column == 3 else 0)


def test_the_logit_is_pixels_and_bias(example: Example, model: SoftmaxRegressor) -> None:
    evidence, bias, logit = re.findall(
        rf"underbrace{{({NUMBER})}}_{{xW}} \\underbrace{{({NUMBER})}}_{{b}} = ({NUMBER})", steps(example)[2]
    )[0]
    assert number(bias) == pytest.approx(model.linear.bias[example.label or 0].item(), rel=0.01)
    assert number(evidence) + number(bias) == pytest.approx(number(logit), abs=0.02)


def test_the_loss_is_torch_s_cross_entropy(example: Example, model: SoftmaxRegressor, sample: Digits) -> None:
    logits = model(sample.test.images[3].view(1, 784) / 255)
    loss = F.cross_entropy(logits, sample.test.labels[3:4])
    shown = re.findall(rf"^-\\ln {NUMBER} = ({NUMBER})$", steps(example)[4], re.MULTILINE)[0]
    assert number(shown) == pytest.approx(loss.item(), rel=0.006)


def test_the_weight_moves_as_autograd_says(example: Example, model: SoftmaxRegressor, sample: Digits) -> None:
    loss = F.cross_entropy(model(sample.test.images[3].view(1, 784) / 255), sample.test.labels[3:4])
    loss.backward()
    step = steps(example)[6]
    line, column = (int(place) - 1 for place in re.findall(r"line (\d+), column (\d+)", step)[0])
    gradient = model.linear.weight.grad
    assert gradient is not None
    moved = -0.5 * gradient[int(sample.test.labels[3]), 28 * line + column].item()
    assert number(re.findall(rf"^= ({NUMBER})$", step, re.MULTILINE)[0]) == pytest.approx(moved, rel=0.006)


@pytest.mark.parametrize("batch_size", [1, 7, 300, 1000, 3999, 4000, 10_000])
def test_batches_are_those_of_torch_s_loader(
    model: SoftmaxRegressor, sample: Digits, batch_size: int
) -> None:
    batches = [len(batch) for batch in DataLoader(range(4_000), batch_size)]  # type: ignore[arg-type]
    told = steps(_example(model, sample, None, TrainingConfig(batch_size=batch_size, epochs=3)))
    if len(batches) == 1:
        assert "a single batch" in told[5]
    else:
        assert f"into {len(batches):,} batches" in told[5].replace("\n", " ")
    assert (f"the last with {batches[-1]:,}." in told[5]) == (len(set(batches)) > 1)
    assert f"= {3 * len(batches):,}".replace(",", "{,}") in told[7]


def test_an_untrained_model_gives_10_percent_each_and_the_loss_ln_10(sample: Digits) -> None:
    model = SoftmaxRegressor(Preprocessing.RAW)
    told = steps(_example(model, sample, None, TrainingConfig()))
    assert told[3].count("| 0 | 1.00 |") == 10
    assert len(re.findall(r"10\.0\s%", told[3])) == 10
    assert "nothing has been learned yet" in told[1]
    assert "= 2.30\n" in told[4]
    assert "Nothing has been learned yet" in told[8]


def test_a_run_is_told_with_its_numbers(example: Example) -> None:
    told = steps(example)
    assert "epoch 3.5, after 2,100 steps" in told[7]
    assert "training loss is 0.250 now, its test loss 0.300" in told[7]
    assert r"\frac{912}{1{,}000} = 91.2" in told[8]


def test_a_drawing_is_what_it_is_taken_for_as_nobody_has_said(
    model: SoftmaxRegressor, sample: Digits
) -> None:
    explanation = explain(model, sample.test.images[3])
    drawn = Example(explanation, "your drawing", None, model, TrainingConfig(), 4_000, 1_000, None)
    answer = int(explanation.probabilities.argmax())
    assert f"If your drawing is a {answer}" in steps(drawn)[4]


def test_a_diverged_model_is_told_too(sample: Digits) -> None:
    model = SoftmaxRegressor(Preprocessing.RAW)
    torch.nn.init.normal_(model.linear.weight, std=1e30, generator=torch.Generator().manual_seed(0))
    assert "nan" not in "".join(steps(_example(model, sample, None, TrainingConfig())))
