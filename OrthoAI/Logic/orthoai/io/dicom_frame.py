"""One DICOM image plane, as its header describes it. Patient attributes are never read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset

from orthoai.errors import InputError
from orthoai.geometry import Triple
from orthoai.io.dicom_mark import HEAD_BYTES, is_marked

HEADER_TAGS = [
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "SeriesNumber",
    "SeriesDescription",
    "Modality",
    "ImageType",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "SliceThickness",
    "SpacingBetweenSlices",
    "RescaleSlope",
    "RescaleIntercept",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
]
"""All that is read of a header; no patient attribute is among them."""

LARGEST = 1e6
"""No millimeters and no rescaling of an image go beyond it."""

LEAST_FRAME_BYTES = 8
"""Of a frame in its file: so long is the head alone of a compressed one."""


@dataclass(frozen=True)
class Frame:
    """One plane of voxels.

    Attributes:
        path: its file.
        index: its number among the file's frames, 0 in a classic file.
        rows, columns: its size.
        position: LPS mm of the center of the first voxel; None where the file gives none.
        orientation: LPS unit vectors along a row (i grows) and along a column (j grows); None where not given.
        spacing: mm between columns and between rows (i, j); None where not given.
        thickness: mm from this slice to the next as far as the header says; 1 where it does not.
        slope, intercept: value = stored * slope + intercept.
        is_scaled: whether the file says so; else 1 and 0 are assumed.
    """

    path: Path
    index: int
    rows: int
    columns: int
    position: Triple | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, float] | None
    thickness: float
    slope: float
    intercept: float
    is_scaled: bool


@dataclass(frozen=True)
class Header:
    """What one DICOM file says about itself.

    Attributes:
        sop_uid, study_uid, series_uid, frame_of_reference_uid: empty where not given.
        series_number, description, modality: empty where not given.
        localizer: an overview image for planning.
        color: more than one value per pixel.
        frames: its planes; empty where it holds no image.
    """

    path: Path
    sop_uid: str
    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    series_number: str
    description: str
    modality: str
    localizer: bool
    color: bool
    frames: tuple[Frame, ...]


def read_header(path: Path) -> Header | None:
    """The header of a DICOM file; None where the file is no DICOM file.

    Raises:
        InputError: it is one, but its header is damaged.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    signed = is_marked(head)
    if not signed and not _starts_with_data_set(head):
        return None
    try:
        # The decorated list keeps sequences whole and leaves everything else, patients' names included, unread.
        data = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(HEADER_TAGS), force=True)
        return _header(data, path)
    except (OSError, InputError):
        raise
    except Exception as error:  # pydicom lets struct, key, value and type errors of a damaged file through.
        if not signed and not series_of(path):
            return None  # Two first bytes are all that spoke for it.
        raise InputError(f"{path.name} has a damaged DICOM header; export the series again.") from error


def series_of(path: Path) -> str:
    """SeriesInstanceUID of a file whose header is damaged elsewhere; empty where that cannot be read either."""
    try:
        data = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SeriesInstanceUID"], force=True)
        return _text(data, "SeriesInstanceUID")
    except Exception:  # As above.
        return ""


def _starts_with_data_set(head: bytes) -> bool:
    """As files before 1993 and some exports do, which lack the DICOM prefix."""
    return head[:2] in (b"\x02\0", b"\x08\0") and head[2:4] in (b"\0\0", b"\x01\0", b"\x05\0", b"\x08\0", b"\x10\0")


# Data set to header


def _header(data: Dataset, path: Path) -> Header:
    image_type = [str(part).upper() for part in _list(data.get("ImageType"))]
    return Header(
        path=path,
        sop_uid=_text(data, "SOPInstanceUID"),
        study_uid=_text(data, "StudyInstanceUID"),
        series_uid=_text(data, "SeriesInstanceUID"),
        frame_of_reference_uid=_text(data, "FrameOfReferenceUID"),
        series_number=_text(data, "SeriesNumber"),
        description=_text(data, "SeriesDescription"),
        modality=_text(data, "Modality"),
        localizer="LOCALIZER" in image_type,
        color=int(data.get("SamplesPerPixel") or 1) > 1 or _text(data, "PhotometricInterpretation") == "PALETTE COLOR",
        frames=_frames(data, path),
    )


