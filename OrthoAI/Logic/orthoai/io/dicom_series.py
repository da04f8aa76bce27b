"""Which series of a DICOM folder to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orthoai.errors import InputError
from orthoai.geometry import Triple
from orthoai.io.dicom_frame import Frame, Header

VOLUME_MODALITIES = ("CT", "MR")
"""What is read when nobody names a series."""


@dataclass(frozen=True)
class Series:
    """The images of one series; localizers, repeated files and files without an image are left out."""

    headers: tuple[Header, ...]

    @property
    def first(self) -> Header:
        """Speaks for the series."""
        return self.headers[0]

    @property
    def frames(self) -> tuple[Frame, ...]:
        """All planes; those without a position are left out where others have one (screen shots, dose sheets)."""
        frames = tuple(frame for header in self.headers for frame in header.frames)
        placed = tuple(frame for frame in frames if frame.position is not None)
        return placed or frames

    @property
    def summary(self) -> str:
        """Its number, modality and size, without the description, in which some sites write names."""
        images = len(self.frames)
        return f"{self.first.series_number or '?'} ({self.first.modality}, {images} image{'s' if images > 1 else ''})"


def group(headers: Iterable[Header]) -> list[Series]:
    """Headers by SeriesInstanceUID, most images first."""
    groups: dict[str, dict[tuple[str, Triple | None], Header]] = {}
    for header in headers:
        if header.frames and not header.localizer and header.modality != "SEG":
            members = groups.setdefault(header.series_uid, {})
            # Not the UID alone: some anonymizers give one to all slices.
            members.setdefault((header.sop_uid or str(header.path), header.frames[0].position), header)
    found = [Series(tuple(members.values())) for members in groups.values()]
    return sorted(found, key=lambda series: -len(series.frames))


def choose(found: Sequence[Series], wanted: str | None, modality: str | None = None) -> Series:
    """The series that ``wanted`` names by UID, number or part of the description; else the largest one of ``modality``,
    else the largest CT or MR.

    Raises:
        InputError: none, or several, with the numbers to choose from.
    """
    if wanted is None:
        volumes = [series for series in found if series.first.modality in VOLUME_MODALITIES]
        if not volumes:
            raise InputError("The folder has no CT or MR series with images; choose another folder.")
        return next((series for series in volumes if series.first.modality == modality), volumes[0])
    named = _named(found, wanted)
    if not named:
        raise InputError(f"No series matches {wanted!r}; the folder has series {_listed(found)}.")
    if len(named) > 1:
        raise InputError(f"Several series match {wanted!r}: {_listed(named)}; name one by its number or UID.")
    return named[0]


def _named(found: Sequence[Series], wanted: str) -> list[Series]:
    text = wanted.strip().lower()
    tests = (
        lambda header: header.series_uid.lower() == text,
        lambda header: header.series_number == text,
        lambda header: header.description.lower() == text,
        lambda header: bool(text) and text in header.description.lower(),
    )
    for test in tests:
        if named := [series for series in found if test(series.first)]:
            return named
    return []


def _listed(found: Sequence[Series]) -> str:
    return ", ".join(series.summary for series in found) or "none"
