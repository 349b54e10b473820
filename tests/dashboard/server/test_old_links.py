"""Links to a tab that has another name now."""

import pytest
from starlette.responses import PlainTextResponse

from dashboard.server.old_links import OldLinks
from tests.dashboard.server.asgi import ask

PAGE = PlainTextResponse("the page")


@pytest.mark.parametrize("space", ["+", "%20"])
def test_a_link_to_how_it_works_leads_to_the_lesson_and_keeps_the_rest(space: str) -> None:
    query = f"batch_size=50&tab=How{space}it{space}works&run=abc"
    status, headers, _ = ask(OldLinks(PAGE), query=query)
    assert status == 307
    assert headers["location"] == "?batch_size=50&run=abc&tab=Learn&learn=lesson"


@pytest.mark.parametrize(
    "query", ["", "tab=Learn&learn=lesson", "tab=Draw", "name=How+it+works", "\xff=%ff&&=;"]
)
def test_other_links_are_served_as_they_are(query: str) -> None:
    assert ask(OldLinks(PAGE), query=query)[2] == "the page"
