"""The Content-Security-Policy, as a browser enforces it."""

from tests.support.browser import Visit, usable

TRY = """() => {
    window.blocked = [];
    document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
    const elsewhere = "http://127.0.0.1:9/";
    fetch(elsewhere).catch(() => {});
    for (const [name, address] of [["img", "src"], ["script", "src"], ["iframe", "src"], ["object", "data"]])
        document.body.append(Object.assign(document.createElement(name), { [address]: elsewhere }));
}"""


def test_the_page_fetches_nothing_from_elsewhere(visit: Visit, lab: str) -> None:
    page = visit(lab, expected="Content Security Policy|ERR_BLOCKED_BY_CSP")
    usable(page)
    page.evaluate(TRY)
    page.wait_for_function("window.blocked.length >= 5")
    assert sorted(set(page.evaluate("window.blocked"))) == [
        "connect-src",
        "frame-src",
        "img-src",
        "object-src",
        "script-src-elem",
    ]
