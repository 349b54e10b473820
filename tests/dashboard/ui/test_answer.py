"""What is sent to the browser of an answer, and of a model that reads while the pen moves."""

import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from dashboard.ui.answer import Bars
from dashboard.ui.component import _FOLDER
from mnist_core import Preprocessing, SoftmaxRegressor
from mnist_core.model_file import model_to_bytes
from tests.dashboard.page import sent


def _model(how: Preprocessing) -> SoftmaxRegressor:
    model = SoftmaxRegressor(how)
    with torch.no_grad():
        for numbers in model.parameters():
            numbers.copy_(torch.linspace(-1, 1, numbers.numel()).view(numbers.shape))
    return model


def test_the_evidence_and_the_biases_add_up_to_the_lead_of_the_likeliest_digit() -> None:
    model = _model(Preprocessing.RAW)
    image = torch.arange(784, dtype=torch.int64).remainder(256).to(torch.uint8).view(28, 28)
    bars = Bars.of(model, image)
    logits = model.logits(image[None])[0].detach().double()
    first, second = logits.argsort(descending=True)[:2].tolist()
    bias = model.linear.bias.detach()
    lead = float(bars.evidence.double().sum() + bias[first] - bias[second])
    assert lead == pytest.approx(float(logits[first] - logits[second]), abs=1e-4)
    assert bars.probabilities.tolist() == pytest.approx(logits.softmax(dim=0).tolist(), abs=1e-6)


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on the path")
@pytest.mark.parametrize("how", list(Preprocessing))
def test_the_browser_finds_all_numbers_in_the_file_of_a_model(how: Preprocessing, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(model_to_bytes(_model(how)))
    script = (_FOLDER / "pen_reader.js").read_text().replace("export default", "const mounted =")
    script += f"""
        const model = modelOf(new Uint8Array(require("fs").readFileSync({str(file)!r})));
        const sum = (numbers) => numbers.reduce((total, number, at) => total + number * Math.cos(at), 0);
        console.log(model.preprocessing, sum(model.weight), sum(model.bias));
    """
    said = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True).stdout.split()
    sums = [
        float((numbers.detach().double().flatten() * torch.arange(numbers.numel()).double().cos()).sum())
        for numbers in _model(how).parameters()
    ]
    assert said[0] == how
    assert [float(one) for one in said[1:]] == pytest.approx(sums, abs=1e-4)


def nothing_read() -> None:
    from dashboard.ui.answer import render_answer, render_pen_reader

    render_answer("Draw a digit.", "", None, drawing=0, key="verdict")
    render_pen_reader(None)


def test_without_ink_there_is_no_evidence_and_without_a_model_nothing_is_read() -> None:
    page = AppTest.from_function(nothing_read).run()
    assert not page.exception
    assert '"evidence": null' in sent(page)
    assert 'linear.weight"' not in sent(page).replace('numbers("linear.weight")', "")
