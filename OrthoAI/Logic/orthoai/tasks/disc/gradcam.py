"""Grad-CAM (Selvaraju et al. 2017) in closed form: no gradients at run time, hence no torch.

A classifier here averages its last feature maps and grades the averages. The gradient of a grade by a pixel of map k is
then the same for all pixels of k: the slope of the grade by the average, which the network itself answers.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray


def grad_cam(features: NDArray[np.float32], slopes: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """What speaks for a grade, and where: ``shape``, 0..1; all 0 where nothing does.

    Args:
        features: (K, h, w) last feature maps of one crop.
        slopes: (K,) change of the grade's logit per change of each map's mean.
        shape: pixels (rows, columns) of the crop, which the maps cover whole.
    """
    heat = np.maximum(np.tensordot(slopes, features, axes=1), 0).astype(np.float32)
    peak = heat.max()
    if peak <= 0:
        return np.zeros(shape, np.float32)
    source = sitk.GetImageFromArray(heat / peak)
    steps = [side / cells for side, cells in zip(shape[::-1], heat.shape[::-1], strict=True)]
    source.SetSpacing(steps)
    source.SetOrigin([(step - 1) / 2 for step in steps])
    target = sitk.Image(shape[1], shape[0], sitk.sitkFloat32)
    grown = sitk.Resample(source, target, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat32, True)
    return np.clip(sitk.GetArrayFromImage(grown), 0, 1)
