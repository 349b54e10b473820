"""The tab Compare, as it is used: what it lists, says and writes into the address, and its buttons."""

import html
import json
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.address import chosen_settings
from dashboard.compare import state as compare_state
from dashboard.inside import state as inside_state
from dashboard.lab import shared
from dashboard.lab.job_files import run_files
from dashboard.lab.people import Person
from mnist_core import Digits, Run, TrainingConfig, compare, predict_test
from mnist_core.evaluation.mcnemar import describe_comparison
from mnist_core.storage.file_store import new_id
from tests.dashboard.page import button, go, metrics, open_page, press, rerun, sent, texts
from tests.dashboard.runs import LIMIT, OTHER, found_run, person, store

STAMPS = count(1.0)


def _compare(visitor: Person, **address: str) -> AppTest:
    return open_page(visitor, tab="Compare", **address)


def _table(page: AppTest) -> dict[str, Any]:
    """What the table was sent."""
    for one in page.get("bidi_component"):
        try:
            content = json.loads(one.proto.bytes)
        except ValueError:
            continue
        if "columns" in content:
            assert isinstance(content, dict)
            return content
    pytest.fail("there is no table")


def _rows(page: AppTest) -> dict[str, dict[str, Any]]:
    """The rows that are not a part of another, by their names."""
    return {row["name"]: row for row in _table(page)["rows"] if not row["parent"]}


def _cells(page: AppTest, name: str) -> dict[str, str]:
    """What the table says of a run, by column."""
    table = _table(page)
    return dict(zip(table["columns"], (cell["text"] for cell in _rows(page)[name]["cells"]), strict=True))


def _change(page: AppTest, **change: Any) -> AppTest:
    """Do something in the table: what is not named stays as it is."""
    table = _table(page)
    value = {"chosen": table["chosen"], "baseline": table["baseline"], "renamed": None} | change
    page.session_state["runs"] = {"click": {"value": value, "stamp": next(STAMPS)}}
    return rerun(page)


def _letters(page: AppTest) -> dict[str, str]:
    """The id of each row that is compared, by its letter."""
    return {row["letter"]: row["id"] for row in _table(page)["rows"] if row["letter"]}


def _finish(page: AppTest, owner: Person) -> AppTest:
    """Wait for the end of all runs of somebody."""
    for job in shared.jobs().active(listed.job_id for listed in owner.jobs):
        assert job.join(LIMIT)
    return rerun(page)


SLOW, FAST, HELD_OUT = (
    "batch 100 · rate 0.001 · raw",
    "batch 100 · rate 0.2 · raw",
    "batch 50 · rate 0.2 · raw",
)


# What is listed


def test_somebody_without_runs_is_told_what_comes_here(one: Person) -> None:
    page = _compare(one)
    assert "Every run that you train is listed here" in texts(page)
    assert "compare" not in page.query_params


def test_the_runs_of_the_browser_are_listed_and_nothing_of_others(
    one: Person, ids: dict[str, str], quick: dict[str, Run]
) -> None:
    foreign = store(quick["slow"], person(OTHER))
    page = _compare(one)
    assert list(_rows(page)) == [HELD_OUT, SLOW, FAST]
    assert foreign not in json.dumps(_table(page))
    assert list(_rows(_compare(person(OTHER)))) == [SLOW]


def test_only_settings_that_differ_have_a_column(one: Person, ids: dict[str, str]) -> None:
    columns = _table(_compare(one))["columns"]
    assert columns == ["batch", "rate", "test accuracy", "95 % interval", "validation", "loss", "seconds"]


def test_the_numbers_of_a_run_are_those_of_its_newest_report(
    one: Person, ids: dict[str, str], quick: dict[str, Run]
) -> None:
    page = _compare(one)
    last = quick["held out"].history[-1]
    cells = _cells(page, HELD_OUT)
    assert cells["test accuracy"] == f"{100 * last.test.accuracy:.1f}\N{NO-BREAK SPACE}%"
    assert cells["loss"] == f"{last.test.loss:.3f}"
    assert last.validation is not None
    assert cells["validation"] == f"{100 * last.validation.accuracy:.0f}\N{NO-BREAK SPACE}%"
    assert _cells(page, SLOW)["validation"] == "–"


