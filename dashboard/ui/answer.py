"""The answer to a drawing: a digit, a sentence, bars and the evidence, also while the pen moves."""

import base64
import json
from dataclasses import dataclass, field

from torch import Tensor

from dashboard.ui.component import component, mount
from mnist_core import Preprocessing, SoftmaxRegressor
from mnist_core.inference.attribution import explain_preprocessed
from mnist_core.model import rank_digits
from mnist_core.model_file import model_to_bytes

_answer = component("answer", modules=["film"])
_pen_reader = component("pen_reader", modules=["reader"])
_HEIGHT = 312  # px, so that nothing below jumps when the answer's code comes


@dataclass(frozen=True, eq=False)
class Bars:
    """What the bars and the picture of the evidence show.

    Attributes:
        probabilities: (10,), summing to 1.
        evidence: (28, 28) float32, what each input adds to the lead of the likeliest digit over the second.
        directions: whether the inputs are directions.
    """

    probabilities: Tensor = field(repr=False)
    evidence: Tensor = field(repr=False)
    directions: bool

    @classmethod
    def of(cls, model: SoftmaxRegressor, preprocessed: Tensor) -> "Bars":
        """Let a model read an image, (28, 28) uint8, that is preprocessed already."""
        explanation = explain_preprocessed(model, preprocessed)
        first, second = explanation.ranking[:2]
        directions = model.preprocessing is Preprocessing.DIRECTIONS
        return cls(explanation.probabilities, explanation.margin(first, second).map, directions)


def render_answer(text: str, large: str, bars: Bars | None, *, drawing: int, key: str) -> None:
    """Show what a drawing is read as: a sentence, which is announced, and in large type a digit or two.

    While the pen moves, the browser shows in the same place what `render_pen_reader` reads. Once it is
    lifted, it waits for the answer to another `drawing`, a number that stands for what is on the board.
    """
    content: dict[str, object] = {"text": text, "large": large, "drawing": drawing, "evidence": None}
    shares = [0.0] * 10
    if bars is not None:
        shares = bars.probabilities.tolist()
        scale = 127 / bars.evidence.abs().max().clamp(min=1e-9)
        evidence = (bars.evidence * scale).round().char().numpy()
        content |= {
            "evidence": base64.b64encode(evidence.tobytes()).decode(),
            "directions": bars.directions,
        }
        content["first"], content["second"] = rank_digits(bars.probabilities)[:2].tolist()
    content["probabilities"] = shares
    mount(_answer, key=key, data=json.dumps(content, ensure_ascii=False).encode(), height=_HEIGHT)


def render_pen_reader(model: SoftmaxRegressor | None) -> None:
    """Let the browser read the board with a model while the pen moves; None leaves it to the server."""
    mount(_pen_reader, key="pen-reader", data=b"" if model is None else model_to_bytes(model))
