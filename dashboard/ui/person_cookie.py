"""The browser remembers who draws here, in a cookie: so kept drawings are there again at the next visit."""

import streamlit as st

from dashboard.ui.component import rerun_only

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
  if (MINE.test(found) && found !== data.person && found !== known) {
    known = found;
    setStateValue("other", found);
    return;
  }
  // The folder of the page, so that a neighbour under another baseUrlPath does not get it.
  const path = new URL(".", document.baseURI).pathname;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${data.name}=${data.person}; path=${path}; max-age=${YEAR}; samesite=strict${secure}`;
}
""",
)


def render_person_cookie(person: str, *, name: str) -> str | None:
    """Keep a person's id in the cookie `name` for a year from now on.

    Where another tab has put another id there since this page was opened, that is left and returned instead.
    """
    result = _cookie(key="person-cookie", data={"name": name, "person": person}, on_other_change=rerun_only)
    other = result.get("other")
    return other if isinstance(other, str) and other != person else None
