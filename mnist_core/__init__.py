"""The core of Digit Lab: digits, a softmax regressor that learns them, and the reading of drawings."""

from mnist_core.background import State, TrainingRun
from mnist_core.canvas import image_from_canvas
from mnist_core.config import TrainingConfig
from mnist_core.data import Digits, Split, load_digits
from mnist_core.evaluation import Metrics, evaluate
from mnist_core.model import SoftmaxRegressor
from mnist_core.normalization import Normalization, normalize
from mnist_core.prediction import evidence, predict
from mnist_core.training import Progress, train

__all__ = [
    "Digits",
    "Metrics",
    "Normalization",
    "Progress",
    "SoftmaxRegressor",
    "Split",
    "State",
    "TrainingConfig",
    "TrainingRun",
    "evaluate",
    "evidence",
    "image_from_canvas",
    "load_digits",
    "normalize",
    "predict",
    "train",
]
