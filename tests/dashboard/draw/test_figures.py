"""The bars for the probabilities of the ten digits."""

import plotly.graph_objects as go

from dashboard.draw.figures import probability_bars


def test_plotly_accepts_the_bars() -> None:
    for probabilities in ([0.1] * 10, [0.0] * 10, [1.0, *[0.0] * 9]):
        figure = probability_bars(probabilities)
        go.Figure(figure["data"], figure["layout"])  # raises an error for what it does not know


def test_the_largest_bar_alone_has_the_accent_colour() -> None:
    (bars,) = probability_bars([0.05, 0.7, 0.25, *[0.0] * 7])["data"]
    accent = bars["marker"]["color"][1]
    assert bars["marker"]["color"].count(accent) == 1
    assert bars["text"] == ["5", "70", "25", *[""] * 7]
    assert bars["y"] == [5, 70, 25, *[0] * 7]


def test_a_full_bar_and_its_number_have_room() -> None:
    low, high = probability_bars([1.0, *[0.0] * 9])["layout"]["yaxis"]["range"]
    assert low == 0
    assert high > 105
