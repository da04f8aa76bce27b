"""CMakeLists.txt, OrthoAI.s4ext and OrthoAI.json say the same, and what they point to is there."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

SCHEMA_KEYS = {
    *("$schema", "category", "scm_url", "scm_revision", "scm_type", "build_dependencies", "build_subdirectory"),
    *("enabled", "tier", "dicom_support_rule"),
}
"""All that version 1.0.2 of Slicer's schema knows; further keys are refused."""

CATEGORIES = {"Segmentation", "Active Learning", "Quantification", "Planning", "Training"}
"""Those of the catalog's categories that fit."""

S4EXT_TO_CMAKE = {
    "homepage": "EXTENSION_HOMEPAGE",
    "contributors": "EXTENSION_CONTRIBUTORS",
    "category": "EXTENSION_CATEGORY",
    "iconurl": "EXTENSION_ICONURL",
    "status": "EXTENSION_STATUS",
    "tier": "EXTENSION_TIER",
    "description": "EXTENSION_DESCRIPTION",
    "screenshoturls": "EXTENSION_SCREENSHOTURLS",
    "enabled": "EXTENSION_ENABLED",
    "depends": "EXTENSION_DEPENDS",
    "keywords": "EXTENSION_KEYWORDS",
    "build_subdirectory": "EXTENSION_BUILD_SUBDIRECTORY",
}


@pytest.fixture(scope="module")
def cmake() -> dict[str, str]:
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    # The catalog's checker wants each on one line.
    found = re.findall(r'^set\((EXTENSION_\w+) "?([^"\n]*?)"?\)$', text, re.MULTILINE)
    project = re.search(r"^project\((\w+)\)$", text, re.MULTILINE)
    assert project is not None
    return {**dict(found), "project": project.group(1)}


@pytest.fixture(scope="module")
def s4ext() -> dict[str, str]:
    lines = (ROOT / "OrthoAI.s4ext").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return {key: value for key, _, value in pairs}


@pytest.fixture(scope="module")
def entry() -> dict[str, object]:
    return json.loads((ROOT / "OrthoAI.json").read_text(encoding="utf-8"))


def in_tree(url: str) -> Path:
    """The file of this repository that a raw URL of its main branch shows."""
    return ROOT / url.partition("/main/")[2]


@pytest.mark.parametrize(("key", "name"), S4EXT_TO_CMAKE.items())
def test_s4ext_and_cmake_agree(s4ext, cmake, key, name):
    assert s4ext[key] == cmake[name]
    assert s4ext[key]


def test_json_agrees_with_both(entry, s4ext, cmake):
    assert cmake["project"] == "OrthoAI"
    assert entry["category"] == s4ext["category"]
    assert entry["scm_url"] == s4ext["scmurl"]
    assert entry["scm_type"] == s4ext["scm"]
    assert entry["scm_revision"] == s4ext["scmrevision"]
    assert entry["build_dependencies"] == s4ext["depends"].split()
    assert entry["build_subdirectory"] == s4ext["build_subdirectory"]
    assert str(entry["tier"]) == s4ext["tier"]
    assert entry["enabled"] is (s4ext["enabled"] == "1")


def test_json_has_what_the_schema_asks_for_and_nothing_else(entry):
    assert {"$schema", "category", "scm_url"} <= entry.keys() <= SCHEMA_KEYS
    assert entry["category"] in CATEGORIES


@pytest.mark.parametrize("name", ["OrthoAI.json", "OrthoAI.s4ext", "CMakeLists.txt"])
def test_lines_end_as_the_catalog_wants(name):
    data = (ROOT / name).read_bytes()
    assert b"\r" not in data
    assert data.endswith(b"\n")


def test_the_source_url_is_the_homepage(s4ext):
    assert s4ext["scmurl"] == s4ext["homepage"] + ".git"
    assert s4ext["homepage"].rpartition("/")[2] == "SlicerOrthoAI"


def test_the_icon_is_in_the_tree_and_has_128_pixels_each_way(cmake):
    data = in_tree(cmake["EXTENSION_ICONURL"]).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">II", data[16:24]) == (128, 128)


def test_every_screenshot_is_in_the_tree(cmake):
    urls = cmake["EXTENSION_SCREENSHOTURLS"].split()
    assert urls
    assert [url for url in urls if not in_tree(url).is_file()] == []


def test_the_license_and_the_readme_are_where_the_build_looks():
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    for name in ("LICENSE", "README.md"):
        assert f'"${{CMAKE_CURRENT_SOURCE_DIR}}/{name}"' in text
        assert (ROOT / name).is_file()


def test_the_description_is_short_and_says_what_it_is_not_for(cmake):
    assert len(cmake["EXTENSION_DESCRIPTION"]) < 250
    assert "not a medical device" in cmake["EXTENSION_DESCRIPTION"]


def test_the_module_tells_slicer_the_same(cmake):
    text = (ROOT / "OrthoAI" / "OrthoAI.py").read_text(encoding="utf-8")
    assert f'contributors = ["{cmake["EXTENSION_CONTRIBUTORS"]}"]' in text
    assert f'"{cmake["EXTENSION_CATEGORY"]}")]' in text
