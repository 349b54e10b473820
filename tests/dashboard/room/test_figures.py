"""The pictures of a class's guesses: counted against the guesses themselves."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

import pytest

from dashboard.room.figures import class_figure
from dashboard.room.guesses import Answer, Choice, Curve, Part

CURVE = Curve((1, 10, 100), 10)
SCALE = Choice("rate", {"0.1": "0.1", "0.5": "0.5", "1": "1"}, is_scale=True)
PICTURES = Choice("picture", {"a": "A, noise & more", "b": "B"})
PAIRS = Choice("pair", {f"{n}": f"pair {n}" for n in range(45)}, is_long=True)
MAP = Choice("rate", {f"{r}:{c}": "" for r in "12" for c in "ab"}, columns=("a", "b"), rows=("1", "2"))


def drawn(part: Part, votes: Sequence[Sequence[Answer]], width: int = 360, **more: object) -> ET.Element:
    html = class_figure(part, votes, width=width, label="what was guessed", **more)  # type: ignore[arg-type]
    return ET.fromstring(f"<div>{html}</div>")


def count(tree: ET.Element, tag: str, name: str) -> int:
    return sum(one.get("class") == name for one in tree.iter(tag))


def one(*options: str) -> Answer:
    return frozenset(options)


@pytest.mark.parametrize("people", [1, 2, 30, 60])
def test_each_guess_is_a_curve_a_dot_or_counted(people: int) -> None:
    curves = drawn(CURVE, [[(10, 20 + number % 40, 90) for number in range(people)]])
    assert count(curves, "polyline", "pale") == people
    assert count(curves, "polyline", "median") == (people > 2)
    dots = drawn(SCALE, [[one("0.5")] * people])
    assert count(dots, "circle", "dot") == people
    bars = drawn(PICTURES, [[one("b")] * people])
    assert [text.text for text in bars.iter("text")][-1] == str(people)
    marks = drawn(MAP, [[one("1:b")] * people])
    assert str(people) in [text.text for text in marks.iter("text")]


@pytest.mark.parametrize("width", [340, 720])
@pytest.mark.parametrize("part", [SCALE, PICTURES, PAIRS, MAP])
def test_nothing_is_drawn_outside_of_the_picture(part: Choice, width: int) -> None:
    votes = [one(option) for option in part.options for _ in range(30)]
    tree = drawn(part, [votes, votes], width, own=one("1"), result=one("1"))
    svg = next(tree.iter("svg"))
    right, low = float(svg.get("width") or 0), float(svg.get("height") or 0)
    for shape in tree.iter("circle"):
        x, y, r = (float(shape.get(name) or 0) for name in ("cx", "cy", "r"))
        assert r > 0
        assert 0 <= x - r < x + r <= right
        assert 0 <= y - r < y + r <= low
    for shape in tree.iter("rect"):
        x, y, wide, high = (float(shape.get(name) or 0) for name in ("x", "y", "width", "height"))
        assert 0 <= x < x + wide <= right
        assert 0 <= y < y + high <= low


def test_the_median_is_that_of_each_step() -> None:
    tree = drawn(CURVE, [[(0, 0, 0), (50, 10, 100), (100, 20, 100)]])
    (median,) = (line for line in tree.iter("polyline") if line.get("class") == "median")
    heights = [float(place.split(",")[1]) for place in str(median.get("points")).split()]
    lines = {text.text: float(text.get("y") or 0) - 4 for text in tree.iter("text") if "%" in str(text.text)}
    low, high = lines["0 %"], lines["100 %"]
    assert [round(100 * (low - height) / (low - high)) for height in heights] == [10, 50, 10, 100]


def test_the_own_guess_the_result_and_the_first_vote_are_marked() -> None:
    tree = drawn(PICTURES, [[one("a")], [one("b")]], own=one("b"), result=one("a"))
    assert [count(tree, "rect", name) for name in ("pale", "own", "result")] == [2, 1, 1]
    tree = drawn(SCALE, [[one("0.1")], [one("1")]], own=one("1"), result=one("0.5"))
    assert [count(tree, "circle", name) for name in ("pale", "own")] == [1, 1]
    tree = drawn(CURVE, [[(1, 2, 3)] * 3, [(4, 5, 6)]], own=(4, 5, 6), run=[(0, 10.0), (1, 12.0)])
    assert [count(tree, "polyline", name) for name in ("before", "own", "result")] == [1, 1, 1]


def test_a_long_list_shows_what_was_chosen_most_and_what_happened_and_counts_the_rest() -> None:
    tree = drawn(PAIRS, [[one("3"), one("3"), one("7")]], result=one("9"))
    texts = [str(text.text) for text in tree.iter("text")]
    assert texts == ["pair 3", "2", "pair 7", "1", "pair 9", "0"]
    tree = drawn(PAIRS, [[one("30")], [one(str(number)) for number in range(20)]])
    texts = [str(text.text) for text in tree.iter("text")]
    assert texts[-3:] == ["any other pair", "1", "12"]
    assert sum(int(text) for text in texts if text.isdecimal()) == 1 + 20


def test_the_number_on_each_disc_of_a_map_lies_within_it() -> None:
    tree = drawn(MAP, [[*[one("1:a")] * 60, one("2:b")]])
    assert min(float(disc.get("r") or 0) for disc in tree.iter("circle")) >= 7.4  # half of "11" in bold


def test_text_of_people_or_options_is_no_markup() -> None:
    html = class_figure(PICTURES, [[]], width=300, label='"><script>')
    assert "<script>" not in html
    assert "A, noise &amp; more" in html
