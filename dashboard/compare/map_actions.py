"""What a visitor can do with maps of settings: only the browser that began one may cancel or continue it."""

from dashboard import state
from dashboard.address import control_values
from dashboard.compare import state as compare_state
from dashboard.compare.map_words import describe_refusal
from dashboard.lab import shared
from dashboard.lab.setting_choices import describe_settings
from dashboard.lab.shown_sweep import ShownSweep
from dashboard.visitor import visitor
from mnist_core import Cell, Grid

GONE = "The map in this link is no longer on this server."
DAMAGED = "The map in this link is damaged, or not a map. A damaged file has been put aside."


def shown_map() -> ShownSweep | None:
    """The map that this page shows; None if there is none. What cannot be shown is said once."""
    sweep_id = compare_state.shown_map.get()
    if not sweep_id:
        return None
    try:
        return shared.sweep_registry().find(sweep_id)
    except KeyError:
        compare_state.map_notice.set(GONE)
    except (ValueError, OSError):
        compare_state.map_notice.set(DAMAGED)
    compare_state.shown_map.set("")
    return None


def show_newest_map() -> None:
    """Show the newest map of this visitor that is still there, if the page shows none."""
    if compare_state.shown_map.get():
        return
    for sweep_id in visitor().sweeps:
        try:
            shared.sweep_registry().find(sweep_id)
        except (KeyError, ValueError, OSError):
            continue
        compare_state.shown_map.set(sweep_id)
        return


def drawn_maps() -> list[ShownSweep]:
    """The maps being drawn that this page keeps alive: the one that it shows, and the visitor's own."""
    drawn = [shared.sweep_registry().drawn_for(visitor().id), shown_map()]
    return [sweep for sweep in drawn if sweep is not None and not sweep.state.ended]


def is_own(sweep: ShownSweep) -> bool:
    """Whether this visitor began the map, and so may cancel and continue it."""
    return sweep.id in visitor().sweeps


def begin_map(grid: Grid) -> None:
    """Begin a map and show it."""
    digits = shared.digits()
    if digits is None:
        return
    try:
        sweep = shared.sweep_registry().begin(grid, digits, owner=visitor().id)
    except ValueError as error:
        compare_state.map_notice.set(describe_refusal(error))
        return
    visitor().sweeps.add(sweep.id)
    compare_state.shown_map.set(sweep.id)
    compare_state.map_cell.set(None)
    compare_state.clicked_cell.set(None)
    compare_state.map_notice.set("")
    compare_state.page_is_stale.set(True)  # a newcomer's browser is to get a cookie


def cancel_map() -> None:
    """Cancel the map that is shown, and keep what is done."""
    sweep = shown_map()
    if sweep is not None and is_own(sweep):
        sweep.stop()
        sweep.join(1)
        compare_state.map_notice.set("")


def continue_map() -> None:
    """Draw what is missing of the map that is shown."""
    digits, sweep = shared.digits(), shown_map()
    if digits is None or sweep is None or not is_own(sweep):
        return
    try:
        shared.sweep_registry().continue_sweep(sweep, digits, owner=visitor().id)
    except ValueError as error:
        compare_state.map_notice.set(describe_refusal(error))
    else:
        compare_state.map_notice.set("")


def take_settings(cell: Cell) -> None:
    """Bring the settings of a cell into the sidebar."""
    sweep = shown_map()
    if sweep is None or cell not in sweep.grid.cells:
        return
    config = sweep.grid.config(cell)
    state.set_controls_next_run(control_values(config))
    compare_state.map_notice.set(
        f"The sidebar now has these settings: {describe_settings(config)}. Press Train to use them."
    )
    compare_state.page_is_stale.set(True)
