"""Teach it your handwriting: the model learns the kept drawings, and is tested on others."""

import streamlit as st

from dashboard import run_actions, state
from dashboard.address import open_run, show_run
from dashboard.draw import state as draw_state
from dashboard.lab import shared
from dashboard.lab.job import JobRefused
from dashboard.lab.personalized_runs import (
    FEWEST,
    Personalization,
    UnknownPersonalization,
    find_personalization,
    not_learned,
    personalized_run,
    save_personalization,
)
from dashboard.lab.run_job import RunJob
from dashboard.lab.setting_choices import control_values, describe_settings
from dashboard.ui.button import render_button
from dashboard.ui.text import escape, percent
from dashboard.visitor import visitor
from mnist_core.evaluation.mcnemar import Score, describe_comparison
from mnist_core.storage.file_store import new_id

GONE = "The run before this one is no longer on this server."


def personalize_shown_run() -> None:
    """Teach the model of the run that is shown the visitor's kept drawings, in a new run.

    A run that has learned drawings is not personalized again, because they could no longer test it: the new
    run begins where that one began. That one stays as it is, so it may be another person's.
    """
    digits, shown = shared.digits(), run_actions.shown_run()
    if digits is None or shown is None or not shown.state.ended or not shown.history:
        return
    personalization = find_personalization(shown.id)
    if isinstance(personalization, UnknownPersonalization):
        return
    run = shown if personalization is None else run_actions.find_run(personalization.before)
    if run is None:
        draw_state.kept_notice.set(f"{GONE} Open another run to teach it your handwriting.")
        return
    kept = visitor().drawings.kept
    try:
        result, learned = personalized_run(run, kept, digits)
        run_id = new_id()  # what it has learned is on disk before it is: no such run must ever be without
        save_personalization(run_id, learned)
        known = visitor().jobs.get(run.id)
        name = known.name if known and known.name else describe_settings(run.config)
        new = shared.jobs().add_run(
            result,
            visitor().jobs,
            run_id=run_id,
            name=f"{name} + your handwriting",
            replacing=state.may_go.get(),
        )
    except JobRefused as refusal:
        draw_state.kept_notice.set(str(refusal))
        return
    except ValueError as error:
        draw_state.kept_notice.set(f"These drawings cannot be learned: {escape(str(error))}.")
        return
    except OSError:
        draw_state.kept_notice.set("Your handwriting cannot be learned: the server cannot write to its disk.")
        return
    draw_state.kept_notice.set("")
    state.previous_run.set(run.id)
    show_run(new.id)
    state.set_controls_next_run(control_values(new.config))  # which Continue then goes on with


def go_back() -> None:
    """Show the run that was personalized; the result of that stays on the visitor's list."""
    shown = run_actions.shown_run()
    personalization = None if shown is None else find_personalization(shown.id)
    if not isinstance(personalization, Personalization):
        return
    run = run_actions.find_run(personalization.before)
    draw_state.kept_notice.set("" if run else GONE)
    if run:
        open_run(run)


BEFORE, AFTER = "the model before", "the personalized model"


def render_personalization(
    run: RunJob | None, personalization: Personalization | UnknownPersonalization | None
) -> None:
    """Offer to learn the kept drawings; if the run that is shown has done so, say what that changed."""
    drawings = visitor().drawings
    kept = drawings.kept
    st.markdown("**Your handwriting**")
    if drawings.unreadable:
        st.caption("This needs your kept drawings, which cannot be read right now.")
    elif isinstance(personalization, UnknownPersonalization):
        why = "is damaged" if personalization.damaged else "cannot be read right now"
        st.caption(
            f"This run has learned handwriting, but the record of what it learned {why}. Until it can be "
            "read, the result is not known and the run cannot learn again."
        )
        return
    elif personalization is None:
        _render_offer(len(kept))
    else:
        _render_result(personalization, new=len(not_learned(kept, personalization)))
    ready = run is not None and run.state.ended and bool(run.history) and shared.digits() is not None
    with st.container(horizontal=True, gap="small"):
        learn = render_button(
            "Teach it your handwriting" if personalization is None else "Teach it again",
            key="personalize",
            disabled=len(kept) < FEWEST or not ready,
            help="100 more steps, each with 20 of your drawings and 80 training digits. The result is a new "
            "run; the run before stays as it is.",
        )
        undo = personalization is not None and render_button(
            "Undo learning", key="undo-personalization", help="Shows the run before again."
        )
    if learn:
        personalize_shown_run()
        st.rerun()
    if undo:
        go_back()
        st.rerun()


def _render_offer(count: int) -> None:
    if count >= FEWEST:
        st.caption(
            f"The model can learn from your {count} drawings and is then tested on your handwriting: each "
            "drawing is read by a model that has not learned it."
        )
    else:
        st.caption(
            f"Keep {FEWEST} drawings or more, at least one of each digit if you can, and the model can learn "
            f"from them. So far there {'is' if count == 1 else 'are'} {count}."
        )


def _render_result(personalization: Personalization, *, new: int) -> None:
    own, test = personalization.own.comparison, personalization.test.comparison
    st.markdown(
        f"| read correctly | before | personalized |\n|---|---|---|\n"
        f"| {own.a.count} drawings | {_score(own.a)} | {_score(own.b)} |\n"
        f"| {test.a.count:,} test digits | {_score(test.a)} | {_score(test.b)} |\n"
    )
    drawings = "The class's drawings" if personalization.writers else "Your drawings"
    for what, comparison in ((drawings, own), ("Test digits", test)):
        text = describe_comparison(comparison, BEFORE, AFTER)
        st.markdown(f"*{what}:* {text[0].upper()}{text[1:]}")
    if personalization.writers:
        st.caption(
            f"In brackets: 95 % confidence intervals. The drawings are those of {personalization.writers} "
            "people of a class whose digits the model has not learned; it has learned those of the others."
        )
        return
    more = f" You have kept {new} since: teach it again to use them." if new else ""
    st.caption(
        "In brackets: 95 % confidence intervals. Each drawing was read by a model that had learned about "
        "four fifths of the drawings, but not this one. The model that is shown has learned all of them."
        + more
    )


def _score(score: Score) -> str:
    low, high = score.interval
    return f"{percent(score.accuracy)} ({100 * low:.1f} to {percent(high)})"
