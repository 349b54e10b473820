"""The number of threads that torch is set to: one during the work, and what it was before and after it.

The test is a program of its own, because torch's number belongs to the whole process.
"""

import subprocess
import sys

import pytest

from tests.support.paths import ROOT

BEGIN = """
import threading
from concurrent.futures import ThreadPoolExecutor
import torch
from mnist_core import Grid, Split, Digits, TrainingConfig, evaluate, preprocess, sweep, train
from mnist_core import one_thread, training

draw = torch.Generator().manual_seed(0)
split = Split(torch.randint(256, (300, 28, 28), dtype=torch.uint8, generator=draw), torch.arange(300) % 10)
digits = Digits(split, split, "sample")
config = TrainingConfig(preprocessing="deskew", epochs=2)

def others():
    "The number that a thread begins with that is new to torch."
    with ThreadPoolExecutor(1) as new:
        return new.submit(torch.get_num_threads).result()

seen = set()
def look(*_):
    seen.add(torch.get_num_threads())

torch.set_num_threads(3)
"""


RUN_AND_SWEEP = """
from mnist_core.training import sgd
learn = sgd.SGD.learn
sgd.SGD.learn = lambda *arguments: (look(), learn(*arguments))
for report in train(config, digits):
    assert (torch.get_num_threads(), others()) == (3, 3)
    evaluate(report.model, split)
assert next(sweep(Grid([0.1], [100], ["raw"], epochs=1, validation=100), digits))
assert seen == {1}, seen
assert (torch.get_num_threads(), others()) == (3, 3)
"""
SEVERAL_THREADS = """
def work(own):
    if own:
        one_thread.use_threads(own)
    before = torch.get_num_threads()
    for report in train(config, digits):
        preprocess(split.images, "directions")
        assert torch.get_num_threads() == before
    return before

with ThreadPoolExecutor(8) as pool:
    befores = list(pool.map(work, [None, 2, None, 4, None, 1, None, 5]))
assert befores[1::2] == [2, 4, 1, 5] and set(befores[::2]) <= {3, 2, 4, 1, 5}
assert (torch.get_num_threads(), others()) == (3, 3)
try:
    next(train(config, None))
except AttributeError:
    pass
assert (torch.get_num_threads(), others()) == (3, 3)
"""
SAME_RESULTS = """
def bits():
    *_, last = train(config, Digits(split, split, "sample"))
    return [part.tolist() for part in last.model.parameters()]

three = bits()
torch.set_num_threads(1)
assert bits() == three
"""


@pytest.mark.slow
def test_work_is_done_on_one_thread_and_each_thread_gets_its_own_number_back_and_the_same_results() -> None:
    program = BEGIN + RUN_AND_SWEEP + SEVERAL_THREADS + SAME_RESULTS
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=120)
