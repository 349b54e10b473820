"""`scripts/unipen` against a digit of the release, and against the file that was made of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

# The first 0 of data/1a/gmd/kast.dat, and a stroke of something else.
KAST = """
.WRITER_ID     kast
.STYLE         PRINTED
.PEN_DOWN
0 0
.PEN_UP
.PEN_DOWN
104 57
101 55
99 54
94 49
89 42
87 38
84 30
83 22
83 18
85 13
89 10
91 10
96 13
100 17
103 24
105 28
106 37
107 44
106 47
104 52
100 53
.PEN_UP
0 0
.PEN_DOWN
64 4
64 1
65 0
68 2
70 4
76 9
76 9
83 17
86 21
94 30
101 39
105 43
111 51
.PEN_UP
"""
SEGMENTS = """.VERSION 1.0
.INCLUDE gmd/data/kast.dat
.SEGMENT CHARACTER 0 OK "x"
.SEGMENT CHARACTER 1-2 OK "0"
.SEGMENT CHARACTER 2-3 OK "1"
"""
FIRST = [[702, 0], [649, 35], [614, 53], [526, 140], [439, 263], [404, 333], [351, 474], [333, 614]]
SECOND = [[0, 930], [0, 982], [18, 1000], [70, 965], [105, 930], [211, 842], [333, 702], [386, 632]]


def _unipen(*arguments: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, ROOT / "scripts" / "unipen", *arguments]
    return subprocess.run([*map(str, program)], capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_digit_of_the_release_becomes_the_line_that_the_benchmarks_read(
    tmp_path: Path, pen_digits: Path
) -> None:
    release = tmp_path / "CDROM" / "train_r01_v07"
    for name, text in {
        "data/1a/gmd/kast.dat": SEGMENTS,
        "include/gmd/data/kast.dat": f".INCLUDE gmd/gmd.doc\n{KAST}",
        "include/gmd/gmd.doc": '.DATA_SOURCE gmd\n.COORD X Y\n.ALPHABET "0" "1"\n',
        "data/1a/syn/other.dat": SEGMENTS,  # of contributors who are left out
    }.items():
        (release / name).parent.mkdir(parents=True, exist_ok=True)
        (release / name).write_text(text)
    result = tmp_path / "dev.jsonl"
    done = _unipen(tmp_path, result)
    assert done.stdout.startswith("1 digits of 1 of 80 writers, of 1 in section 1a\nnot exactly")
    assert done.returncode == 1
    (line,) = map(json.loads, result.read_text().splitlines())
    assert line["label"] == 0
    assert [stroke[:8] for stroke in line["strokes"]] == [FIRST, SECOND]
    known = [json.loads(other) for other in pen_digits.read_text().splitlines()]
    assert any(line["strokes"] == other["strokes"] and other["label"] == 0 for other in known)


def test_without_the_release_it_says_where_it_is(tmp_path: Path) -> None:
    done = _unipen(tmp_path, tmp_path / "dev.jsonl")
    assert done.returncode == 2
    assert "https://doi.org/10.5281/zenodo.1195803" in done.stderr
    assert not (tmp_path / "dev.jsonl").exists()
