"""Learning handwriting: the arithmetic against autograd, and what is held out is never learned."""

import pytest
import torch
from torch import Tensor

from mnist_core import Digits, Preprocessing, SoftmaxRegressor, Split, TrainingConfig, preprocess, train
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.training.personalization import _batches, _parts, personalize, predict_held_out

COUNT = 23


@pytest.fixture(scope="module")
def model(sample: Digits) -> SoftmaxRegressor:
    *_, last = train(TrainingConfig(epochs=2), sample)
    return last.model


@pytest.fixture(scope="module")
def drawings(sample: Digits) -> Split:
    """Test digits lying on their side, which no model has learned."""
    return Split(sample.test.images[:COUNT].transpose(1, 2).contiguous(), sample.test.labels[:COUNT])


def _weights(model: SoftmaxRegressor) -> Tensor:
    return torch.cat((model.linear.weight.detach(), model.linear.bias.detach()[:, None]), dim=1)


def _by_autograd(start: SoftmaxRegressor, batches: Split, size: int, rate: float) -> SoftmaxRegressor:
    model = SoftmaxRegressor(start.preprocessing)
    model.load_state_dict(start.state_dict())
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    for images, labels in zip(batches.images.split(size), batches.labels.split(size), strict=True):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(images.flatten(1) / 255), labels).backward()
        optimizer.step()
    return model


@pytest.mark.parametrize(("steps", "own", "others"), [(1, 1, 0), (30, 20, 80), (5, 40, 3)])
def test_it_learns_what_autograd_learns(
    model: SoftmaxRegressor, drawings: Split, sample: Digits, steps: int, own: int, others: int
) -> None:
    ready = Split(preprocess(drawings.images, model.preprocessing), drawings.labels)
    known = preprocessed_digits(sample, model.preprocessing).train
    batches = _batches(ready, known, steps, own, others, 3)
    expected = _by_autograd(model, batches, own + others, 0.2)
    learned = personalize(model, drawings, sample, steps=steps, own=own, others=others, seed=3)
    torch.testing.assert_close(_weights(learned), _weights(expected), rtol=1e-4, atol=1e-5)
    assert learned.preprocessing is model.preprocessing


def test_each_batch_has_its_share_of_drawings_and_each_drawing_comes_equally_often() -> None:
    images = torch.arange(7, dtype=torch.uint8)[:, None, None].expand(7, 28, 28)
    drawings = Split(images, torch.zeros(7).long())
    known = Split(torch.full((50, 28, 28), 200, dtype=torch.uint8), torch.ones(50).long())
    batches = _batches(drawings, known, 10, 4, 6, 0)
    labels = batches.labels.view(10, 10)
    assert torch.equal(labels.sum(dim=1), torch.full((10,), 6))
    assert not labels[:, :4].any()
    counts = batches.images[batches.labels == 0, 0, 0].long().bincount()
    assert sorted(counts.tolist()) == [5, 5, 6, 6, 6, 6, 6]


