"""The command line, run as a user runs it, against the core's functions."""

import csv
import io
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from mnist_core import (
    Digits,
    Preprocessing,
    SoftmaxRegressor,
    Split,
    TrainingConfig,
    evaluate,
    predict_proba,
    preprocess,
    train,
    wilson_interval,
)
from mnist_core.__main__ import main
from mnist_core.model_file import Origin, load_model, read_model, save_model
from mnist_core.preprocessing.drawing import image_from_canvas
from mnist_core.run_file import load_run
from tests.mnist_core.command_line.conftest import RunInTerminal, exit_code
from tests.mnist_core.export.test_script import execute
from tests.support.paths import ROOT

BEST = ("--preprocessing", "directions", "--learning-rate", "0.5")
LINE = re.compile(r"epoch (\d+): loss (\d\.\d{4}), test accuracy (\d+\.\d\d) %")


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a model that the command line trained and saved."""
    path = tmp_path_factory.mktemp("models") / "digits.safetensors"
    assert main(["train", *BEST, "--epochs", "3", "--save", str(path)]) == 0
    return path


def origin_of(path: Path) -> Origin:
    """Where the model in a file comes from."""
    _, origin = read_model(path.read_bytes())
    assert origin is not None
    return origin


@pytest.mark.slow
def test_train_prints_the_metrics_of_the_core_one_line_per_epoch(
    sample: Digits, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["train", "--preprocessing", "raw", "--epochs", "3", "--batch-size", "50", "--seed", "4"]) == 0
    )
    output, messages = capsys.readouterr()
    config = TrainingConfig(50, epochs=3, seed=4, preprocessing=Preprocessing.RAW, reports_per_epoch=1)
    expected = [
        (report.step // 80, report.train.loss, 100 * report.test.accuracy) for report in train(config, sample)
    ]
    lines = [LINE.fullmatch(line) for line in output.splitlines()]
    printed = [tuple(map(float, line.groups())) for line in lines if line]
    assert len(lines) == len(printed) == 3
    np.testing.assert_allclose(printed, expected, atol=0.01)
    assert re.fullmatch(
        r"Digits: a sample of MNIST, 4,000 to train with, 1,000 to test with\. The download failed: .*\n",
        messages,
    )


@pytest.mark.slow
def test_train_reaches_the_accuracy_of_the_article(
    mnist_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MNIST_ROOT", str(mnist_folder))
    article = "train --batch-size 100 --learning-rate 0.01 --epochs 10 --preprocessing raw"
    assert main(article.split()) == 0
    output, messages = capsys.readouterr()
    last = LINE.fullmatch(output.splitlines()[-1])
    assert last is not None
    assert last[1] == "10"
    assert float(last[3]) == pytest.approx(90.4, abs=0.3)
    assert messages == "Digits: MNIST, 60,000 to train with, 10,000 to test with.\n"


def test_a_saved_model_has_the_accuracies_that_were_printed_also_over_digits_held_out(
    sample: Digits, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.safetensors"
    assert (
        main(
            [
                *["train", "--epochs", "1", "--preprocessing", "deskew", "--validation", "500", "--save"],
                str(path),
            ]
        )
        == 0
    )
    output, messages = capsys.readouterr()
    model = load_model(path)
    held_out = Split(sample.train.images[3500:], sample.train.labels[3500:])
    validation, test = (100 * evaluate(model, split).accuracy for split in (held_out, sample.test))
    assert output.endswith(f", validation accuracy {validation:.2f} %, test accuracy {test:.2f} %\n")
    assert messages.endswith(f"The model was saved to {path}.\n")
    assert "3,500 to train with, 1,000 to test with, 500 held out for validation." in messages
    config = TrainingConfig(epochs=1, preprocessing=Preprocessing.DESKEW, validation=500, reports_per_epoch=1)
    (expected,) = train(config, sample)
    assert model.linear.weight.equal(expected.model.linear.weight)


def test_few_digits_and_wrong_labels_are_told_and_show_in_the_training_accuracy(
    sample: Digits, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.safetensors"
    few = "train --training-digits 100 --wrong-labels 0.2 --batch-size 10 --learning-rate 0.1 --save"
    assert main([*few.split(), str(path)]) == 0
    output, messages = capsys.readouterr()
    config = TrainingConfig(10, 0.1, training_digits=100, wrong_labels=0.2, reports_per_epoch=1)
    for line, report in zip(output.splitlines(), train(config, sample), strict=True):
        accuracies = [f"{100 * metrics.accuracy:.2f} %" for metrics in (report.train, report.test)]
        assert re.findall(r"\d+\.\d\d %", line) == accuracies
    assert "100 to train with, 1,000 to test with; 20 have a wrong label." in messages
    assert origin_of(path).config == config


@pytest.mark.parametrize("how", [Preprocessing.RAW, Preprocessing.DIRECTIONS])
def test_compare_prints_both_accuracies_with_intervals_and_the_verdict(
    model_file: Path, sample: Digits, tmp_path: Path, capsys: pytest.CaptureFixture[str], how: Preprocessing
) -> None:
    other = tmp_path / "other.safetensors"
    assert main(["train", "--epochs", "2", "--preprocessing", how, "--save", str(other)]) == 0
    capsys.readouterr()
    assert main(["compare", str(model_file), str(other)]) == 0
    output, messages = capsys.readouterr()
    first, second, verdict = output.splitlines()

    right = {}
    for name, path, line in (("A", model_file, first), ("B", other, second)):
        model = load_model(path)
        images = preprocess(sample.test.images, model.preprocessing).flatten(1) / 255
        with torch.no_grad():
            right[name] = model(images).argmax(dim=1) == sample.test.labels
        low, high = wilson_interval(int(right[name].sum()), 1000)
        accuracy = f"test accuracy {float(right[name].sum()) / 10:.2f} %"
        assert line == f"{name}, {path}: {accuracy}, 95 % interval {100 * low:.2f} to {100 * high:.2f} %"
    only_a, only_b = (right["A"] & ~right["B"]).sum(), (right["B"] & ~right["A"]).sum()
    assert verdict.startswith(
        f"A reads {only_a} digits that B misreads, and B reads {only_b or 'none'} that A misreads. "
    )
    assert messages.count("\n") == 1


def test_a_model_compared_with_itself_is_not_better(
    model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(model_file), str(model_file)]) == 0
    verdict = capsys.readouterr().out.splitlines()[-1]
    assert verdict == "A and B read the same digits correctly, so these digits cannot tell which is better."


def test_predict_reads_dark_on_light_and_light_on_dark_as_predict_proba_does(
    model_file: Path, sample: Digits, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths, expected = [], []
    for label in range(10):
        ink = Image.fromarray(sample.test.images[10 + label].numpy()).resize((140, 140))
        for path, grey in (("light.png", np.asarray(ink)), ("dark.png", 255 - np.asarray(ink))):
            paths.append(tmp_path / f"{label}-{path}")
            Image.fromarray(grey).save(paths[-1])
        image = image_from_canvas(np.asarray(ink.convert("RGBA")))
        assert image is not None
        best, second = predict_proba(load_model(model_file), image[None])[0].topk(2).values.tolist()
        digit, other = predict_proba(load_model(model_file), image[None])[0].topk(2).indices.tolist()
        clear = best >= 3 * second
        one = f"{digit} ({100 * best:.1f} %)"
        either = f"{digit} or {other} ({100 * best:.1f} % or {100 * second:.1f} %)"
        expected += [one if clear else either] * 2

    assert main(["predict", "--model", str(model_file), *map(str, paths)]) == 0
    output, messages = capsys.readouterr()
    assert messages == ""
    assert output.splitlines() == [f"{path}: {text}" for path, text in zip(paths, expected, strict=True)]
    assert sum(text.startswith(f"{place // 2} ") for place, text in enumerate(expected)) >= 16


def test_predict_without_a_model_says_that_it_trains_one_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = np.full((80, 60), 255, np.uint8)
    one[10:70, 28:33] = 0
    Image.fromarray(one).save(tmp_path / "one.png")
    assert main(["predict", str(tmp_path / "one.png")]) == 0
    output, messages = capsys.readouterr()
    assert output.startswith(f"{tmp_path / 'one.png'}: 1 (")
    assert messages.startswith("Training a model first, as there is no --model.")


@pytest.mark.slow
def test_a_photo_is_turned_as_its_exif_data_says_and_a_blank_image_is_called_blank(
    model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lying = np.full((60, 80), 255, np.uint8)
    lying[28:33, 10:70] = 0
    turned = Image.Exif()
    turned[0x0112] = 6  # the tag for orientation: turn by 90 degrees before showing
    Image.fromarray(lying).save(tmp_path / "photo.png", exif=turned)
    Image.new("RGB", (30, 30), "navy").save(tmp_path / "blank.png")
    files = [str(tmp_path / "photo.png"), str(tmp_path / "blank.png")]
    save_model(tmp_path / "untrained.safetensors", SoftmaxRegressor())
    assert main(["predict", "--model", str(tmp_path / "untrained.safetensors"), files[0]]) == 0
    untrained = capsys.readouterr().out.strip()
    assert untrained == f"{files[0]}: the model knows nothing yet: all ten digits are equally likely"
    assert main(["predict", "--model", str(model_file), *files]) == 0
    photo, blank = capsys.readouterr().out.splitlines()
    assert photo.startswith(f"{files[0]}: 1 (")
    assert blank == f"{files[1]}: no digit was found"


def test_predict_reads_the_good_files_says_what_is_wrong_with_the_others_and_knows_a_star(
    model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    points = [
        (70 + 60 * math.sin(k * 0.8 * math.pi), 70 - 60 * math.cos(k * 0.8 * math.pi)) for k in range(6)
    ]
    one, star = Image.new("L", (140, 140), 255), Image.new("L", (140, 140), 255)
    ImageDraw.Draw(one).line([(70, 20), (70, 120)], width=10)
    ImageDraw.Draw(star).line(points, width=8)
    one.save(tmp_path / "one.webp", lossless=True)
    star.save(tmp_path / "star.png")
    (tmp_path / "bad.png").write_text("no image")
    names = [str(tmp_path / name) for name in ("bad.png", "one.webp", "star.png")]
    assert main(["predict", "--model", str(model_file), *names]) == 2
    output, messages = capsys.readouterr()
    read, unlike = output.splitlines()
    assert read.startswith(f"{names[1]}: 1 (")
    assert unlike.startswith((f"{names[2]}: unlike any digit", f"{names[2]}: a scribble"))
    assert "bad.png cannot be read as an image: it is not an image" in messages


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("", "required: {train,sweep,predict,compare,export}"),
        ("learn", "invalid choice: 'learn'"),
        ("train --epochs many", "argument --epochs: invalid int value: 'many'"),
        ("train --epochs 0", "epochs must be a whole number from 1 to"),
        ("train --batch-size -5", "batch_size must be a whole number from 1 to"),
        ("train --learning-rate nan", "learning_rate must be a number above 0"),
        ("train --preprocessing upright", "invalid choice: 'upright'"),
        ("train --save nowhere/model.safetensors", "there is no folder nowhere"),
        ("train --save /dev/null", "this is not a file that can be replaced"),
        ("train --save-run nowhere/run.safetensors", "there is no folder nowhere"),
        ("train --save-run run.safetensors --epochs 10001", "has room for 10,000 epochs"),
        ("train --validation some", "argument --validation: invalid int value: 'some'"),
        ("train --validation -1", "validation must be a whole number from 0 to"),
        ("train --validation 4000", "at most 3,999 of the 4,000 training digits can be held out, not 4,000"),
        ("train --training-digits 0", "training_digits must be a whole number from 10 to"),
        ("train --training-digits 9", "training_digits must be a whole number from 10 to"),
        ("train --training-digits 4001", "there are 4,000 digits to learn from, not 4,001"),
        ("train --wrong-labels -0.1", "wrong_labels must be a share from 0 to 1, such as 0.2, not -0.1"),
        ("train --wrong-labels 20", "wrong_labels must be a share from 0 to 1, such as 0.2, not 20"),
        ("predict", "required: IMAGE"),
        ("predict nowhere.png", "nowhere.png cannot be read as an image"),
        (f"predict {__file__}", "cannot be read as an image"),
        (f"predict --model nowhere.safetensors {__file__}", "cannot be read as an image"),
        ("compare", "required: A, B"),
        ("compare a.safetensors", "required: B"),
        ("compare a.safetensors b.safetensors", "a.safetensors cannot be read as a model"),
    ],
)
def test_an_error_is_reported_before_anything_is_done(
    command: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = exit_code(command.split())
    output, errors = capsys.readouterr()
    assert (code, output) == (2, "")
    assert message in errors
    assert "Preprocessing." not in errors  # choices by their names


@pytest.mark.parametrize("content", [None, b"not a model"])
def test_a_file_that_is_not_a_model_is_named(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("L", (9, 9)).save(tmp_path / "image.png")
    model = tmp_path / "model.safetensors"
    if content is not None:
        model.write_bytes(content)
    assert main(["predict", "--model", str(model), str(tmp_path / "image.png")]) == 2
    assert f"{model} cannot be read as a model" in capsys.readouterr().err


def test_a_folder_without_digits_is_an_error_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path))
    assert main(["train"]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("digit-lab: error: ")
    assert "train-images-idx3-ubyte" in errors


def test_closing_the_output_early_is_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as output:  # whose last flush, at the end, is no error either
        monkeypatch.setattr(sys, "stdout", output)
        assert main(["train", "--epochs", "500", "--preprocessing", "raw"]) == 0


def test_a_terminal_of_ascii_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, picture = tmp_path / "a.safetensors", tmp_path / "Ziffer-é-\udcff.png"
    save_model(model, SoftmaxRegressor())
    Image.new("L", (28, 28)).save(tmp_path / "blank.png")
    (tmp_path / "blank.png").rename(picture)
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, "ascii"))
    assert main(["predict", str(picture), "--model", str(model)]) == 0
    assert rb"Ziffer-\xe9-\udcff.png: no digit was found" in shown.getvalue()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_a_closed_output_is_no_error(tmp_path: Path) -> None:
    trained = tmp_path / "b.safetensors"
    train = f"{sys.executable} -m mnist_core train --epochs 1 --preprocessing raw --save {trained}"
    ended = subprocess.run(f"{train} >&- 2>&-", shell=True, cwd=ROOT, capture_output=True)
    assert (ended.returncode, ended.stdout) == (0, b"")
    assert load_model(trained).linear.weight.any()


@pytest.mark.slow
def test_predict_reads_a_picture_that_is_piped_in(
    model_file: Path, sample: Digits, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    content = io.BytesIO()
    Image.fromarray(sample.test.images[1].numpy()).save(content, "PNG")
    for piped, code, expected in ((content.getvalue(), 0, "-: 1 ("), (b"nothing", 2, "")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped)))
        assert main(["predict", "-", "--model", str(model_file)]) == code
        output, messages = capsys.readouterr()
        assert output.startswith(expected)
    assert "what was piped in cannot be read as an image" in messages


def test_csv_has_the_curves_and_a_model_is_continued_as_the_core_does(
    model_file: Path, sample: Digits, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    longer = tmp_path / "longer.safetensors"
    arguments = ["--learning-rate", "0.1", "--epochs", "2", "--csv", "--continue", str(model_file)]
    assert main(["train", *arguments, "--save", str(longer)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    config = TrainingConfig(learning_rate=0.1, epochs=2, preprocessing="directions", reports_per_epoch=1)
    expected = list(train(config, sample, start=load_model(model_file)))
    assert [float(row["test_loss"]) for row in rows] == [report.test.loss for report in expected]
    assert [float(row["epoch"]) for row in rows] == [1, 2]
    assert torch.equal(load_model(longer).linear.weight, expected[-1].model.linear.weight)
    assert (origin_of(longer).step, origin_of(longer).epoch) == (200, 5)
    capsys.readouterr()
    assert main(["train", "--continue", str(model_file), "--preprocessing", "raw"]) == 2
    assert "begin a new run for that" in capsys.readouterr().err


@pytest.mark.slow
def test_a_saved_run_is_exported_as_a_script_that_prints_the_same_accuracies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, script = tmp_path / "run.safetensors", tmp_path / "run.py"
    assert main(["train", *BEST, "--epochs", "2", "--save-run", str(run)]) == 0
    printed = [accuracy for *_, accuracy in LINE.findall(capsys.readouterr().out)]
    assert main(["export", str(run), "--script", str(script)]) == 0
    assert [report.epoch for report in load_run(run).history][-2:] == [1, 2]
    trained = re.findall(r"test ([\d.]+) %", execute(script.read_text(), tmp_path))[-2:]
    assert list(map(float, trained)) == pytest.approx(list(map(float, printed)), abs=0.11)  # one digit


@pytest.mark.slow
def test_a_terminal_shows_a_progress_bar_and_ctrl_c_saves_the_model(
    in_terminal: RunInTerminal, tmp_path: Path
) -> None:
    path = tmp_path / "model.safetensors"
    code, shown = in_terminal(
        f"train --epochs 1000000 --preprocessing raw --save {path}", interrupt_at="epoch 2:"
    )
    assert code == 130
    assert "| 1/1000000 [" in shown
    assert len(LINE.findall(shown)) >= 2
    assert f"The model was saved to {path}.\n" in shown
    assert "Traceback" not in shown
    assert load_model(path).linear.weight.any()
