"""Whether other people's code still has what contract.py lists, one test for each group of it."""

import ast
import re
from pathlib import Path

from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from mnist_core.data.download import ARCHIVE_SIZES
from mnist_core.data.torchvision_shim import import_torchvision
from tests.browser.contract import (
    BEHAVIOURS,
    CANVAS_BUTTONS,
    CANVAS_CLASSES,
    PLOTLY_CLASSES,
    TEST_IDS,
    THEME_VARIABLES,
)
from tests.support.browser import TAKES_STROKES, Visit, headline, open_tab, press, settled
from tests.support.paths import ROOT

SELDOM = {
    "stStatusWidget",
    "stExpandSidebarButton",
    "stHeaderActionElements",
    "stToolbarActions",
}  # not on each page: tested by themselves


def _sources() -> dict[str, str]:
    folder = ROOT / "dashboard"
    files = [path for kind in ("css", "js", "html") for path in sorted(folder.rglob(f"*.{kind}"))]
    return {str(path.relative_to(ROOT)): path.read_text() for path in files}


def _used(pattern: str) -> dict[str, set[str]]:
    """Find what our style sheets and scripts name by a pattern, and in which files."""
    used: dict[str, set[str]] = {}
    for file, source in _sources().items():
        for name in set(re.findall(pattern, source)):
            used.setdefault(name, set()).add(file)
    return used


def test_the_list_names_what_our_style_sheets_and_scripts_use_and_nothing_else() -> None:
    assert _used(r"data-testid=\"?([\w-]+)") == TEST_IDS
    assert sorted(_used(r"(?<![\w-])(--st-[\w-]+)")) == sorted(THEME_VARIABLES)
    assert _used(r"\.(dc-[\w-]+|lower-canvas|upper-canvas)") == CANVAS_CLASSES
    assert {
        name: files for name, files in _used(r"\.(\w+)").items() if name in PLOTLY_CLASSES
    } == PLOTLY_CLASSES
    for name, file in CANVAS_BUTTONS.items():
        assert name.replace("&", "&amp;" if file.endswith("html") else "&") in _sources()[file]


def test_each_behaviour_is_used_and_tested_where_the_list_says() -> None:
    for behaviour in BEHAVIOURS:
        file, _, test = behaviour.test.partition("::")
        tree = ast.parse((ROOT / "tests" / file).read_text())
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, behaviour
        assert (ROOT / behaviour.used_in).exists(), behaviour


def test_the_page_has_what_our_style_sheets_and_scripts_rely_on(
    visit: Visit, lab: str, trained_address: str
) -> None:
    page = visit(trained_address)
    expect(page.locator(".st-key-accuracy .main-svg")).not_to_have_count(0)
    _has_the_variables_of_the_theme(page)
    _serves_as_before(page, lab)
    _has_what_the_chart_relies_on(page)
    open_tab(page, "Look inside")
    expect(page.get_by_test_id("stColumn")).not_to_have_count(0)
    for name in TEST_IDS.keys() - SELDOM:
        expect(page.get_by_test_id(name)).not_to_have_count(0)
    expect(page.locator("[data-testid=stAppViewContainer] > [data-testid=stSidebar]")).to_have_count(1)
    assert "stStatusWidget" in _scripts_of_streamlit()
    page.get_by_test_id("stSidebarCollapseButton").locator("button").evaluate("button => button.click()")
    expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()
    expect(page.locator("[data-collapsed=true] ~ div .st-key-top")).to_have_count(1)  # page.css makes room
    page.get_by_test_id("stExpandSidebarButton").click()
    open_tab(page, "Draw")
    _has_what_the_board_relies_on(page)


def _scripts_of_streamlit() -> str:
    import streamlit

    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    return "".join(path.read_text() for path in folder.glob("index.*.js"))


