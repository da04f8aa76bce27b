"""The images in a folder, which a worklist or a run over all of them goes through."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from orthoai.errors import InputError
from orthoai.io.dicom_mark import HEAD_BYTES, is_marked

SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
MASK_SUFFIX = ".seg.nrrd"
"""Segmentations that Slicer saved beside the images."""

DICOM_DEPTH = 4
"""Folders below the worklist's that are searched for DICOM: patient, study, series, and one for how exports do it."""

DICOM_PROBES = 5
"""Files of a folder that are looked into to tell whether it holds DICOM."""

READY_FOLDER = "orthoai-results"
"""Folder among the images with results that were made beforehand: TASK/NAME/ is what ``orthoai run`` writes of one."""


@dataclass(frozen=True)
class ImageEntry:
    """One image.

    Attributes:
        name: path below the folder with "/" between its parts; it identifies the case.
        path: the image file, or the folder of one DICOM series or study.
    """

    name: str
    path: Path

    @property
    def is_dicom(self) -> bool:
        """Whether it is a folder of DICOM files."""
        return self.path.is_dir()


def find_images(folder: Path) -> tuple[ImageEntry, ...]:
    """The images in ``folder`` (NIfTI, NRRD, MHA) and the folders below it that hold DICOM files, in reading order.

    Raises:
        InputError: the folder cannot be read.
    """
    folder = Path(folder)
    try:
        entries = [path for path in folder.iterdir() if not path.name.startswith(".")]
        found = [path for path in entries if path.is_file() and _is_image(path.name)]
    except OSError as error:
        raise InputError("The worklist folder cannot be read; choose another one.") from error
    for path in entries:
        if path.is_dir() and path.name != READY_FOLDER:
            found.extend(_dicom_folders(path, DICOM_DEPTH))
    named = (ImageEntry(path.relative_to(folder).as_posix(), path) for path in found)
    return tuple(sorted(named, key=lambda entry: _reading_order(entry.name)))


def _is_image(name: str) -> bool:
    name = name.lower()
    return name.endswith(SUFFIXES) and not name.endswith(MASK_SUFFIX)


def _dicom_folders(folder: Path, depth: int) -> list[Path]:
    """``folder`` if it holds DICOM files, else those below it that do."""
    try:
        entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        files = [path for path in entries if path.is_file()]
        if any(_is_dicom(path) for path in files[:DICOM_PROBES]):
            return [folder]
        below = [path for path in entries if depth > 1 and path.is_dir() and not path.is_symlink()]
    except OSError:
        return []  # A folder that may not be opened holds nothing for this reviewer.
    return [found for path in below for found in _dicom_folders(path, depth - 1)]


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as stream:
        return is_marked(stream.read(HEAD_BYTES))


def _reading_order(name: str) -> list[tuple[int, int, str]]:
    """case2 comes before case10."""
    parts = re.split(r"(\d+)", name.lower())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
