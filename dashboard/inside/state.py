"""What a session remembers of the tab Look inside."""

from dashboard.state import Entry

ANY = "any"  # of a filter: lets every digit pass

change = Entry("change_share", 100)  # percent of the smallest change
view = Entry("view", "Weights")
explained: Entry[str | None] = Entry("explained", None)
test_digit = Entry("test_digit", 0)
label: Entry[int | str] = Entry("label", ANY)
predicted: Entry[int | str] = Entry("predicted", ANY)
gallery: Entry[list[int]] = Entry("gallery_digits", [])  # the test digits that the gallery last showed
from_gallery = Entry("from_gallery", default=False)  # whether the test digit was opened from there
