"""A manifest that cannot be used is refused with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.catalog import FOLDER, find_registries
from adapters.manifest import ManifestError, read_manifest

DONORS = (FOLDER / "donors" / "manifest.toml").read_text(encoding="utf-8")


def written(folder: Path, text: str, name: str = "donors") -> Path:
    """Write a manifest into a folder of its own."""
    path = folder / name / "manifest.toml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('key_header = "X-Api-Key"', 'key_heading = "X-Api-Key"', r"manifest.toml:\d+: rest.key_he"),
        ('protocol = "plain-rest"', 'protocol = "gopher"', "manifest.toml:2: protocol"),
        ('sensitivity = "personal"', 'sensitivity = "personal"\ncolour = "red"', "manifest.toml:5: colour"),
        ('path = "/aid/search"', "path = 7", r"manifest.toml:\d+: rest.path"),
        ("needs = ", "needs = []\nreeds = ", r"manifest.toml:\d+: needs"),
        ('source = "donors"', 'source = "Donors!"', "manifest.toml:1: source"),
        ("[rest]", "[trembita]", "manifest.toml:"),
        (
            '"now", citation = "Law 4607-IX, art. 11(1)(1) and (5)"',
            '"never"',
            r"manifest.toml:\d+: notice: .*never names",
        ),
        ('tell = "now"', 'tell = "later"', r"manifest.toml:\d+: notice: .*days belong"),
        ("[rest]", '[rest]\nmethod = "GET"\nplace = { rnokpp = "header" }', "every element of a GET's"),
        ("needs = ", 'basis = "habit"\nneeds = ', r"manifest.toml:\d+: basis"),
    ],
)
def test_a_faulty_manifest_names_the_place(tmp_path: Path, old: str, new: str, named: str) -> None:
    """An unknown key, a wrong type or a wrong value is found by file, line and key."""
    path = written(tmp_path, DONORS.replace(old, new, 1))

    with pytest.raises(ManifestError, match=named):
        read_manifest(path)


def test_broken_toml_names_the_file(tmp_path: Path) -> None:
    """A file that is no TOML is refused by name."""
    path = written(tmp_path, "source = ")

    with pytest.raises(ManifestError, match=r"donors/manifest\.toml"):
        read_manifest(path)


def test_a_table_of_another_protocol_is_refused(tmp_path: Path) -> None:
    """A manifest says how one protocol is spoken, not two."""
    path = written(tmp_path, DONORS + '\n[ehealth]\nsearch = "/a"\nsummary = "/b"\n')

    with pytest.raises(ManifestError, match="plain-rest and no other"):
        read_manifest(path)


def test_a_folder_is_named_as_its_source(tmp_path: Path) -> None:
    """A registry is found under its own name."""
    written(tmp_path, DONORS, "charity")

    with pytest.raises(ManifestError, match="another name"):
        find_registries(tmp_path)


def test_the_catalog_is_what_the_folders_say(tmp_path: Path) -> None:
    """A folder with a manifest is a registry, any other is not."""
    written(tmp_path, DONORS.replace('"donors"', '"our-charity"', 1), "our_charity")
    (tmp_path / "protocols").mkdir()

    assert set(find_registries(tmp_path)) - set(find_registries()) == {"our-charity"}


def test_two_registries_of_one_name_are_refused(tmp_path: Path) -> None:
    """A folder of the deployment's own cannot take the place of one of ours."""
    written(tmp_path, DONORS)

    with pytest.raises(ManifestError, match="has this name already"):
        find_registries(tmp_path)
