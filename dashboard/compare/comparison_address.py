"""What the tab Compare shows, as the address has it: compare=ID.ID,ID, and so on."""

import re
from collections.abc import Sequence

from dashboard import state
from dashboard.compare.figures import Part
from dashboard.state import RunIds
from dashboard.ui.learning_curves import ACCURACY, LOSS, Axis

MOST = 10  # rows that can be compared at once: so many colours there are
MOST_RUNS = 50
RUN_ID = re.compile(r"[0-9a-f]{32}")
QUANTITIES = {quantity.name: quantity for quantity in (ACCURACY, LOSS)}
DEFAULT_CURVES = ("accuracy", Part.TEST.value, Axis.EPOCH.name.lower())


def write_address(compared: Sequence[RunIds], baseline: RunIds) -> dict[str, str]:
    """Write what is shown; the curves only if they are not those at the start."""
    curves = (
        state.curve_quantity.get(),
        state.curve_part.get(),
        Axis(state.curve_axis.get()).name.lower(),
    )
    address = {
        "compare": ",".join(".".join(run_ids) for run_ids in compared),
        "baseline": ".".join(baseline),
        "pair": (state.pair_a.get() + state.pair_b.get()).replace("AB", ""),
        "curves": "" if curves == DEFAULT_CURVES else "-".join(curves),
    }
    return {name: value for name, value in address.items() if value}


def read_compared(address: dict[str, str]) -> tuple[RunIds, ...] | None:
    """Read the runs to compare; None if the address names none. What is not an id is left out."""
    if "compare" not in address:
        return None
    compared: list[RunIds] = []
    for part in address["compare"].split(",")[:MOST]:
        ids = _ids(part)
        if ids and sum(map(len, compared)) + len(ids) <= MOST_RUNS:
            compared.append(ids)
    return tuple(dict.fromkeys(compared))


def read_baseline(address: dict[str, str]) -> RunIds:
    """Read the runs that the others are compared with, which differ in their seed alone; none if not said."""
    return _ids(address.get("baseline", ""))[:MOST_RUNS]


def read_pair(address: dict[str, str]) -> tuple[str, str]:
    """Read which two runs the verdict is about, by their letters; the first two if it is not said."""
    pair = address.get("pair", "")
    return (pair[0], pair[1]) if re.fullmatch(r"[A-J]{2}", pair) else ("A", "B")


def read_curves(address: dict[str, str]) -> tuple[str, str, str]:
    """Read which curves to show: the values of the three controls. Unknown words mean those at the start."""
    quantity, part, axis = (*address.get("curves", "").split("-"), "", "", "")[:3]
    axes = {one.name.lower(): one.value for one in Axis}
    return (
        quantity if quantity in QUANTITIES else DEFAULT_CURVES[0],
        part if part in list(Part) else DEFAULT_CURVES[1],
        axes.get(axis, Axis.EPOCH.value),
    )


def _ids(text: str) -> RunIds:
    return tuple(dict.fromkeys(one for one in text.split(".") if RUN_ID.fullmatch(one)))
