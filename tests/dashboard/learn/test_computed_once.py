"""What challenges train behind the page, once for everybody: four readers, and a map of settings."""

import torch

from dashboard.learn.computed_once import (
    BATCH_SIZES,
    RATES,
    input_readers,
    map_of_settings,
)
from mnist_core import Digits, Preprocessing, evaluate


def test_each_input_has_a_reader_of_its_own_whose_accuracy_is_that_of_the_test_digits(sample: Digits) -> None:
    readers = input_readers.get(sample).result(60)
    assert list(readers) == ["raw", "deskew", "moments", "directions"]
    for how, reader in readers.items():
        assert reader.model.preprocessing is how
        assert reader.accuracy == evaluate(reader.model, sample.test).accuracy
    assert readers[Preprocessing.DIRECTIONS].accuracy > readers[Preprocessing.RAW].accuracy
    assert input_readers.get(sample) is input_readers.if_asked_for(sample) is input_readers.get(sample)


def test_the_map_has_every_setting_once_and_never_sees_the_test_digits(sample: Digits) -> None:
    results = map_of_settings.get(sample).result(60)
    places = {(result.cell.batch_size, result.cell.learning_rate) for result in results}
    assert places == {(batch, rate) for batch in BATCH_SIZES for rate in RATES}
    assert len(results) == len(places)
    held_out = len(sample.train) // 12
    assert all(result.right.shape == torch.Size([held_out]) for result in results)
    assert map_of_settings.if_asked_for(sample) is map_of_settings.get(sample)


def test_nothing_is_trained_for_digits_that_are_not_there() -> None:
    assert input_readers.if_asked_for(None) is None
    assert map_of_settings.if_asked_for(None) is None
