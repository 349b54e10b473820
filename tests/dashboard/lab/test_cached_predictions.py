"""How well a model reads the drawings that somebody keeps."""

from pathlib import Path

import pytest
import torch

from dashboard.lab.cached_predictions import drawing_score
from dashboard.lab.kept_drawings import KeptDrawings
from mnist_core import Digits, Preprocessing, TrainingConfig, predict_proba, train
from mnist_core.evaluation.mcnemar import Score
from mnist_core.storage.drawings_zip import Drawing
from mnist_core.storage.file_store import new_id


@pytest.mark.parametrize("how", [Preprocessing.RAW, Preprocessing.DIRECTIONS])
def test_the_score_is_what_predict_proba_reads_correctly(
    sample: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: Preprocessing
) -> None:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    drawings = KeptDrawings(new_id())
    drawings.keep(
        [
            Drawing(image, int(label))
            for image, label in zip(sample.test.images[:20], sample.test.labels[:20], strict=True)
        ]
    )
    kept = drawings.kept
    *_, last = train(TrainingConfig(learning_rate=0.2, epochs=1, preprocessing=how), sample)
    predicted = predict_proba(last.model, torch.stack([one.prepared for one in kept])).argmax(dim=1)
    labels = torch.tensor([one.drawing.label for one in kept])
    assert drawing_score(last.model, kept) == Score(int((predicted == labels).sum()), 20)


def test_without_drawings_there_is_no_score(sample: Digits) -> None:
    *_, last = train(TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW), sample)
    assert drawing_score(last.model, ()) is None
