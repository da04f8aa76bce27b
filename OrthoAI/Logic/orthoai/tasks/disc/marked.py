"""Discs by the masks alone, for images that the detectors do not know, such as a crop of two discs."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.detect.detector import Detection
from orthoai.tasks.disc.labels import CANAL, DISC
from orthoai.tasks.disc.locate import DISC_CLASS
from orthoai.tasks.disc.picture import PixelMm

FROM_MASKS = "seen in the masks only, missed by the detectors: check it"

SCORE = 0.5
"""Stands in for a detector's, which there is none of."""

LEAST_DISCS = 2
"""One patch of "disc" may be a mistake; several in front of a canal are a spine."""

LEAST_DISC_MM2, LEAST_CANAL_MM2 = 100.0, 300.0
"""In the mid-sagittal slice. Of discs cut in the middle, the thinnest of old age have about 120."""


def marked_discs(labels: NDArray[np.uint8], pixel_mm: PixelMm) -> tuple[Detection, ...]:
    """The discs in ``labels`` (H, W) of a slice, in pixel edges; none unless there are several and a canal."""
    pixel_mm2 = pixel_mm[0] * pixel_mm[1]
    if np.count_nonzero(labels == CANAL) * pixel_mm2 < LEAST_CANAL_MM2:
        return ()
    shapes = sitk.LabelShapeStatisticsImageFilter()
    mask = sitk.GetImageFromArray((labels == DISC).astype(np.uint8))
    shapes.Execute(sitk.ConnectedComponent(mask, True))
    found = []
    for part in shapes.GetLabels():
        if shapes.GetNumberOfPixels(part) * pixel_mm2 >= LEAST_DISC_MM2:
            x, y, width, height = shapes.GetBoundingBox(part)
            found.append(Detection(DISC_CLASS, SCORE, float(x), float(y), float(x + width), float(y + height)))
    return tuple(found) if len(found) >= LEAST_DISCS else ()
