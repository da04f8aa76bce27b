"""Whether a volume still holds the voxels that it held."""

from __future__ import annotations

from typing import Any

ImageStamp = tuple[int, ...]

IMAGE_CHANGED = "The image has changed since the task ran on it: bring that image back, or run the task again."


def imageStamp(volumeNode: Any) -> ImageStamp:
    """VTK's modification times of the image and its scalars, which no two images share; () where there is no image.

    They change with every edit that VTK is told of, and come back with the image, as when a sequence is scrubbed.

    Args:
        volumeNode: vtkMRMLScalarVolumeNode.
    """
    image = volumeNode.GetImageData()
    if image is None:
        return ()
    scalars = image.GetPointData().GetScalars()
    return (image.GetMTime(),) if scalars is None else (image.GetMTime(), scalars.GetMTime())
