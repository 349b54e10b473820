"""A curve that a person sketches on a logarithmic axis: with the mouse, a finger or the keyboard."""

import json
from collections.abc import Callable, Sequence

from dashboard.ui.component import component, mount

_renderer = component("sketch")
HEIGHT = 300  # px


def render_sketch(
    steps: Sequence[int], values: Sequence[int] | None, *, start: int, key: str, label: str
) -> None:
    """Show axes with a handle at each step, to be moved from 0 to 100 %.

    `state.apply_click(key, sketched(len(steps)), take)` hands on the values after each change.

    Args:
        steps: where the handles are, ascending, the last at the end of the axis.
        values: where they stand at first, in percent; None puts them all at `start`.
        start: the value before the first step, in percent.
        key: of the component.
        label: what a screen reader calls the figure.
    """
    shown = [start] * len(steps) if values is None else list(values)
    if len(shown) != len(steps):
        raise ValueError(f"expected a value for each of {len(steps)} steps, got {len(shown)}")
    data = {"steps": list(steps), "values": shown, "start": start, "label": label, "height": HEIGHT}
    mount(_renderer, key=key, data=json.dumps(data).encode(), height=HEIGHT)


def sketched(count: int) -> Callable[[object], tuple[int, ...]]:
    """Make the function that reads the values of so many handles; it raises ValueError for others."""

    def read(value: object) -> tuple[int, ...]:
        if not isinstance(value, list) or len(value) != count:
            raise ValueError(f"expected {count} values, got {value!r:.80}")
        if not all(type(one) is int and 0 <= one <= 100 for one in value):
            raise ValueError(f"expected whole numbers from 0 to 100, got {value!r:.80}")
        return tuple(value)

    return read
