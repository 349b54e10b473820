"""What a server does before anybody comes."""

import subprocess
import sys

import pytest

from tests.support.paths import ROOT

PROGRAM = """
import resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
from dashboard.server.start import ENOUGH, raise_descriptor_limit
raise_descriptor_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] == (ENOUGH if hard < 0 else min(ENOUGH, hard)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have limits of their own")
def test_there_is_room_for_more_connections_than_the_256_that_macos_begins_with() -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout == "True\n"
