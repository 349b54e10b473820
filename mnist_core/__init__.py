"""The core of Digit Lab: digits, a softmax regressor that learns them, and the reading of drawings."""

from mnist_core.answers import Answers, mistakes, surest_first
from mnist_core.background import State, TrainingRun
from mnist_core.calibration import Calibration, calibration_of
from mnist_core.canvas import image_from_canvas
from mnist_core.config import TrainingConfig
from mnist_core.confusion import DigitScores, confusion_matrix, digit_scores
from mnist_core.data import Digits, Split, load_digits
from mnist_core.evaluation import Metrics, evaluate
from mnist_core.explanation import Explanation, Margin, explain
from mnist_core.model import SoftmaxRegressor
from mnist_core.normalization import Normalization, normalize
from mnist_core.prediction import evidence, predict
from mnist_core.reading import Reading, read
from mnist_core.training import Progress, train

__all__ = [
    "Answers",
    "Calibration",
    "DigitScores",
    "Digits",
    "Explanation",
    "Margin",
    "Metrics",
    "Normalization",
    "Progress",
    "Reading",
    "SoftmaxRegressor",
    "Split",
    "State",
    "TrainingConfig",
    "TrainingRun",
    "calibration_of",
    "confusion_matrix",
    "digit_scores",
    "evaluate",
    "evidence",
    "explain",
    "image_from_canvas",
    "load_digits",
    "mistakes",
    "normalize",
    "predict",
    "read",
    "surest_first",
    "train",
]
