"""The core of Digit Lab: digits, a softmax regressor that learns them, and the reading of drawings.

Digits are loaded, a model is trained on them, and it reads test digits, photos and drawings:

    from mnist_core import TrainingConfig, load_digits, read_digit, train

    digits = load_digits()
    *_, last = train(TrainingConfig(learning_rate=0.5, preprocessing="directions"), digits)
    print(last.test.accuracy, read_digit(digits.test.images[0], last.model).digit)

Wherever a tensor is taken, so is a numpy array; paths may be strings. Values are checked when they are made:
a bad one raises ValueError, which says what was expected and what came.
"""

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Digits, Split, load_digits
from mnist_core.evaluation.calibration import Calibration, calibration_curve
from mnist_core.evaluation.confusion import confusion_matrix
from mnist_core.evaluation.mcnemar import Comparison, McNemar, compare, mcnemar, wilson_interval
from mnist_core.evaluation.metrics import Metrics, evaluate
from mnist_core.evaluation.predictions import Predictions, mistakes, predict_proba, predict_test
from mnist_core.export.html_page import page_of
from mnist_core.export.notebook import notebook_of
from mnist_core.export.script import script_of
from mnist_core.foreign_model import import_model
from mnist_core.inference.attribution import Explanation, attributions, explain
from mnist_core.inference.read_digit import read_digit
from mnist_core.inference.verdict import Kind, Verdict
from mnist_core.model import SoftmaxRegressor
from mnist_core.model_file import load_model, save_model
from mnist_core.preprocessing.own_images import load_images
from mnist_core.preprocessing.preprocess import Preprocessing, preprocess
from mnist_core.run_file import Run
from mnist_core.sweep.choice import Choice, indistinguishable, train_best
from mnist_core.sweep.grid import Cell, Grid, SweepResult
from mnist_core.sweep.search import connect_scheduler, sweep
from mnist_core.training.loop import train
from mnist_core.training.report import Progress
from mnist_core.version import __version__

__all__ = [
    "Calibration",
    "Cell",
    "Choice",
    "Comparison",
    "Digits",
    "Explanation",
    "Grid",
    "Kind",
    "McNemar",
    "Metrics",
    "Predictions",
    "Preprocessing",
    "Progress",
    "Run",
    "SoftmaxRegressor",
    "Split",
    "SweepResult",
    "TrainingConfig",
    "Verdict",
    "__version__",
    "attributions",
    "calibration_curve",
    "compare",
    "confusion_matrix",
    "connect_scheduler",
    "evaluate",
    "explain",
    "import_model",
    "indistinguishable",
    "load_digits",
    "load_images",
    "load_model",
    "mcnemar",
    "mistakes",
    "notebook_of",
    "page_of",
    "predict_proba",
    "predict_test",
    "preprocess",
    "read_digit",
    "save_model",
    "script_of",
    "sweep",
    "train",
    "train_best",
    "wilson_interval",
]
