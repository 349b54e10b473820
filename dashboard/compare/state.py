"""What a session remembers of the tab Compare. A token is the ids of the runs of one row of the table."""

from dashboard.lab.job_registry import DeletedJob
from dashboard.state import Entry, RunIds
from mnist_core import Cell

RUNS, MAP = "Runs", "Map"
view = Entry("compare_view", RUNS)
# Whether a click has changed runs that the rest of the page may show. What its button returns does not tell:
# a button that the click disables returns False.
page_is_stale = Entry("page_is_stale", default=False)
deleted_jobs: Entry[tuple[DeletedJob, ...]] = Entry("deleted_jobs", ())  # that can still be brought back

# Runs.
compared: Entry[tuple[RunIds, ...] | None] = Entry("compared", None)  # None before the person has chosen
linked_baseline: Entry[RunIds] = Entry("linked_baseline", ())  # of another person, that a link compares with
notice = Entry("compare_notice", "")
curve_quantity = Entry("curve_quantity", "accuracy")
curve_part = Entry("curve_part", "test")
curve_axis = Entry("curve_axis", "epoch")
pair_a = Entry("pair_a", "A")  # the letters of the two runs that the verdict is about
pair_b = Entry("pair_b", "B")
only_a: Entry[list[int]] = Entry("only_a_digits", [])  # the test digits that the galleries last showed
only_b: Entry[list[int]] = Entry("only_b_digits", [])
most_different_digit: Entry[int | None] = Entry("most_different_digit", None)  # one of them, that was clicked

# Map.
shown_map = Entry("shown_map", "")  # the id of the map of settings that the page shows
map_cell: Entry[Cell | None] = Entry("map_cell", None)  # whose curve was opened
clicked_cell: Entry[Cell | None] = Entry("clicked_cell", None)  # that was last clicked on in a map
map_notice = Entry("map_notice", "")
