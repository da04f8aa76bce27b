"""Any supported image file or DICOM folder to a Volume, by its content."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

from orthoai.errors import InputError
from orthoai.io.dicom_mark import is_marked
from orthoai.io.nifti_header import is_nifti
from orthoai.volume import Volume

HEAD_BYTES = 4096
"""Read of a file to tell its kind."""

NAMED_KINDS = {
    ".nii": "NIfTI",
    ".nii.gz": "NIfTI",
    ".nrrd": "NRRD",
    ".nhdr": "NRRD",
    ".mha": "MetaImage",
    ".mhd": "MetaImage",
    ".dcm": "DICOM",
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
}
"""What a file's name promises."""

ACCEPTED = "a NIfTI, NRRD, MetaImage, DICOM, PNG or JPEG file or a DICOM folder"

META_KEYS = re.compile(rb"\s*(ObjectType|NDims|Comment|ObjectSubType)\s*=")


def read_volume(path: Path, series: str | None = None, modality: str | None = None) -> Volume:
    """Read an image; nothing is resampled, values are as the file means them (HU for CT).

    Args:
        path: a .nii, .nii.gz, .nrrd, .nhdr, .mha, .mhd, DICOM, .png or .jpg file, or a folder with DICOM files.
        series: of a DICOM folder with several: a SeriesInstanceUID, series number or part of the description; without
            it the CT or MR series with the most slices is read.
        modality: which of these is read where the folder has it, such as "MR".

    Returns:
        Voxels (K, J, I) with their LPS geometry; K is 1 for a 2D picture.

    Raises:
        InputError: one sentence that says what is wrong and what to do.
    """
    path = Path(path)
    try:
        if not path.exists():
            raise InputError(f"{path} does not exist; check the name.")
        if path.is_dir():
            from orthoai.io.dicom import read_folder

            return read_folder(path, series, modality)
        if not path.is_file():  # A pipe would keep the reader waiting for ever.
            raise InputError(f"{path} is neither a file nor a folder; name {ACCEPTED}.")
        return _read_file(path, series)
    except PermissionError as error:
        raise InputError(f"No permission to read {path}; ask for access or copy it.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or 'system error'}); copy it again.") from error
    except MemoryError as error:
        raise InputError(f"{path} is too large for this computer's memory; crop it or use another computer.") from error


def _read_file(path: Path, series: str | None) -> Volume:
    # Imported here: pydicom and SimpleITK take longer to load than a wrong name takes to find.
    kind = kind_of(path)
    if kind == "DICOM":
        from orthoai.io.dicom import read_file

        return read_file(path, series)
    if series is not None:
        raise InputError(f"{path.name} is one {kind} image, not a DICOM folder; leave the series out.")
    if kind in ("PNG", "JPEG"):
        from orthoai.io.picture import read_picture

        return read_picture(path)
    from orthoai.io import nifti_like

    readers = {"NIfTI": nifti_like.read_nifti, "NRRD": nifti_like.read_nrrd, "MetaImage": nifti_like.read_meta}
    return readers[kind](path)


def kind_of(path: Path) -> str:
    """The kind of a file ("NIfTI", "NRRD", "MetaImage", "DICOM", "PNG", "JPEG") by its content.

    Raises:
        InputError: none of these, or not what its name says.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    named = NAMED_KINDS.get(suffix_of(path))
    if not head:
        raise InputError(f"{path.name} is empty; copy it again.")
    kind = _kind_of_content(head, named)
    if kind is None and named is None:
        raise InputError(f"{path.name} is not an image that can be read; use {ACCEPTED}.")
    if kind is None:
        raise InputError(f"{path.name} is not a {named} file although its name says so; export the image again.")
    if kind != named and kind not in ("DICOM", "PNG", "JPEG"):  # These are often named otherwise, or not at all.
        suffixes = " or ".join(s for s, k in NAMED_KINDS.items() if k == kind)
        raise InputError(f"{path.name} holds a {kind} image under another name; rename it to end with {suffixes}.")
    return kind


def suffix_of(path: Path) -> str:
    """The suffix in lower case, ".nii.gz" as one."""
    name = path.name.lower()
    return ".nii.gz" if name.endswith(".nii.gz") else path.suffix.lower()


def _kind_of_content(head: bytes, named: str | None) -> str | None:
    if head[:2] == b"\x1f\x8b":
        head = _decompressed_start(head)
        return "NIfTI" if is_nifti(head) else None
    if is_nifti(head):
        return "NIfTI"
    if is_marked(head):
        return "DICOM"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if head[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if head[:4] == b"NRRD":
        return "NRRD"
    if META_KEYS.match(head):
        return "MetaImage"
    # Old DICOM files start with the data set itself: a group 0002 or 0008 element.
    old = head[:2] in (b"\x02\0", b"\x08\0") and head[3:4] == b"\0"
    return "DICOM" if old and named in (None, "DICOM") else None


def _decompressed_start(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head)
    except (zlib.error, gzip.BadGzipFile):
        return b""