def test_seeds_are_one_row_with_their_mean_spread_and_number(
    one: Person, ids: dict[str, str], quick: dict[str, Run]
) -> None:
    page = _compare(one)
    accuracies = [100 * quick[f"seed {seed}"].history[-1].test.accuracy for seed in range(3)]
    mean = sum(accuracies) / 3
    spread = (sum((accuracy - mean) ** 2 for accuracy in accuracies) / 2) ** 0.5
    cell = _rows(page)[FAST]["cells"][2]
    assert cell["text"] == f"{mean:.1f} ± {spread:.1f}\N{NO-BREAK SPACE}%"
    assert cell["small"] == "N = 3 seeds"
    parts = [row["name"] for row in _table(page)["rows"] if row["parent"]]
    assert parts == ["seed 0", "seed 1", "seed 2"]


def test_the_persons_own_drawings_get_a_column(one: Person, ids: dict[str, str], sample: Digits) -> None:
    from mnist_core.storage.drawings_zip import Drawing

    one.drawings.keep([Drawing(sample.test.images[0], int(sample.test.labels[0]))])
    assert _cells(_compare(one), SLOW)["your drawings"] in ("100\N{NO-BREAK SPACE}%", "0\N{NO-BREAK SPACE}%")


# What is compared


def test_at_first_the_newest_run_is_compared_with_the_one_before_it(one: Person, ids: dict[str, str]) -> None:
    page = _compare(one)
    assert _letters(page) == {"A": ids["held out"], "B": ids["slow"]}
    assert page.query_params["compare"] == f"{ids['slow']},{ids['held out']}"


def test_the_verdict_on_two_runs_is_that_of_the_core(
    one: Person, ids: dict[str, str], quick: dict[str, Run], sample: Digits
) -> None:
    page = _change(_compare(one), chosen=[ids["slow"], ids["seed 1"]])
    a, b = (predict_test(quick[name].history[-1].model, sample) for name in ("slow", "seed 1"))
    comparison = compare(a, b)
    assert describe_comparison(comparison, "A", "B") in texts(page)
    assert f"**{comparison.test.only_a:,} digits** that only A reads correctly" in texts(page)
    assert f"**{comparison.test.only_b:,} digits** that only B reads correctly" in texts(page)


def test_with_several_seeds_the_verdict_tells_the_mean_difference(one: Person, ids: dict[str, str]) -> None:
    page = _compare(one)
    page = _change(page, chosen=[_rows(page)[SLOW]["id"], _rows(page)[FAST]["id"]])
    assert "On average, B's accuracy is" in texts(page)
    assert "Of A there is only one seed" in texts(page)
    assert "With seed 0: " in texts(page)


def test_three_runs_are_told_apart_by_letters_and_two_of_them_judged(
    one: Person, ids: dict[str, str]
) -> None:
    page = _change(_compare(one), chosen=[ids["slow"], ids["held out"], ids["seed 0"]])
    assert _letters(page) == {"A": ids["held out"], "B": ids["slow"], "C": ids["seed 0"]}
    page.selectbox(key=compare_state.pair_a.key).set_value("C")
    rerun(page)
    assert "only C reads correctly" in texts(page)
    assert page.query_params["pair"] == "CB"


def test_one_chosen_run_is_compared_with_the_baseline(one: Person, ids: dict[str, str]) -> None:
    page = _change(_compare(one), chosen=[ids["held out"]], baseline=ids["slow"])
    assert _letters(page) == {"A": ids["held out"], "B": ids["slow"]}
    assert _cells(page, SLOW)["difference"] == "baseline"
    accuracies = [
        float(_cells(page, name)["test accuracy"].split("\N{NO-BREAK SPACE}")[0]) for name in (HELD_OUT, SLOW)
    ]
    # To the last digit that is shown: 92.4 to 93.0 is 0.6, whatever lies behind them.
    assert float(_cells(page, HELD_OUT)["difference"]) == pytest.approx(accuracies[0] - accuracies[1])


def test_one_chosen_run_alone_asks_for_a_second(one: Person, ids: dict[str, str]) -> None:
    assert "Choose a second run" in texts(_change(_compare(one), chosen=[ids["slow"]]))
    assert "Choose two runs" in texts(_change(_compare(one), chosen=[]))


