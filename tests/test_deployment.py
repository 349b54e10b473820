"""What the image and an install bring, held against the project; nothing here builds them."""

import re
import shlex
import tomllib

from packaging.requirements import Requirement

from tests.support.paths import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_all_that_the_image_copies_is_there_and_not_ignored() -> None:
    sources = [
        name
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for name in shlex.split(line)[:-1]
    ]
    assert {"streamlit_app.py", "mnist_core", "dashboard", ".streamlit"} <= set(sources)
    admitted = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")}
    for name in sources:
        assert (ROOT / name).exists()
        assert name in admitted


def test_an_install_takes_the_versions_that_were_tested_and_names_all_that_is_needed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["app"]]
    ranges = {Requirement(line).name: Requirement(line).specifier for line in needed}
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    tested = dict(line.partition("#")[0].strip().split("==") for line in lines if re.match(r"\w", line))
    assert ranges.keys() == tested.keys()
    assert all(tested[name] in allowed for name, allowed in ranges.items())


def test_the_image_takes_both_packages_of_pytorch_from_the_index_of_cpu_builds() -> None:
    pinned = re.findall(r"^(torch(?:vision)?==\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert len(pinned) == 2
    assert r"s/^\(torch\(vision\)\?==[^ ]*\).*/\1/p" in DOCKERFILE


def test_the_image_runs_as_nobody_special_and_writes_to_one_volume() -> None:
    user = DOCKERFILE.rindex("USER digitlab")
    assert user < DOCKERFILE.index("\nCMD")
    assert "DIGIT_LAB_HOME=/data/home" in DOCKERFILE
    assert "DIGIT_LAB_CACHE=/data/cache" in DOCKERFILE
    assert re.findall(r"^VOLUME (.+)$", DOCKERFILE, re.MULTILINE) == ["/data"]


def test_every_setting_that_the_guide_names_is_read_somewhere() -> None:
    guide = (ROOT / "docs" / "server.md").read_text()
    product = [
        path.read_text() for folder in ("mnist_core", "dashboard") for path in (ROOT / folder).rglob("*.py")
    ]
    for name in set(re.findall(r"^\| `(DIGIT_LAB_\w+)`", guide, re.MULTILINE)):
        assert any(f'"{name}"' in source for source in product)
