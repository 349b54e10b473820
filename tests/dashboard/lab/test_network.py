"""The address that a room shows: one under which others really reach the server, or none."""

import pytest

from dashboard.lab import network
from dashboard.lab.network import address_for_others


@pytest.mark.parametrize(
    ("page", "listens_on", "expected"),
    [
        ("https://digits.example.org/lab/", "127.0.0.1", "https://digits.example.org/lab/"),  # a proxy
        ("http://192.0.2.5:8501/", None, "http://192.0.2.5:8501/"),
        ("http://localhost:8501/", "127.0.0.1", ""),
        ("http://127.0.0.1:8501/", "localhost", ""),
        ("http://localhost:8501/", "0.0.0.0", "http://192.0.2.7:8501/"),
        ("http://lab.localhost:8501/lab/", None, "http://192.0.2.7:8501/lab/"),
        ("http://localhost:8501/", "192.0.2.9", "http://192.0.2.9:8501/"),
    ],
)
def test_others_get_an_address_that_they_can_reach(
    monkeypatch: pytest.MonkeyPatch, page: str, listens_on: str | None, expected: str
) -> None:
    monkeypatch.setattr(network, "own_address", lambda: "192.0.2.7")
    assert address_for_others(page, listens_on) == expected


def test_without_a_network_there_is_no_address_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for nowhere in ("", "127.0.0.1"):
        monkeypatch.setattr(network, "own_address", lambda nowhere=nowhere: nowhere)
        assert address_for_others("http://localhost:8501/", None) == ""
