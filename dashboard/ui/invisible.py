"""What the page does in the browser without showing anything: keys, sentences for screen readers, a cookie,
and a text that is kept for the next visit."""

from collections.abc import Collection
from pathlib import Path

import streamlit as st

from dashboard.ui.component import component, mount, rerun_only

_behaviour = st.components.v2.component(
    "digit_lab_page_behaviour", js=Path(__file__).with_name("page_behaviour.js").read_text(encoding="utf-8")
)


def render_page_behaviour(*, no_steps: Collection[str]) -> None:
    """Let space pause and resume, and close the drawer once training begins so that the curves are seen.

    `no_steps` are the keys of the URL that are no step of the browser's history if only they change.
    """
    _behaviour(key="page-behaviour", data={"no_steps": sorted(no_steps)}, height=1)


# What st.markdown and st.html show is put into the page anew with each change, and goes unannounced.
_sentence = component("live_region")


def render_live_region(text: str, *, key: str) -> None:
    """Show a sentence in place of the one before, and have it announced when the reader is idle."""
    mount(_sentence, key=key, data=text.encode())


# Python cannot set a cookie: Streamlit answers the browser over a websocket, which carries no headers.
_cookie = st.components.v2.component(
    "digit_lab_person_cookie",
    js="""
const MINE = /^[0-9a-f]{32}$/;
const YEAR = 365 * 24 * 60 * 60; // seconds
let known; // what another tab had put into the cookie, once Python knows of it

export default function ({ data, setStateValue }) {
  const cookies = document.cookie.split("; ").map((cookie) => cookie.split("="));
  const found = cookies.find(([name]) => name === data.name)?.[1];
  const path = new URL(".", document.baseURI).pathname;
  if (data.before && (!found || found === data.before)) {
    keep();
    for (const name of Object.keys(localStorage)) if (name.startsWith(path)) localStorage.removeItem(name);
    location.reload(); // nothing of the person before stays on the page
    return;
  }
  if (MINE.test(found) && found !== data.person && found !== known) {
    known = found;
    setStateValue("other", found);
    return;
  }
  keep();
  if (!document.cookie.includes(data.person)) setStateValue("refused", true);

  function keep() {
    // The folder of the page, so that a neighbour under another baseUrlPath does not get it.
    const secure = location.protocol === "https:" ? "; secure" : "";
    const sites = data.framed ? "samesite=none; secure; partitioned" : `samesite=strict${secure}`;
    document.cookie = `${data.name}=${data.person}; path=${path}; max-age=${YEAR}; ${sites}`;
  }
}
""",
)


def render_person_cookie(
    person: str, *, name: str, in_place_of: str = "", framed: bool = False
) -> tuple[str | None, bool]:
    """Keep a person's id in the cookie `name` for a year from now on.

    If the browser belonged to the person `in_place_of` until now, all that it kept for them goes, and the
    page is loaded anew. Where another tab has put another id there since this page was opened, that is left
    and returned instead. With `framed`, the cookie is kept in a frame of another site too. The second value
    is False once the browser is known to keep no cookies.
    """
    result = _cookie(
        key="person-cookie",
        data={"name": name, "person": person, "before": in_place_of, "framed": framed},
        on_other_change=rerun_only,
        on_refused_change=rerun_only,
    )
    other = result.get("other")
    return other if isinstance(other, str) and other != person else None, result.get("refused") is not True


_store = st.components.v2.component(
    "digit_lab_browser_store", js=Path(__file__).with_name("browser_store.js").read_text(encoding="utf-8")
)


def render_browser_store(content: str | None, *, name: str) -> object:
    """Have the browser keep a text under a name; return what it kept before, as long as `content` is None.

    An empty text removes what was kept. Returns None until the browser has answered, an empty text if it has
    kept nothing so far, and False where it cannot. What is returned may be anything: people can change what
    their browser keeps.
    """
    result = _store(
        key=f"store-{name}",
        data={"name": name, "content": content},
        on_content_change=rerun_only,
        height=1,
    )
    return result.get("content") if content is None else None
