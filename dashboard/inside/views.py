"""The views of Look inside, by the names that the page shows."""

WEIGHTS, ANSWER, MISTAKES, CONFIDENCE = VIEWS = ("Weights", "Answer", "Mistakes", "Confidence")
