"""The ten colours of the digits, for eyes that see all colours and for those that do not.

Colour blindness is simulated as in Machado, Oliveira and Fernandes (IEEE Transactions on Visualization and
Computer Graphics 15, 2009), and distances are those of CAM02-UCS, in which 1 is about what can just be told
apart side by side; both by the package colorspacious.
"""

import tomllib
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from colorspacious import cspace_convert, deltaE

from tests.support.paths import ROOT

CONFIG: dict[str, Any] = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
APART = 12.0  # far more than what can just be told apart: curves and bars do not lie side by side
EYES = [("normal", 0), ("deuteranomaly", 100), ("protanomaly", 100), ("tritanomaly", 100)]


def _seen(colour: str, eyes: str, severity: int) -> Any:
    srgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    if eyes == "normal":
        return srgb
    space = {"name": "sRGB1+CVD", "cvd_type": eyes, "severity": severity}
    return np.clip(cspace_convert(srgb, space, "sRGB1"), 0, 1)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("eyes", "severity"), EYES)
def test_the_ten_colours_stay_apart(theme: str, eyes: str, severity: int) -> None:
    colours = CONFIG["theme"][theme]["chartCategoricalColors"]
    assert len(colours) == 10
    seen = [_seen(colour, eyes, severity) for colour in colours]
    assert min(deltaE(one, other, input_space="sRGB1") for one, other in combinations(seen, 2)) > APART