def test_only_ten_runs_are_compared_at_once(one: Person, quick: dict[str, Run]) -> None:
    run_ids = [
        store(replace(quick["slow"], config=replace(quick["slow"].config, batch_size=10 + number)), one)
        for number in range(12)
    ]
    page = _change(_compare(one), chosen=run_ids)
    assert len(_letters(page)) == 10
    assert "Only the first 10 of the 12 runs chosen are compared" in texts(page)


def test_the_warning_counts_all_runs_and_points_to_the_way_out(one: Person, ids: dict[str, str]) -> None:
    page = _compare(one)
    assert "**5 runs** are compared on the same 1,000 test digits" in texts(page)
    assert "Choose by the validation accuracy instead" in texts(page)
    one.jobs.remove([ids["held out"]])
    assert "hold out digits under **More**" in texts(rerun(page))


# Names and the baseline


def test_a_name_is_kept_and_shown_as_it_was_written(one: Person, ids: dict[str, str]) -> None:
    page = _compare(one)
    _change(page, renamed=[ids["slow"], " <b>my</b>  *run* "])
    assert "<b>my</b> *run*" in _rows(page)
    heading = next(one.value for one in page.html if "versus" in one.value)
    assert html.escape("<b>my</b> *run*") in heading
    assert "<b>my</b>" not in heading


def test_a_group_shares_its_name(one: Person, ids: dict[str, str]) -> None:
    page = _compare(one)
    _change(page, renamed=[_rows(page)[FAST]["id"], "three"])
    assert [run.name for run in one.jobs if run.job_id != ids["slow"]] == ["", "three", "three", "three"]


def test_another_tab_and_another_server_show_the_same_list_names_and_baseline(
    one: Person, ids: dict[str, str]
) -> None:
    page = _compare(one)
    _change(page, renamed=[ids["slow"], "slow one"], baseline=ids["slow"])
    before = (list(_rows(page)), _table(page)["baseline"])
    other_tab = _compare(one)
    assert (list(_rows(other_tab)), _table(other_tab)["baseline"]) == before
    shared.reset()
    shared.digits_loader().wait(LIMIT)
    again = _compare(person(one.id))
    assert (list(_rows(again)), _table(again)["baseline"]) == before


# Links


def test_a_link_shows_another_person_the_same_comparison(one: Person, ids: dict[str, str]) -> None:
    page = _compare(one)
    _change(page, chosen=[ids["held out"], ids["slow"]], baseline=_rows(page)[FAST]["id"])
    page.segmented_control(key=compare_state.curve_quantity.key).set_value("loss")
    rerun(page)
    address = {name: str(page.query_params[name]) for name in ("compare", "baseline", "curves")}
    assert address["curves"] == "loss-test-epoch"
    visitor = _compare(person(OTHER), **address)
    assert _letters(visitor) == _letters(page)
    assert visitor.segmented_control(key=compare_state.curve_quantity.key).value == "loss"
    assert _rows(visitor)[SLOW]["note"] == "from a link"
    assert _cells(visitor, SLOW)["difference"] == _cells(page, SLOW)["difference"]
    assert len(person(OTHER).jobs) == 0


def test_back_shows_what_was_compared_before_and_a_late_request_does_not(
    one: Person, ids: dict[str, str]
) -> None:
    page = _compare(one)
    before = str(page.query_params["compare"])
    _change(page, chosen=[ids["held out"]])
    chosen = _letters(page)
    page.query_params["compare"] = before  # as a request has it that was sent before the new one was there
    assert _letters(rerun(page)) == chosen
    assert _letters(go(page, tab="Compare", compare=before)) == {"A": ids["held out"], "B": ids["slow"]}


def test_a_run_from_a_link_can_be_added_but_not_controlled(one: Person, ids: dict[str, str]) -> None:
    visitor = person(OTHER)
    page = press(_compare(visitor, compare=ids["slow"]), "Add to my runs")
    assert ids["slow"] in visitor.jobs
    assert not visitor.jobs.owns(ids["slow"])
    assert _rows(page)[SLOW]["note"] == "added from a link"
    assert button(page, "Add to my runs").disabled
    press(page, "Delete")
    assert ids["slow"] not in visitor.jobs
    assert run_files().path(ids["slow"]).exists()


