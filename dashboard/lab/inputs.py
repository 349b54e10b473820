"""The kinds of input: what the page says and draws of each, by its name in `Preprocessing`.

A new one needs its preprocessing, in mnist_core/preprocessing/preprocess.py, and its entry here.
"""

from dataclasses import dataclass

from mnist_core import Preprocessing


@dataclass(frozen=True)
class Input:
    """What the page says and draws of one kind of input.

    Attributes:
        choice: what it does to a digit, below the control that chooses it.
        stage: the same, under the picture of a drawing.
        comparison: what sets it apart from the input before it, after its name and a colon.
        steps: whose pictures lead to what the model gets, itself the last; none where nothing is done.
        is_directions: whether its numbers are strengths of edges, drawn as strokes, and not ink.
    """

    choice: str
    stage: str
    comparison: str
    steps: tuple[Preprocessing, ...]
    is_directions: bool = False


COUNTS = ("none", "one", "two", "three", "four", "five", "six", "seven")  # in words

INPUTS = {
    Preprocessing.RAW: Input(
        choice="The 784 pixels as they are, as in the article.",
        stage="as it was written",
        comparison="the 784 pixels as they were written. This is softmax regression as most articles "
        "teach it.",
        steps=(),
    ),
    Preprocessing.DESKEW: Input(
        choice="Each digit is set upright and centred first.",
        stage="sheared until it stands upright",
        comparison="the digit is sheared until it stands upright, and centred. A 1 that leans and a 1 that "
        "does not then have their ink on the same pixels.",
        steps=(Preprocessing.DESKEW,),
    ),
    Preprocessing.MOMENTS: Input(
        choice="Each digit is set upright and brought to one position and size.",
        stage="set upright and brought to one size",
        comparison="it is also brought to one width and height, so that small and large digits have their "
        "ink on the same pixels.",
        steps=(Preprocessing.MOMENTS,),
    ),
    Preprocessing.DIRECTIONS: Input(
        choice="Straighten and resize the digit, then describe which way its strokes run at 7 × 7 places.",
        stage="described by which way its strokes run at 7 × 7 places",
        comparison="the same, and then the pixels are replaced: at each of 7 × 7 places, 16 numbers say how "
        "strong the edges are in 16 directions, drawn here as a star. A pixel only says whether there is "
        "ink; a star also says which way the stroke runs, which no sum of weighted pixels can tell.",
        steps=(Preprocessing.MOMENTS, Preprocessing.DIRECTIONS),
        is_directions=True,
    ),
}
