"""The commands that people are given and those that CI runs are the same."""

import re

from tests.support.paths import ROOT

INSTALL = "pip install -c constraints.txt -r requirements.txt -r tests/requirements.txt"


def test_the_readme_gives_a_command_for_the_app_and_one_for_the_tests() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert 'pip install -c constraints.txt ".[app]" && digit-lab' in lines
    assert f"{INSTALL} && scripts/test" in lines


def test_ci_installs_and_tests_with_the_commands_of_the_readme() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    install = lines.index(INSTALL.replace("install", "install --quiet --no-compile", 1))
    later = [line.split()[0] for line in lines[install:] if line]
    assert later.index("scripts/check") < later.index("scripts/samples") < later.index("scripts/test")


def test_a_contributor_installs_what_ci_installs() -> None:
    assert INSTALL in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()


def test_every_script_that_a_text_names_is_there() -> None:
    for text in ("README.md", "CONTRIBUTING.md", "benchmarks/README.md", "docs/cluster.md", "docs/server.md"):
        words = (ROOT / text).read_text(encoding="utf-8")
        named = re.findall(r"(?<![\w/])(?:scripts/\w+|benchmarks/\w+\.py)", words)
        assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_constraints_name_no_build_and_agree_with_every_requirement() -> None:
    constraints = set((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()[1:])
    assert not any("+" in line for line in constraints)
    for file in (
        "requirements.txt",
        "tests/requirements.txt",
        "benchmarks/requirements.txt",
    ):
        lines = (
            line.partition("#")[0].strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()
        )
        assert {line for line in lines if line} <= constraints