def _frames(data: Dataset, path: Path) -> tuple[Frame, ...]:
    rows, columns = int(data.get("Rows") or 0), int(data.get("Columns") or 0)
    if rows == 0 or columns == 0:
        return ()
    count = int(data.get("NumberOfFrames") or 1)
    if not 1 <= count <= path.stat().st_size // LEAST_FRAME_BYTES:
        raise InputError(f"{path.name} cannot hold the {count} frames that it announces; export the series again.")
    shared = _first(data, "SharedFunctionalGroupsSequence")
    per_frame = _list(data.get("PerFrameFunctionalGroupsSequence"))
    if per_frame and len(per_frame) != count:
        raise InputError(f"{path.name} is truncated: it announces {count} frames and describes {len(per_frame)}.")
    return tuple(
        _frame(_Lookup([per_frame[n]] if per_frame else [], shared, data), path, n, rows, columns) for n in range(count)
    )


def _frame(lookup: _Lookup, path: Path, index: int, rows: int, columns: int) -> Frame:
    position = _floats(lookup.get("PlanePositionSequence", "ImagePositionPatient"))
    orientation = _floats(lookup.get("PlaneOrientationSequence", "ImageOrientationPatient"))
    spacing = _floats(lookup.get("PixelMeasuresSequence", "PixelSpacing", "ImagerPixelSpacing"))
    thickness = _floats(lookup.get("PixelMeasuresSequence", "SpacingBetweenSlices", "SliceThickness"))
    slope = _floats(lookup.get("PixelValueTransformationSequence", "RescaleSlope"))
    intercept = _floats(lookup.get("PixelValueTransformationSequence", "RescaleIntercept"))
    return Frame(
        path=path,
        index=index,
        rows=rows,
        columns=columns,
        position=(position[0], position[1], position[2]) if len(position) == 3 else None,
        orientation=orientation if len(orientation) == 6 else None,
        # DICOM gives the distance between rows (j) first.
        spacing=(spacing[1], spacing[0]) if len(spacing) == 2 and min(spacing) > 0 else None,
        thickness=abs(thickness[0]) if thickness and thickness[0] != 0 else 1.0,
        slope=slope[0] if slope and slope[0] != 0 else 1.0,
        intercept=intercept[0] if intercept else 0.0,
        is_scaled=bool(slope or intercept),
    )


class _Lookup:
    """Attributes of one frame: its own functional groups, then the shared ones, then the top of the data set."""

    def __init__(self, own: Sequence[Dataset], shared: Dataset | None, top: Dataset) -> None:
        self._groups = [*own, *([] if shared is None else [shared])]
        self._top = top

    def get(self, group: str, *keywords: str) -> Any:
        for keyword in keywords:
            for functional in self._groups:
                macro = _first(functional, group)
                if macro is not None and macro.get(keyword) not in (None, ""):
                    return macro.get(keyword)
            if self._top.get(keyword) not in (None, ""):
                return self._top.get(keyword)
        return None


def _first(data: Dataset, sequence: str) -> Dataset | None:
    items = data.get(sequence)
    return items[0] if items else None


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return [value] if isinstance(value, str) or not hasattr(value, "__iter__") else list(value)


def _floats(value: Any) -> tuple[float, ...]:
    numbers = tuple(float(v) for v in _list(value))
    if not all(abs(number) <= LARGEST for number in numbers):  # Not a number is not smaller either.
        raise ValueError(numbers)
    return numbers


def _text(data: Dataset, keyword: str) -> str:
    value = data.get(keyword)
    return "" if value is None else str(value).strip()
