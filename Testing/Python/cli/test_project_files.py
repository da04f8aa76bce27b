"""README, Makefile, lock and pyproject agree, and no file knows the machine it was written on."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from orthoai.cli.main import HELP

ROOT = Path(__file__).parents[3]

# Put together here, so that this file does not hold what it looks for.
HOSTS = ["pypi" + ".org", "python" + "hosted", "npm" + "js.", "deb." + "debian"]
MACHINE_PATHS = ["/" + top + "/" for top in ("work", "root", "farm")] + [
    "/" + "tmp/" + name for name in ("v/", "spec", "bash")
]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code_of(readme: str) -> str:
    """The code blocks and code words of a Markdown text."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", readme, flags=re.DOTALL))


def package_names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", line, maxsplit=1)[0].lower().replace("_", "-") for line in requirements}


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads(read("pyproject.toml"))


def tracked_files() -> list[Path]:
    try:
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [path for name in listing.decode().split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize(("what", "needles"), [("machine path", MACHINE_PATHS), ("registry host", HOSTS)])
def test_no_file_holds_a(what: str, needles: list[str]) -> None:
    # Not inside a longer path or word: "net/work/" is no machine path.
    pattern = re.compile(rb"(?<![\w.~/-])(?:%s)" % b"|".join(re.escape(needle.encode()) for needle in needles))
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]!r}"
        for path in tracked_files()
        if (hit := pattern.search(path.read_bytes()))
    ]
    assert found == []


def test_every_make_command_of_the_readme_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), flags=re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)", code_of(read("README.md"))))
    assert {"demo", "test"} <= named <= targets


def test_every_orthoai_command_of_the_readme_exists() -> None:
    named = set(re.findall(r"\borthoai ([a-z]+)\b", code_of(read("README.md"))))
    assert "run" in named and named <= set(HELP)


def test_every_phony_target_of_the_makefile_exists_and_help_shows_the_public_ones() -> None:
    makefile = read("Makefile")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)[1].split())
    assert phony == targets
    assert set(re.findall(r'@echo "make (\w+)', makefile)) == targets - {"help", "setup"}


def test_ci_runs_the_same_tests_as_a_person() -> None:
    assert "make test" in read(".ci/run")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_the_lock_holds_every_package_that_pyproject_asks_for(project: dict) -> None:
    locked = package_names(re.findall(r"^[\w.-]+==.*$", read("requirements.lock"), flags=re.MULTILINE))
    extras = project["project"]["optional-dependencies"]
    wanted = package_names([*project["project"]["dependencies"], *extras["train"], *extras["test"]])
    assert wanted <= locked
    # --no-build-isolation builds with what the lock installs.
    assert package_names(project["build-system"]["requires"]) <= locked


def test_the_lock_pins_exact_versions_and_names_no_address() -> None:
    lines = [line for line in read("requirements.lock").splitlines() if line and not line.lstrip().startswith("#")]
    assert all(re.match(r"^[a-z0-9.-]+==[\w.+]+( ; .*)?$", line) for line in lines)
    assert "://" not in read("requirements.lock")


def test_cv2_comes_without_a_window_system() -> None:
    lock = read("requirements.lock")
    assert re.search(r"^opencv-python-headless==\S+$", lock, flags=re.MULTILINE)
    assert re.search(r"^opencv-python==\S+ ; sys_platform == 'never'$", lock, flags=re.MULTILINE)


def test_the_license_is_apache_2(project: dict) -> None:
    assert project["project"]["license"] == "Apache-2.0"
    text = read("LICENSE")
    assert "Apache License" in text and "END OF TERMS AND CONDITIONS" in text


def test_the_readme_says_plainly_where_the_yolo_weights_come_from() -> None:
    readme = read("README.md")
    assert "AGPL-3.0" in readme and "ultralytics" in readme.lower() and "Apache-2.0" in readme
