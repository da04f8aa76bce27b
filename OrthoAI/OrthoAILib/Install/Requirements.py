"""Which packages are needed, and which of them are not there. Looks, and installs nothing."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement


@dataclass(frozen=True)
class Distribution:
    """An installed package.

    Attributes:
        version: such as "2.6.0".
        requires: what it needs itself, as in its metadata.
    """

    version: str
    requires: tuple[str, ...] = ()


LookUp = Callable[[str], Distribution | None]
"""A package by name; None where it is not installed."""


def installedDistribution(name: str) -> Distribution | None:
    """Look a package up in the Python that runs this. Nothing is imported."""
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    return Distribution(found.version, tuple(found.requires or ()))


def readRequirements(path: Path) -> tuple[str, ...]:
    """The requirements in a file, one a line; comments, empty lines and options of pip are left out."""
    lines = (line.partition(" #")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith(("#", "-")))


def distributionName(requirement: str) -> str:
    """The package that a requirement names, in the spelling that compares: "monai" of "MONAI>=1.5"."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    return canonicalize_name(Requirement(requirement).name)


def missingRequirements(requirements: Iterable[str], lookUp: LookUp, trusted: Collection[str] = ()) -> tuple[str, ...]:
    """The requirements that what is installed does not meet, and what is absent of their own requirements.

    Deeper down only absence counts, not the version: torch asks for an older setuptools than Slicer's and works.

    Args:
        requirements: as in a requirements file.
        lookUp: finds installed packages.
        trusted: canonical names of packages that are neither looked up nor followed when another package needs them.
    """
    missing: list[str] = []
    seen: set[str] = set(trusted)
    for text in requirements:
        missing += _missing(text, lookUp, seen, top=True)
    return tuple(missing)


def _missing(text: str, lookUp: LookUp, seen: set[str], top: bool) -> Iterator[str]:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        if top:
            raise
        # Old packages have metadata that nobody can read anymore, and work.
        return
    name = canonicalize_name(requirement.name)
    if not _applies(requirement) or (name in seen and not top):
        return
    seen.add(name)
    found = lookUp(name)
    if found is None or (top and not requirement.specifier.contains(found.version, prereleases=True)):
        yield f"{requirement.name}{requirement.specifier}"
        return
    for needed in found.requires:
        yield from _missing(needed, lookUp, seen, top=False)


def _applies(requirement: Requirement) -> bool:
    """Whether it is for this system and not only for an extra."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def forgetCaches() -> None:
    """Let packages be found that another process has just installed."""
    importlib.invalidate_caches()
