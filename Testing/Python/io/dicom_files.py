"""What the tests of DICOM files share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
from orthoai.geometry import Geometry
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, generate_uid

Writer = Callable[..., list[Path]]

GRID = Geometry((4, 6, 8), (0.5, 0.75, 2.5), (-10.0, 20.0, 300.0))


def expected(k: int) -> np.ndarray:
    return np.arange(48).reshape(6, 8) + 100 * k - 1024


def enhanced(path: Path, count: int = 3, echoes: int = 1) -> None:
    """One enhanced CT file with ``count`` frames; the last comes first in the file."""
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = UID("1.2.840.10008.5.1.4.1.1.2.1"), generate_uid()
    data.SeriesInstanceUID, data.Modality, data.ImageType = generate_uid(), "CT", ["ORIGINAL", "PRIMARY", "VOLUME"]
    data.Rows, data.Columns, data.SamplesPerPixel, data.NumberOfFrames = 6, 8, 1, count * echoes
    data.PhotometricInterpretation = "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    measures, orientation, values, shared = Dataset(), Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.75, 0.5], 2.5
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    values.RescaleSlope, values.RescaleIntercept = 1, -1024
    shared.PixelMeasuresSequence = Sequence([measures])
    shared.PlaneOrientationSequence = Sequence([orientation])
    shared.PixelValueTransformationSequence = Sequence([values])
    data.SharedFunctionalGroupsSequence = Sequence([shared])
    frames, pixels = [], []
    for k in reversed(range(count)):
        for _ in range(echoes):
            position, frame = Dataset(), Dataset()
            position.ImagePositionPatient = [-10, 20, 300 + 2.5 * k]
            frame.PlanePositionSequence = Sequence([position])
            frames.append(frame)
            pixels.append((expected(k) + 1024).astype(np.int16))
    data.PerFrameFunctionalGroupsSequence = Sequence(frames)
    data.PixelData = np.stack(pixels).tobytes()
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.save_as(path, enforce_file_format=True)