def test_the_same_arguments_give_the_same_model_and_the_one_before_stays(
    model: SoftmaxRegressor, drawings: Split, sample: Digits
) -> None:
    before = _weights(model).clone()
    one, same, other = (personalize(model, drawings, sample, steps=5, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(_weights(one), _weights(same))
    assert not torch.equal(_weights(one), _weights(other))
    assert torch.equal(_weights(model), before)


@pytest.mark.parametrize("how", [Preprocessing.RAW, Preprocessing.DIRECTIONS])
def test_drawings_that_no_model_knows_are_learned_and_the_digits_are_not_forgotten(
    drawings: Split, sample: Digits, how: Preprocessing
) -> None:
    *_, last = train(TrainingConfig(learning_rate=0.2, epochs=4, preprocessing=how), sample)
    learned = personalize(last.model, drawings, sample)
    ready = preprocess(drawings.images, how)

    def right(reader: SoftmaxRegressor) -> int:
        return int((reader.logits(ready).argmax(dim=1) == drawings.labels).sum())

    assert right(learned) > right(last.model) + COUNT // 4
    test = preprocessed_digits(sample, how).test
    accuracy = (learned.logits(test.images).argmax(dim=1) == test.labels).float().mean()
    assert float(accuracy) > last.test.accuracy - 0.03


def test_only_training_digits_that_are_not_held_out_are_learned(
    model: SoftmaxRegressor, drawings: Split, sample: Digits
) -> None:
    config = TrainingConfig(validation=1_000)
    expected = personalize(model, drawings, sample, steps=5, config=config)
    train_images, test_images = sample.train.images.clone(), sample.test.images.flip(0)
    train_images[-1_000:] = 255 - train_images[-1_000:]
    changed = Digits(
        Split(train_images, sample.train.labels), Split(test_images, sample.test.labels), sample.source
    )
    assert torch.equal(
        _weights(personalize(model, drawings, changed, steps=5, config=config)), _weights(expected)
    )
    assert not torch.equal(_weights(personalize(model, drawings, changed, steps=5)), _weights(expected))


# What is held out


def test_a_drawing_that_is_held_out_changes_no_weight_of_the_model_that_reads_it(
    model: SoftmaxRegressor, drawings: Split, sample: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[Tensor] = []
    own_learn = personalize.__globals__["_learn"]

    def record(*arguments: object) -> SoftmaxRegressor:
        model: SoftmaxRegressor = own_learn(*arguments)
        learned.append(_weights(model))
        return model

    monkeypatch.setitem(personalize.__globals__, "_learn", record)
    predict_held_out(model, drawings, sample, steps=5)
    part = _parts(drawings.images, 5, 0)
    images, labels = drawings.images.clone(), drawings.labels.clone()
    images[7], labels[7] = 255 - images[7], (labels[7] + 1) % 10
    before, learned[:] = list(learned), []
    predict_held_out(model, Split(images, labels), sample, steps=5)
    same = [torch.equal(one, other) for one, other in zip(before, learned, strict=True)]
    assert same == [number == int(part[7]) for number in range(5)]


def test_each_drawing_is_read_by_a_model_that_learned_the_other_parts(
    model: SoftmaxRegressor, drawings: Split, sample: Digits
) -> None:
    part = _parts(drawings.images, 4, 9)
    predicted = predict_held_out(model, drawings, sample, folds=4, steps=7, seed=9)
    for number in range(4):
        mine = part == number
        rest = Split(drawings.images[~mine], drawings.labels[~mine])
        reader = personalize(model, rest, sample, steps=7, seed=9)
        expected = reader.logits(preprocess(drawings.images[mine], model.preprocessing)).argmax(dim=1)
        assert torch.equal(predicted[mine], expected)


def test_parts_are_of_one_size_and_equal_drawings_are_in_the_same() -> None:
    images = torch.arange(12, dtype=torch.uint8)[:, None, None].expand(12, 28, 28)
    twice = torch.cat((images, images.flip(0)))
    part = _parts(twice, 5, 0)
    assert torch.equal(part[:12], part[12:].flip(0))
    assert sorted(part[:12].bincount().tolist()) == [2, 2, 2, 3, 3]
    assert sorted(_parts(images[:3], 5, 0).tolist()) == [0, 1, 2]  # one at a time


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"own": 0},
        {"others": -1},
        {"learning_rate": 0.0},
        {"config": TrainingConfig(validation=4_000)},
    ],
)
def test_numbers_out_of_their_range_are_refused(
    model: SoftmaxRegressor, drawings: Split, sample: Digits, wrong: dict[str, float]
) -> None:
    with pytest.raises(ValueError, match=r"expected|must be|at most"):
        personalize(model, drawings, sample, **wrong)  # type: ignore[arg-type]


def test_one_drawing_cannot_be_held_out(model: SoftmaxRegressor, drawings: Split, sample: Digits) -> None:
    same = Split(drawings.images[[0, 0]], drawings.labels[[0, 0]])
    with pytest.raises(ValueError, match="2 different drawings"):
        predict_held_out(model, same, sample)
    with pytest.raises(ValueError, match="at least 2 folds"):
        predict_held_out(model, drawings, sample, folds=1)