def _has_the_variables_of_the_theme(page: Page) -> None:
    # Looked for and read in one go: if the page mounts the chart anew, the one before has no style any more.
    values: list[str] = page.wait_for_function(
        """names => {
            const chart = document.querySelector(".st-key-accuracy .chart:has(.main-svg)");
            return chart && names.map(name => getComputedStyle(chart).getPropertyValue(name).trim());
        }""",
        arg=THEME_VARIABLES,
    ).json_value()
    gone = [name for name, value in zip(THEME_VARIABLES, values, strict=True) if not value]
    assert gone == []
    colours = values[THEME_VARIABLES.index("--st-chart-categorical-colors")]
    assert len(re.split(r",(?![^(]*\))", colours)) == 10


def test_streamlit_writes_the_address_as_before(visit: Visit, trained_address: str) -> None:
    page = visit(trained_address)
    expect(headline(page)).to_contain_text("Finished")
    page.wait_for_url(re.compile("preprocessing=directions"))  # the settings of the run have been written
    settled(page)
    steps: int = page.evaluate("history.length")
    page.get_by_role("slider", name="Epochs").press("ArrowRight")
    page.wait_for_url(re.compile("epochs=11"))
    assert page.evaluate("history.length") == steps
    page.evaluate(
        """() => {
            const own = history.pushState;
            window.pushed = [];
            history.pushState = (...step) => { window.pushed.push(step[2]); own(...step); };
        }"""
    )
    press(page, "Make a copy to train on")
    expect(page.get_by_text("This is your own copy of the run.")).to_be_visible()
    page.wait_for_function("window.pushed.some(address => address.includes('run='))")
    page.wait_for_function("length => history.length === length", arg=steps + 1)
    page.go_back()
    expect(page.get_by_text("This run was begun in another browser.")).to_be_visible()


def _serves_as_before(page: Page, lab: str) -> None:
    html = page.request.get(lab, headers={"accept": "text/html"}).text()
    assert html.count("</body>") == 1
    assert ".st-key-draw" in html
    source = page.evaluate(
        """() => performance.getEntriesByType("resource").map(entry => entry.name)
            .find(name => name.includes("plotly.min.js"))"""
    )
    assert re.fullmatch(rf"{lab}/component/[\w.]+/plotly\.min\.js\?v=[\d.]+", source)


def in_the_main_part() -> None:
    import streamlit as st

    with st.sidebar, st._main:
        st.text("main")


def test_streamlit_names_the_main_part_of_the_page() -> None:
    app = AppTest.from_function(in_the_main_part).run()
    assert [text.value for text in app.main.text] == ["main"]
    assert not app.sidebar.text


def _has_what_the_board_relies_on(page: Page) -> None:
    host = page.locator(".st-key-board [data-testid=stBidiComponentIsolated]")
    expect(host.locator("canvas.upper-canvas")).to_be_visible()
    page.wait_for_function(TAKES_STROKES, arg=host.locator("canvas.upper-canvas").element_handle())
    for name in CANVAS_CLASSES:
        expect(host.locator(f".{name}")).not_to_have_count(0)
    for name in CANVAS_BUTTONS:
        expect(host.locator(f'.dc-toolbar [aria-label="{name}"]')).not_to_have_count(0)


def _has_what_the_chart_relies_on(page: Page) -> None:
    page.locator(".st-key-accuracy .nsewdrag").hover()
    label = page.locator(".st-key-accuracy .hoverlayer .hovertext")
    expect(label).not_to_have_count(0)
    expect(label.first.locator(".nums")).to_have_count(1)
    assert page.evaluate("['react', 'purge', 'downloadImage'].filter(name => !(name in Plotly))") == []
    assert page.evaluate("typeof document.querySelector('.chart-plot').on") == "function"
    page.mouse.move(0, 0)


def test_torchvision_has_what_the_download_relies_on() -> None:
    mnist = import_torchvision().datasets.MNIST
    assert all(mirror.startswith("http") for mirror in mnist.mirrors)
    assert {name for name, md5 in mnist.resources if len(md5) == 32} == set(ARCHIVE_SIZES)
