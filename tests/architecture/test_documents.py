"""What the documents promise is there."""

from __future__ import annotations

import re

from tests.architecture.repository import PACKAGES, ROOT


def test_the_map_names_every_room() -> None:
    """README names each package and each of its folders, registries aside: those are found, not listed."""
    readme = (ROOT / "README.md").read_text()
    folders = [folder for package in PACKAGES for folder in (ROOT / package, *(ROOT / package).iterdir())]
    rooms = [folder for folder in folders if (folder / "__init__.py").exists()]
    missing = [room.name for room in rooms if f"{room.name}/" not in readme and not _is_registry(room.name)]

    assert not missing


def test_every_target_is_explained() -> None:
    """CONTRIBUTING names each target that the Makefile offers to people."""
    phony = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    targets = set(phony[0].split()) - {"help", "system"}
    explained = set(re.findall(r"`make (\w+)`", (ROOT / "CONTRIBUTING.md").read_text()))

    assert targets == explained


def test_ci_runs_what_people_run() -> None:
    """CI's script calls the two targets and nothing of its own, with skips forbidden."""
    script = (ROOT / ".ci" / "run").read_text()
    commands = re.findall(r"^(make .*|export .*)$", script, re.MULTILINE)

    assert commands == ["export CI=true", "make check", "make test"]


def _is_registry(name: str) -> bool:
    return (ROOT / "adapters" / name / "manifest.toml").exists()
