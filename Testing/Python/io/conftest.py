"""DICOM files made for a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

CT_STORAGE = UID("1.2.840.10008.5.1.4.1.1.2")


def stored(k: int) -> np.ndarray:
    """Stored values of slice k: 6 rows, 8 columns, all different."""
    return (np.arange(48).reshape(6, 8) + 100 * k).astype(np.int16)


@pytest.fixture
def dicom_series() -> Callable[..., list[Path]]:
    """Writer of a small CT series: ``dicom_series(folder, count, edit)``; ``edit(data, k)`` changes slice k."""

    def write(folder: Path, count: int = 4, edit: Callable[[Dataset, int], Any] | None = None) -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        study, series, frame = generate_uid(), generate_uid(), generate_uid()
        paths = []
        for k in range(count):
            data = Dataset()
            data.SOPClassUID, data.SOPInstanceUID = CT_STORAGE, generate_uid()
            data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = study, series, frame
            data.Modality, data.SeriesNumber, data.SeriesDescription = "CT", 2, "Pelvis 2.5 soft"
            data.PatientName, data.PatientID = "Doe^Jane", "SECRET-1"
            data.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
            data.Rows, data.Columns, data.SamplesPerPixel = 6, 8, 1
            data.PhotometricInterpretation = "MONOCHROME2"
            data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
            data.PixelSpacing, data.SliceThickness = [0.75, 0.5], 3
            data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
            data.ImagePositionPatient = [-10, 20, 300 + 2.5 * k]
            data.RescaleSlope, data.RescaleIntercept = 1, -1024
            data.PixelData = stored(k).tobytes()
            if edit is not None:
                edit(data, k)
            data.file_meta = FileMetaDataset()
            data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
            data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
            # Names in an order that is not the slices' order.
            path = folder / f"IM{(k * 7) % 10}{k}"
            data.save_as(path, enforce_file_format=True)
            paths.append(path)
        return paths

    return write
