"""The headers that every answer has."""

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