def test_a_link_to_runs_that_are_gone_says_so(one: Person, ids: dict[str, str]) -> None:
    page = _compare(one, compare=f"{new_id()},{ids['slow']},{new_id()}")
    assert "2 of the chosen runs are no longer on this server" in texts(page)
    assert _letters(page) == {"A": ids["slow"]}


@pytest.mark.parametrize("text", ["<script>", "../../etc/passwd", "%00", "," * 500])
def test_a_hostile_link_is_harmless(one: Person, ids: dict[str, str], text: str) -> None:
    page = _compare(one, compare=text, baseline=text, pair=text, curves=text)
    assert list(_rows(page)) == [HELD_OUT, SLOW, FAST]
    assert text not in str(page.query_params)


# Deleting


def test_deleted_runs_are_gone_from_the_disk_at_once_and_undo_brings_them_back(
    one: Person, ids: dict[str, str]
) -> None:
    page = _compare(one)
    _change(page, chosen=[ids["slow"], _rows(page)[FAST]["id"]], renamed=[ids["slow"], "keep"])
    files = {run_id: run_files().path(run_id).read_bytes() for run_id in ids.values()}
    press(page, "Delete")
    assert list(_rows(page)) == [HELD_OUT]
    assert run_files().ids() == [ids["held out"]]
    press(page, "Undo delete")
    assert list(_rows(page)) == [HELD_OUT, "keep", FAST]
    assert {run_id: run_files().path(run_id).read_bytes() for run_id in ids.values()} == files
    assert button(page, "Undo delete").disabled


def test_what_is_chosen_when_delete_is_pressed_is_deleted_and_nothing_else(
    one: Person, ids: dict[str, str]
) -> None:
    page = _compare(one)
    _change(page, chosen=[ids["slow"], ids["held out"]])
    value = {"chosen": [ids["slow"]], "baseline": "", "renamed": None}
    page.session_state["runs"] = {"click": {"value": value, "stamp": next(STAMPS)}}
    press(page, "Delete")
    assert list(_rows(page)) == [HELD_OUT, FAST]


def test_undo_ends_when_something_else_is_done(one: Person, ids: dict[str, str]) -> None:
    page = _change(_compare(one), chosen=[ids["slow"]])
    press(page, "Delete")
    assert not button(page, "Undo delete").disabled
    _change(page, chosen=[ids["held out"]])
    assert button(page, "Undo delete").disabled
    assert not page.session_state[compare_state.deleted_jobs.key]


def test_a_visit_that_ends_takes_the_undo_with_it(one: Person, ids: dict[str, str]) -> None:
    page = _change(_compare(one), chosen=[ids["slow"]])
    press(page, "Delete")
    assert button(_compare(one), "Undo delete").disabled


def test_the_run_that_is_shown_can_be_deleted(one: Person, ids: dict[str, str]) -> None:
    page = _compare(one)
    assert page.query_params["run"] == ids["held out"]
    _change(page, chosen=[ids["held out"]])
    press(page, "Delete")
    assert "Not trained yet" in texts(page)
    press(page, "Undo delete")
    assert "Finished: " in texts(page)


def test_when_all_runs_are_deleted_undo_stays_and_the_header_forgets_them(
    one: Person, ids: dict[str, str]
) -> None:
    page = _compare(one)
    _change(page, chosen=[row["id"] for row in _rows(page).values()])
    press(page, "Delete")
    assert metrics(page)["Test accuracy"] == "–"
    assert "Not trained yet" in texts(page)
    assert f"{len(ids)} runs deleted." in sent(page)
    press(page, "Undo delete")
    assert list(_rows(page)) == [HELD_OUT, SLOW, FAST]
    assert metrics(page)["Test accuracy"] != "–"


# Five seeds


