"""The lesson's numbers against numpy, autograd and torch's batches, and against its own digits."""

import re
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

from dashboard.learn.words import Example, parts
from mnist_core import Digits, Metrics, Preprocessing, Progress, SoftmaxRegressor, TrainingConfig, explain

NUMBER = r"[-+]? ?(?:\d[\d,.{}]*)?(?: ?\\times )?(?:10\^\{-?\d+\})?"
RAISED = dict(zip(map(ord, "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"), "-0123456789", strict=True))


def exact(text: str) -> Decimal:
    """Read a number digit for digit, from a formula or a table."""
    text = re.sub(r"10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda match: f"10^{{{match[1].translate(RAISED)}}}", text)
    text = text.replace("\N{MINUS SIGN}", "-").replace("\N{MULTIPLICATION SIGN}", r"\times")
    text = re.sub("[*%,\N{NO-BREAK SPACE} ]", "", text.replace("{,}", ""))
    match = re.fullmatch(r"([-+]?[\d.]+)?(?:\\times)?(?:10\^\{(-?\d+)\})?", text)
    assert match, text
    return Decimal(match[1] or 1) * Decimal(10) ** Decimal(match[2] or 0)


def number(text: str) -> float:
    return float(exact(text))


def agrees(shown: str, computed: Decimal) -> bool:
    """Whether a number, rounded to the digits of the one that is shown, is that one."""
    value = exact(shown)
    if re.match(r"10\^|10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]", shown):  # a power of ten alone
        return abs(value.log10() - computed.log10()) <= Decimal("0.5")
    digits = re.sub(r"\D", "", re.split(r" ?\\times|.×", shown)[0]).lstrip("0")
    one = Decimal(1).scaleb(value.adjusted() - len(digits) + 1)  # one in the last digit
    return abs(value - computed) <= one / 2 + abs(computed) * Decimal("1e-15")


def table(text: list[str]) -> list[tuple[str, ...]]:
    """The rows of the table: digit, z, e^z, p, -ln p."""
    rows: list[tuple[str, ...]] = re.findall(
        r"^\| (.*) \| (.*) \| (.*) \| (.*) \| (.*) \|$", text[3].replace("**", ""), re.MULTILINE
    )
    return rows[2:]


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


def test_there_are_eleven_parts_in_order_and_nothing_is_left_to_fill_in(example: Example) -> None:
    text = parts(example)
    assert [part.splitlines()[0][:5] for part in text] == [f"## {n} "[:5] for n in range(1, 12)]
    assert "@" not in "".join(text)


def test_the_gap_and_the_smallest_change_are_those_of_the_run(
    example: Example, model: SoftmaxRegressor, sample: Digits
) -> None:
    *_, few, change = parts(example)
    assert "Your run reads 93.0&nbsp;% of the digits that it learned" in few
    assert "91.2&nbsp;% of the test digits" in few
    assert "This run reads" in parts(replace(example, own=False))[-2]
    w, b = model.linear.weight.detach().numpy(), model.linear.bias.detach().numpy()
    z = w @ (sample.test.images[3].numpy().ravel() / 255) + b
    digit = int(z.argmax())
    length = {
        other: (z[digit] - z[other]) / np.linalg.norm(w[digit] - w[other]) for other in {*range(10)} - {digit}
    }
    nearest = min(length, key=length.__getitem__)
    ((rival, far),) = re.findall(r"the nearest digit is (\d), at a distance of ([\d.]+\d)\.", change)
    assert int(rival) == nearest
    assert float(far) == pytest.approx(length[nearest], rel=0.006)
    untrained = _example(SoftmaxRegressor(), sample, None, TrainingConfig())
    assert "Your model knows nothing yet" in parts(untrained)[-1]


def test_the_row_of_pixels_is_the_one_with_most_ink(example: Example, sample: Digits) -> None:
    image = sample.test.images[3].numpy() / 255
    line, ink = re.findall(r"Row (\d+) of the test digit has the most ink: `(.*)`", parts(example)[0])[0]
    assert int(line) - 1 == image.sum(axis=1).argmax()
    np.testing.assert_allclose([float(pixel) for pixel in ink.split()], image[int(line) - 1], atol=0.005)


def test_the_table_is_what_numpy_computes(example: Example, model: SoftmaxRegressor, sample: Digits) -> None:
    w, b = model.linear.weight.detach().numpy(), model.linear.bias.detach().numpy()
    z = w @ (sample.test.images[3].numpy().ravel() / 255) + b
    p = np.exp(z) / np.exp(z).sum()
    rows = table(parts(example))
    assert [int(row[0]) for row in rows] == list(range(10))
    for column, expected in enumerate((z, np.exp(z), p, -np.log(p)), start=1):
        shown = [number(row[column]) for row in rows]
        np.testing.assert_allclose(shown, expected, rtol=0.006)


def test_the_logit_is_pixels_and_bias(example: Example, model: SoftmaxRegressor) -> None:
    evidence, bias, logit = re.findall(
        rf"underbrace{{({NUMBER})}}_{{xW}} \\underbrace{{({NUMBER})}}_{{b}} = ({NUMBER})$",
        parts(example)[2],
        re.MULTILINE,
    )[0]
    assert number(bias) == pytest.approx(model.linear.bias[example.label or 0].item(), rel=0.01)
    assert exact(evidence) + exact(bias) == exact(logit)


def test_the_loss_is_torch_s_cross_entropy(example: Example, model: SoftmaxRegressor, sample: Digits) -> None:
    logits = model(sample.test.images[3].view(1, 784) / 255)
    loss = F.cross_entropy(logits, sample.test.labels[3:4])
    shown = re.findall(rf"^-\\ln {NUMBER} \\approx ({NUMBER})$", parts(example)[4], re.MULTILINE)[0]
    assert number(shown) == pytest.approx(loss.item(), rel=0.006)


def test_the_weight_moves_as_autograd_says(example: Example, model: SoftmaxRegressor, sample: Digits) -> None:
    loss = F.cross_entropy(model(sample.test.images[3].view(1, 784) / 255), sample.test.labels[3:4])
    loss.backward()
    step = parts(example)[6]
    line, column = (int(place) - 1 for place in re.findall(r"row (\d+), column\s(\d+)", step)[0])
    gradient = model.linear.weight.grad
    assert gradient is not None
    moved = -0.5 * gradient[int(sample.test.labels[3]), 28 * line + column].item()
    assert number(re.findall(rf"^\\approx ({NUMBER})$", step, re.MULTILINE)[0]) == pytest.approx(
        moved, rel=0.006
    )


@pytest.mark.parametrize("batch_size", [1, 7, 300, 1000, 3999, 4000, 10_000])
def test_batches_are_those_of_torch_s_loader(
    model: SoftmaxRegressor, sample: Digits, batch_size: int
) -> None:
    batches = [len(batch) for batch in DataLoader(range(4_000), batch_size)]  # type: ignore[arg-type]
    text = parts(_example(model, sample, None, TrainingConfig(batch_size=batch_size, epochs=3)))
    if len(batches) == 1:
        assert "a single batch" in text[5]
    else:
        assert f"into {len(batches):,} batches" in text[5].replace("\n", " ")
    assert (f"the last of them with {batches[-1]:,}." in text[5]) == (len(set(batches)) > 1)
    assert f"= {3 * len(batches):,}".replace(",", "{,}") in text[7]


def test_an_untrained_model_gives_10_percent_each_and_the_loss_ln_10(sample: Digits) -> None:
    model = SoftmaxRegressor(Preprocessing.RAW)
    text = parts(_example(model, sample, None, TrainingConfig()))
    assert [row[1:] for row in table(text)] == [("0.0000", "1.000", "0.100", "2.30")] * 10
    assert "still zero" in text[1]
    assert r"-\ln 0.100 \approx 2.30" in text[4]
    assert "has not been trained yet" in text[8]


def test_a_run_is_told_with_its_numbers(example: Example) -> None:
    text = parts(example)
    assert "epoch 3.5, after 2,100 steps" in text[7]
    assert "training loss is now 0.250, its test loss 0.300" in text[7]
    assert r"\frac{912}{1{,}000} = 91.2" in text[8]


def test_a_drawing_is_what_it_is_taken_for_as_nobody_has_said(
    model: SoftmaxRegressor, sample: Digits
) -> None:
    explanation = explain(model, sample.test.images[3])
    drawn = Example(explanation, "your drawing", None, model, TrainingConfig(), 4_000, 1_000, None)
    answer = int(explanation.probabilities.argmax())
    assert f"If your drawing is a {answer}" in parts(drawn)[4]


def _trained(scale: float, how: Preprocessing) -> SoftmaxRegressor:
    model = SoftmaxRegressor(how)
    draw = torch.Generator().manual_seed(4)
    torch.nn.init.normal_(model.linear.weight, std=scale, generator=draw)
    torch.nn.init.normal_(model.linear.bias, std=scale, generator=draw)
    return model


@pytest.mark.parametrize("how", [Preprocessing.RAW, Preprocessing.DIRECTIONS])
@pytest.mark.parametrize("scale", [0, 0.02, 0.1, 0.3, 0.6, 2, 20, 200])
def test_each_number_follows_from_the_digits_that_are_shown_before_it(
    sample: Digits, scale: float, how: Preprocessing
) -> None:
    model = _trained(scale, how)
    for index in range(0, 200, 7):
        image, config = sample.test.images[index], TrainingConfig(learning_rate=0.2)
        label = int(sample.test.labels[index])
        text = parts(Example(explain(model, image), "the test digit", label, model, config, 4, 1, None))
        rows = table(text)
        for _, z, power, _, _ in rows:
            assert agrees(power, exact(z).exp())
        share, loss = rows[label][3:]
        power, total, p = re.findall(
            rf"frac{{({NUMBER})}}{{({NUMBER})}} \\approx ({NUMBER})$", text[3], re.MULTILINE
        )[0]
        assert agrees(total, sum((exact(row[2]) for row in rows), Decimal(0)))
        for _, _, power, share, loss in rows:
            assert agrees(share, exact(power) / exact(total))
            assert agrees(loss, -exact(share).ln())
        change = re.findall(rf"^\\approx ({NUMBER})$", text[6], re.MULTILINE)[0]
        rate, ink, p_again = re.findall(
            rf"^-({NUMBER}) \\cdot ({NUMBER}) \\cdot \(({NUMBER}) - 1\)", text[6], re.MULTILINE
        )[0]
        assert exact(p_again) == exact(p) == exact(rows[label][3])
        assert agrees(change, -exact(rate) * exact(ink) * (exact(p) - 1))


def test_the_test_accuracy_is_not_rounded(model: SoftmaxRegressor, sample: Digits) -> None:
    last = Progress(2_100, 3.5, Metrics(0.25, 0.93), Metrics(0.3, 0.9865), 1.0, model)
    text = parts(
        Example(explain(model, sample.test.images[3]), "it", 3, model, TrainingConfig(), 60_000, 10_000, last)
    )
    assert r"\frac{9{,}865}{10{,}000} = 98.65\,\%" in text[8]


def test_a_diverged_model_is_told_too(sample: Digits) -> None:
    model = SoftmaxRegressor(Preprocessing.RAW)
    torch.nn.init.normal_(model.linear.weight, std=1e30, generator=torch.Generator().manual_seed(0))
    assert "nan" not in "".join(parts(_example(model, sample, None, TrainingConfig())))
