"""Grad-CAM (Selvaraju et al. 2017) in closed form: no gradients at run time, hence no torch.

A classifier here averages its last feature maps and grades the averages. The gradient of a grade by a pixel of map k is
then the same for all pixels of k: the slope of the grade by the average, which the network itself answers.

Both signs are shown. Grad-CAM keeps what speaks for a class; of yes and no, one is the other's opposite, and of nearly
all discs the answer is no. What speaks for yes is then what is left over beside the disc: it does not say why it is no.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray


def grad_cam(features: NDArray[np.float32], slopes: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """What decides a grade, for or against it, and where: ``shape``, 0..1; all 0 where nothing does.

    Args:
        features: (K, h, w) last feature maps of one crop. Cell n of an axis with step s lies at pixel n * s, where
            convolutions of stride 2, odd width and half padding put it, not in the middle of s pixels.
        slopes: (K,) change of the grade's logit per change of each map's mean.
        shape: pixels (rows, columns) of the crop, multiples of (h, w).
    """
    heat = np.abs(np.tensordot(slopes, features, axes=1)).astype(np.float32)
    peak = heat.max()
    if peak <= 0:
        return np.zeros(shape, np.float32)
    # The last cells reach to the far edges.
    source = sitk.GetImageFromArray(np.pad(heat / peak, (0, 1), mode="edge"))
    source.SetSpacing([side / cells for side, cells in zip(shape[::-1], heat.shape[::-1], strict=True)])
    target = sitk.Image(shape[1], shape[0], sitk.sitkFloat32)
    grown = sitk.Resample(source, target, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat32)
    return np.clip(sitk.GetArrayFromImage(grown), 0, 1)