def test_five_seeds_of_a_run_become_one_row_and_equal_the_runs_alone(
    one: Person, ids: dict[str, str], quick: dict[str, Run], sample: Digits
) -> None:
    from mnist_core import train

    page = _change(_compare(one), chosen=[ids["slow"]])
    press(page, "Five seeds")
    assert button(page, "Five seeds").disabled
    _finish(page, one)
    row = _rows(page)[SLOW]
    assert row["cells"][2]["small"] == "N = 5 seeds"
    assert _letters(page) == {"A": row["id"]}
    for run_id in row["id"].split("."):
        run = found_run(run_id)
        alone = list(train(run.config, sample))
        assert run.history[-1].model.linear.weight.equal(alone[-1].model.linear.weight)
        assert run.config == replace(quick["slow"].config, seed=run.config.seed)
    assert sorted(found_run(run_id).config.seed for run_id in row["id"].split(".")) == [*range(5)]
    assert button(page, "Five seeds").disabled  # there are five


def test_two_settings_get_their_seeds_at_once(one: Person, ids: dict[str, str]) -> None:
    page = _compare(one)
    _change(page, chosen=[ids["slow"], _rows(page)[FAST]["id"]])
    press(page, "Five seeds")
    _finish(page, one)
    assert [_rows(page)[name]["cells"][2]["small"] for name in (SLOW, FAST)] == ["N = 5 seeds"] * 2
    assert "Over 5 seeds, A's accuracy is" in texts(page)


def test_the_settings_of_somebody_elses_run_get_five_seeds_of_ones_own(
    one: Person, ids: dict[str, str]
) -> None:
    visitor = person(OTHER)
    page = _compare(visitor, compare=ids["slow"])
    press(page, "Five seeds")
    _finish(page, visitor)
    own = [run.job_id for run in visitor.jobs]
    assert sorted(found_run(run_id).config.seed for run_id in own) == [*range(5)]
    assert all(map(visitor.jobs.owns, own))


@pytest.mark.parametrize("chosen", [[], ["slow", "held out", "seed 0"]])
def test_seeds_are_trained_for_one_or_two_settings(
    one: Person, ids: dict[str, str], chosen: list[str]
) -> None:
    page = _change(_compare(one), chosen=[ids[name] for name in chosen])
    assert button(page, "Five seeds").disabled


def test_runs_that_learn_behind_another_tab_are_kept_from_stopping(
    one: Person, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = _change(_compare(one), chosen=[ids["slow"]])
    press(page, "Five seeds")
    watched: list[str] = []
    monkeypatch.setattr("dashboard.lab.run_job.RunJob.watch", lambda run: watched.append(run.id))
    monkeypatch.setattr(
        "dashboard.compare.tab.learning_runs",
        lambda: [found_run(listed.job_id) for listed in one.jobs],
    )
    page.session_state["tab"] = "Train"
    rerun(page)
    assert set(watched) >= {listed.job_id for listed in one.jobs}
    _finish(page, one)


# Opening


def test_open_shows_the_run_with_its_settings_on_the_train_tab(one: Person, ids: dict[str, str]) -> None:
    page = _change(_compare(one), chosen=[ids["slow"]])
    press(page, "Open")
    assert page.query_params["run"] == ids["slow"]
    assert page.session_state["tab"] == "Train"
    config = page.session_state[chosen_settings.key]
    assert isinstance(config, TrainingConfig)
    assert config.learning_rate == 0.001


def test_a_digit_that_tells_two_runs_apart_is_explained_in_both_and_leads_to_look_inside(
    one: Person, ids: dict[str, str], quick: dict[str, Run], sample: Digits
) -> None:
    page = _change(_compare(one), chosen=[ids["slow"], ids["seed 0"]])
    shown = page.session_state[compare_state.only_b.key]
    a, b = (predict_test(quick[name].history[-1].model, sample) for name in ("slow", "seed 0"))
    assert set(shown) <= set(compare(a, b).only_b.tolist())
    page.session_state["only-b"] = {"click": {"value": 1, "stamp": next(STAMPS)}}
    rerun(page)
    number = shown[1]
    assert f"**Test digit {number}** is a {int(sample.test.labels[number])}" in texts(page)
    assert f"**A** reads it as **{int(a.predicted[number])}**" in texts(page)
    assert f"**B** reads it as **{int(b.predicted[number])}**" in texts(page)
    press(page, "Take apart in B")
    assert page.session_state["tab"] == "Look inside"
    assert page.query_params["run"] == ids["seed 0"]
    assert page.number_input(key=inside_state.test_digit.key).value == number
    assert f"**Read as {int(b.predicted[number])}**" in texts(page)
