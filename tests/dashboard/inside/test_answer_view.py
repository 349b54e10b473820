"""What an answer shows can be checked by hand: each sum and each power, from the digits on the page alone."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
import torch
from streamlit.testing.v1 import AppTest

from dashboard.inside.words import describe_limits, describe_smallest_change
from dashboard.ui.text import percent
from mnist_core import Digits, Preprocessing, SoftmaxRegressor
from mnist_core.inference.attribution import explain_preprocessed
from mnist_core.inference.smallest_change import SmallestChange, smallest_change
from mnist_core.preprocessing.cache import preprocessed_digits
from tests.dashboard.page import texts

MINUS, SPACE = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"

Open = Callable[..., AppTest]


def _page(model: object, digits: object) -> None:  # runs on its own, without the imports above
    from dashboard.inside.answer_view import render_answer

    render_answer(model, digits)  # type: ignore[arg-type]


@pytest.fixture
def answer(sample: Digits, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Open:
    """Open the answer of a model with random weights of a certain size."""
    monkeypatch.setenv("DIGIT_LAB_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))

    def open_answer(size: float, number: int = 3, how: Preprocessing = Preprocessing.RAW) -> AppTest:
        model = _model(size, how)
        page = AppTest.from_function(_page, args=(model, sample), default_timeout=60)
        page.session_state["test_digit"] = number
        page.run()
        assert not page.exception
        return page

    return open_answer


def _model(size: float, how: Preprocessing = Preprocessing.RAW) -> SoftmaxRegressor:
    model = SoftmaxRegressor(how)
    draw = torch.Generator().manual_seed(7)
    torch.nn.init.normal_(model.linear.weight, std=size, generator=draw)
    torch.nn.init.normal_(model.linear.bias, std=size, generator=draw)
    return model


def _number(text: str) -> Decimal:
    return Decimal(re.sub(f"[,%{SPACE} ]", "", text).replace(MINUS, "-"))


def _table(page: AppTest, heading: str) -> tuple[list[str], dict[str, list[str]]]:
    """The headings and the rows of the table with a certain column."""
    (table,) = (html.value for html in page.html if f">{heading}</th>" in html.value)
    rows = {
        name: re.findall(r"<td>(.*?)</td>", cells)
        for name, cells in re.findall(r'<th scope="row">(.+?)</th>(.+?)</tr>', table)
    }
    return re.findall(r'<th scope="col">(.*?)</th>', table), rows


def _rounded(computed: Decimal, shown: str) -> Decimal:
    """Round to as many decimals as are shown."""
    return computed.quantize(_number(shown))


def _said(page: AppTest, pattern: str) -> re.Match[str]:
    (found,) = (match for text in page.markdown if (match := re.search(pattern, text.value)))
    return found


@pytest.mark.parametrize(("size", "number"), [(0, 0), (0.05, 8), (0.2, 13), (0.2, 121), (50, 3)])
def test_the_table_agrees_with_itself_to_the_last_digit(answer: Open, size: float, number: int) -> None:
    page = answer(size, number)
    headings, rows = _table(page, "logit")
    total = rows.pop("sum")[3]
    sign, largest = re.findall(rf"<sup>logit ([+{MINUS}]) ([\d.]+)</sup>", headings[4])[0]
    shift = _number(largest) if sign == "+" else -_number(largest)
    assert list(rows) == [str(digit) for digit in range(10)]
    assert -shift == max(_number(cells[2]) for cells in rows.values())
    assert _number(total) == sum(_number(cells[3]) for cells in rows.values())
    for evidence, bias, logit, power, share in rows.values():
        assert _number(evidence) + _number(bias) == _number(logit)
        assert _rounded((_number(logit) + shift).exp(), power) == _number(power)
        computed = 100 * _number(power) / _number(total)
        if share == f"over 99.9{SPACE}%":
            assert computed > Decimal("99.9")
        else:
            assert _rounded(computed, share) == _number(share)


@pytest.mark.parametrize(
    ("size", "how"), [(0.05, Preprocessing.RAW), (0.05, Preprocessing.DIRECTIONS), (1, Preprocessing.RAW)]
)
def test_the_table_is_that_of_the_model(
    answer: Open, sample: Digits, size: float, how: Preprocessing
) -> None:
    """Each number is at most one off in its last digit, and the shares are right."""
    image = preprocessed_digits(sample, how).test.images[8]  # alone, a pixel may come out a level higher
    explanation = explain_preprocessed(_model(size, how), image)
    _, rows = _table(answer(size, 8, how), "logit")
    for digit in range(10):
        evidence, bias, logit, _, share = rows[str(digit)]
        for shown, exact in (
            (evidence, explanation.sums[digit]),
            (bias, explanation.bias[digit]),
            (logit, explanation.logits[digit]),
        ):
            one = 10 ** -len(shown.partition(".")[2])
            assert float(_number(shown)) == pytest.approx(float(exact), abs=1.01 * one)
        exact_share = float(explanation.probabilities[digit])
        assert share in (percent(exact_share), f"over 99.9{SPACE}%")


@pytest.mark.parametrize("size", [0.2, 50])
def test_a_margin_adds_up_and_is_the_difference_of_the_logits_in_the_table(answer: Open, size: float) -> None:
    page = answer(size)
    _, logits = _table(page, "logit")
    for digit, rival in ((page.selectbox[0].value, page.selectbox[1].value), (9, 0)):
        page.selectbox[0].set_value(digit)
        page.selectbox[1].set_value(rival).run()
        *terms, total = (_number(cells[0]) for cells in _table(page, "adds")[1].values())
        assert sum(terms) == total
        assert terms[0] >= 0 >= terms[1]
        assert terms[2] == _number(logits[str(digit)][1]) - _number(logits[str(rival)][1])
        assert total == _number(logits[str(digit)][2]) - _number(logits[str(rival)][2])


@pytest.mark.parametrize("size", [0, 0.05, 0.2, 1, 50])
def test_the_power_of_a_margin_is_that_of_the_digits_shown(answer: Open, size: float) -> None:
    page = answer(size)
    said = _said(
        page, r"^e\^([\d.]+) is about (.+): the model considers (\d) about (.+) times as likely as (\d)"
    )
    lead, times, again = _number(said[1]), said[2], said[4]
    assert times == again
    assert lead == abs([_number(cells[0]) for cells in _table(page, "adds")[1].values()][-1])
    assert [said[3], said[5]] == [str(box.value) for box in page.selectbox]
    mantissa, power, exponent = re.sub(f"[,{SPACE}]", "", times).partition("×10")
    exponent = exponent.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))
    shown = Decimal(mantissa).scaleb(int(exponent or 0))
    computed = lead.exp()
    assert abs(shown - computed) <= Decimal("0.05").scaleb(computed.adjusted())
    assert bool(power) == (computed >= 1_000_000)


def test_a_confidence_that_is_almost_certain_is_written_as_everywhere(answer: Open) -> None:
    _said(answer(50), rf"^\*\*Read as \d\*\* with over 99\.9{SPACE}% confidence")


def test_the_digit_that_is_shown_first_is_the_example_of_the_lesson(answer: Open, sample: Digits) -> None:
    page = AppTest.from_function(_page, args=(_model(0.05), sample), default_timeout=60).run()
    assert page.number_input(key="test_digit").value == 13


# The smallest change


@pytest.mark.parametrize("how", [Preprocessing.RAW, Preprocessing.DIRECTIONS])
def test_the_slider_adds_the_smallest_change_until_another_digit_is_read(
    answer: Open, how: Preprocessing, sample: Digits
) -> None:
    image = preprocessed_digits(sample, how).test.images[3]
    free, within = (smallest_change(_model(0.1, how), image, limits=limits) for limits in (False, True))
    assert free is not None
    assert within is not None
    page = answer(0.1, how=how)
    said = texts(page)
    assert f"= {free.length:.3g}$" in said
    assert f"{free.lead:.3g}}}{{{free.steepness:.3g}" in said
    assert f"the smallest change has the length {within.length:.3g}" in said
    assert f"{within.stopped} inputs stop at a limit" in said
    assert ("there need be no drawing that has these inputs" in said) == (how is Preprocessing.DIRECTIONS)
    equal = f"{min(free.digit, free.rival)} and {max(free.digit, free.rival)} are equally likely"
    assert f"Without limits, {equal}; from 0 to 255, " in said
    for share, digits in ((95, (free.digit, within.digit)), (105, (free.rival, within.rival))):
        page.slider(key="change_share").set_value(share).run()
        assert not page.exception
        read = re.findall(r"it is read as \*\*(\d)\*\*", texts(page))
        assert read == list(map(str, digits))


def test_a_model_that_knows_nothing_is_not_changed(answer: Open) -> None:
    assert not answer(0.0).slider


def test_the_words_name_the_nearest_digit_though_another_has_the_second_score() -> None:
    inputs = torch.full((28, 28), 0.5, dtype=torch.float64)
    change = SmallestChange(3, 5, 2.0, inputs, torch.full_like(inputs, 0.01))
    said = describe_smallest_change(change, 8, directions=False)
    assert "**How little would make it a 5?**" in said
    assert "The second-largest score is that of 8, but 5 is nearer" in said
    assert "nearer" not in describe_smallest_change(change, 5, directions=False)
    assert "no change makes it another digit" in describe_limits(change, None, 1.0, directions=False)
