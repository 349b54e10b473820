"""The core of Digit Lab: digits, a softmax regressor that learns them, and the reading of drawings."""

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Digits, Split, load_digits
from mnist_core.evaluation.calibration import Calibration, calibration_curve
from mnist_core.evaluation.confusion import DigitScores, confusion_matrix, digit_scores
from mnist_core.evaluation.mcnemar import (
    Comparison,
    McNemar,
    Score,
    compare,
    describe_comparison,
    mcnemar,
    seed_spread,
    wilson_interval,
)
from mnist_core.evaluation.metrics import Metrics, evaluate
from mnist_core.evaluation.predictions import (
    Predictions,
    RankedPredictions,
    mistakes,
    most_confident_first,
    predict_proba,
    predict_test,
)
from mnist_core.export.notebook import notebook_of
from mnist_core.export.page import page_of
from mnist_core.export.script import script_of
from mnist_core.inference.attribution import Explanation, Margin, attributions, explain, weight_pictures
from mnist_core.inference.novelty import Neighbours, NoveltyDetector, fit_novelty_detector
from mnist_core.inference.verdict import Kind, Verdict, judge
from mnist_core.model import SoftmaxRegressor
from mnist_core.model_file import load_model, save_model
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.preprocessing.drawing import (
    PreparedDrawing,
    image_from_canvas,
    ink_of,
    prepare_drawing,
    shrink,
)
from mnist_core.preprocessing.photo import ink_of_photo
from mnist_core.preprocessing.preprocess import Preprocessing, preprocess
from mnist_core.processes.process_pool import ProcessPool
from mnist_core.processes.training_processes import TrainingProcesses
from mnist_core.run_file import Run, Segment, load_run, save_run
from mnist_core.sweep.choice import Choice, indistinguishable, train_best
from mnist_core.sweep.grid import Cell, Grid, SweepResult
from mnist_core.sweep.search import connect_scheduler, sweep
from mnist_core.training.loop import train
from mnist_core.training.personalization import personalize, predict_held_out
from mnist_core.training.report import Progress
from mnist_core.training.worker import State, TrainingWorker

__all__ = [
    "Calibration",
    "Cell",
    "Choice",
    "Comparison",
    "DigitScores",
    "Digits",
    "Explanation",
    "Grid",
    "Kind",
    "Margin",
    "McNemar",
    "Metrics",
    "Neighbours",
    "NoveltyDetector",
    "Predictions",
    "PreparedDrawing",
    "Preprocessing",
    "ProcessPool",
    "Progress",
    "RankedPredictions",
    "Run",
    "Score",
    "Segment",
    "SoftmaxRegressor",
    "Split",
    "State",
    "SweepResult",
    "TrainingConfig",
    "TrainingProcesses",
    "TrainingWorker",
    "Verdict",
    "attributions",
    "calibration_curve",
    "compare",
    "confusion_matrix",
    "connect_scheduler",
    "describe_comparison",
    "digit_scores",
    "evaluate",
    "explain",
    "fit_novelty_detector",
    "image_from_canvas",
    "indistinguishable",
    "ink_of",
    "ink_of_photo",
    "judge",
    "load_digits",
    "load_model",
    "load_run",
    "mcnemar",
    "mistakes",
    "most_confident_first",
    "notebook_of",
    "page_of",
    "personalize",
    "predict_held_out",
    "predict_proba",
    "predict_test",
    "prepare_drawing",
    "preprocess",
    "preprocessed_digits",
    "save_model",
    "save_run",
    "script_of",
    "seed_spread",
    "shrink",
    "sweep",
    "train",
    "train_best",
    "weight_pictures",
    "wilson_interval",
]
