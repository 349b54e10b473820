"""The page as the tests use it: opened by somebody, pressed, and read."""

import json
from functools import partial
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import RerunData
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from dashboard import state
from dashboard.address import chosen_settings
from dashboard.lab.people import Person
from dashboard.lab.run_job import RunJob
from mnist_core import TrainingConfig
from tests.dashboard.runs import LIMIT, found_run, join
from tests.support.paths import PAGE


def open_page(visitor: Person | None = None, /, **address: str) -> AppTest:
    """Open the page in a session of its own, without a cookie unless somebody is named."""
    page = AppTest.from_file(str(PAGE), default_timeout=LIMIT)
    if visitor is not None:
        page.session_state[state.visitor.key] = visitor
    page.query_params |= address
    return rerun(page)


def rerun(page: AppTest) -> AppTest:
    """Run the script once more, which must not fail."""
    page.run()
    assert not page.exception, page.exception[0].message
    return page


def send_twice(page: AppTest) -> AppTest:
    """Send what the page shows twice, as a browser does that asks again before the first answer has come."""
    states = page._tree.get_widget_states()
    for _ in range(2):
        page._run(states)
        assert not page.exception, page.exception[0].message
    return page


def go(page: AppTest, **address: str) -> AppTest:
    """Go Back or Forward: the address has these values, or lacks them if empty, and the browser says why."""
    for name, value in address.items():
        page.query_params.pop(name, None)
        if value:
            page.query_params[name] = value
    with pytest.MonkeyPatch.context() as patch:
        back = partial(RerunData, is_history_navigation=True)
        patch.setattr("streamlit.testing.v1.local_script_runner.RerunData", back)
        return rerun(page)


def open_tab(page: AppTest, name: str) -> AppTest:
    """Turn to a tab."""
    page.session_state["tab"] = name
    return rerun(page)


def button(page: AppTest, label: str) -> Button:
    """Find a button by what it says."""
    (found,) = [one for one in page.button if one.label == label]
    return found


def labels(page: AppTest) -> set[str]:
    """What all buttons say."""
    return {one.label for one in page.button}


def press(page: AppTest, label: str) -> AppTest:
    """Press a button, which must be enabled."""
    pressed = button(page, label)
    assert not pressed.disabled
    pressed.click()
    return rerun(page)


def choice(page: AppTest, name: str) -> Any:
    """Find a choice that `state.set_choice` has set."""
    (found,) = [one for one in page.button_group if str(one.key).rpartition("-")[0] == name]
    return found


def shown(page: AppTest) -> RunJob:
    """The run in the address."""
    return found_run(str(page.query_params["run"]))


def finish(page: AppTest) -> RunJob:
    """Wait for the end of the run that is shown, and show it."""
    run = join(shown(page))
    rerun(page)
    return run


def texts(page: AppTest) -> str:
    """All sentences on the page."""
    boxes = (page.markdown, page.caption, page.info, page.warning, page.error)
    bars = [bar.proto.text for bar in page.get("progress")]
    return "\n".join([*(one.value for box in boxes for one in box), *bars])


def sent(page: AppTest) -> str:
    """All that is sent to components of our own."""
    parts = (one.proto.SerializeToString() for one in page.get("bidi_component"))
    return b"\n".join(parts).decode("utf-8", "replace")


def film(page: AppTest, key: str) -> dict[str, Any]:
    """What the browser is told of a film, but not its pictures."""
    films = (
        one.proto for one in page.get("bidi_component") if one.proto.component_name == "digit_lab_film_view"
    )
    (content,) = (one.bytes for one in films if one.id.endswith(key))
    return json.loads(content[4 : 4 + int.from_bytes(content[:4], "little")])  # type: ignore[no-any-return]


def metrics(page: AppTest) -> dict[str, str]:
    """The numbers above the tabs."""
    return {metric.label: metric.value for metric in page.metric}


def settings(page: AppTest) -> TrainingConfig:
    """The settings that the controls show."""
    config = page.session_state[chosen_settings.key]
    assert isinstance(config, TrainingConfig)
    return config
