"""The headers that every answer has."""

import pytest
from starlette.responses import PlainTextResponse

from dashboard.server.security_headers import SecurityHeaders
from tests.dashboard.server.asgi import ask


def test_every_answer_says_what_browsers_may_do() -> None:
    status, headers, body = ask(SecurityHeaders(PlainTextResponse("hello", 418, {"x-own": "kept"})))
    assert (status, body, headers["x-own"]) == (418, "hello", "kept")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'self'"
    assert policy["object-src"] == "'none'"
    assert not any("*" in where or "http" in where for where in policy.values())


def test_a_header_of_the_same_name_is_replaced_not_doubled() -> None:
    own = PlainTextResponse("hello", headers={"Referrer-Policy": "unsafe-url"})
    assert ask(SecurityHeaders(own))[1]["referrer-policy"] == "same-origin"


def test_only_named_sites_may_frame_the_page_and_cookies_become_those_of_a_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cookie = {"set-cookie": "_streamlit_xsrf=2|a|b|1; Path=/; SameSite=Lax"}
    own = PlainTextResponse("hello", headers=cookie)
    assert ask(SecurityHeaders(own))[1]["set-cookie"] == cookie["set-cookie"]
    monkeypatch.setenv("DIGIT_LAB_FRAME_ANCESTORS", "https://a.example https://*.b.example:8443")
    headers = ask(SecurityHeaders(own))[1]
    assert (
        "frame-ancestors 'self' https://a.example https://*.b.example:8443;"
        in headers["content-security-policy"]
    )
    assert headers["set-cookie"] == "_streamlit_xsrf=2|a|b|1; Path=/; SameSite=None; Secure; Partitioned"


@pytest.mark.parametrize("wrong", ["https://a.example; script-src *", "*", "'unsafe-inline'", "a,b"])
def test_what_is_no_origin_is_refused_at_the_start(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGIT_LAB_FRAME_ANCESTORS", wrong)
    with pytest.raises(ValueError, match="DIGIT_LAB_FRAME_ANCESTORS"):
        SecurityHeaders(PlainTextResponse("hello"))
