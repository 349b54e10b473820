"""What the buttons of "Teach it your hand" do: learn, and go back."""

from dashboard import run_actions, state
from dashboard.address import open_run, show_run
from dashboard.lab import shared
from dashboard.lab.personalized_runs import LearnedHand, drawing_key, learned_hand, note_hand
from dashboard.lab.setting_choices import in_words
from dashboard.lab.shown_run import ShownRun, ended_run
from dashboard.services.hand_lesson import taught_run
from dashboard.ui.markdown import escape
from dashboard.url_settings import control_values
from dashboard.visitor import visitor
from mnist_core.storage.file_store import new_id

GONE = "The run before this one is no longer on this server."


def learn_hand() -> None:
    """Teach the model of the run that is shown the visitor's kept drawings, in a new run of their own.

    A run that has learned drawings is not taught further, because they could no longer test it: the new run
    begins where that one began. The run that is taught stays as it is, so it may be another person's.
    """
    digits, shown = shared.digits(), run_actions.shown_run()
    if digits is None or shown is None or not shown.state.ended or not shown.history:
        return
    hand = learned_hand(shown.id)
    run = shown if hand is None else _find(hand.before)
    if run is None:
        state.kept_notice.set(f"{GONE} Open another run to teach it your hand.")
        return
    kept = visitor().drawings.kept
    try:
        taught, own, test = taught_run(run, kept, digits)
        new = shared.run_registry().copy(ended_run(new_id(), taught))
        note_hand(new.id, LearnedHand(run.id, frozenset(map(drawing_key, kept)), own, test))
    except ValueError as error:
        state.kept_notice.set(f"These drawings cannot be learned: {escape(str(error))}.")
        return
    except OSError:
        state.kept_notice.set("Your hand cannot be learned: the server cannot write to its disk.")
        return
    names = {listed.run_id: listed.name for listed in visitor().runs}
    visitor().runs.add(new.id, name=f"{names.get(run.id) or in_words(run.config)} + your hand")
    state.kept_notice.set("")
    state.previous_run.set(run.id)
    show_run(new.id)
    state.set_controls_next_run(control_values(new.config))  # which Continue then goes on with


def undo() -> None:
    """Show the run that was taught the hand; the one that learned it stays on the visitor's list."""
    shown = run_actions.shown_run()
    hand = None if shown is None else learned_hand(shown.id)
    if hand is None:
        return
    run = _find(hand.before)
    state.kept_notice.set("" if run else GONE)
    if run:
        open_run(run)


def _find(run_id: str) -> ShownRun | None:
    try:
        return shared.run_registry().find(run_id)
    except (KeyError, ValueError, OSError):
        return None
