"""Voxels with their place in the patient."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orthoai.geometry import Geometry


@dataclass(frozen=True)
class Source:
    """Where a volume came from, without patient data.

    Attributes:
        kind: "nifti", "nrrd", "mha", "dicom", "picture", "simulated" or "memory".
        sha256: of the file, or of the concatenated files of a series in slice order; empty when there is no file.
        uids: DICOM UIDs by name (study, series, frame_of_reference), empty otherwise.
        description: the series description, or empty.
    """

    kind: str = "memory"
    sha256: str = ""
    uids: dict[str, str] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True)
class Volume:
    """One image or label map: ``voxels[k, j, i]`` and a Geometry in LPS.

    Attributes:
        voxels: array (K, J, I); HU for CT. Never copied or resampled just to be read.
        modality: "CT", "MR", "XA" ... as DICOM writes it, or "" where the file does not say.
        source: the file's identity.
        notes: sentences on how it was read that its user should know.

    Example:
        >>> volume = Volume(np.zeros((4, 3, 2), np.int16), Geometry(shape=(4, 3, 2)))
        >>> volume.geometry.size
        (2, 3, 4)
    """

    voxels: NDArray
    geometry: Geometry
    modality: str = ""
    source: Source = field(default_factory=Source)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.voxels.shape != self.geometry.shape:
            raise ValueError(f"voxels have shape {self.voxels.shape}, the geometry says {self.geometry.shape}")

    def reoriented(self, codes: str = "LPS") -> Volume:
        """The same voxels as a view with axes permuted and flipped to the nearest ``codes``."""
        return replace(
            self,
            voxels=reorient_array(self.voxels, self.geometry, codes),
            geometry=self.geometry.reoriented(codes),
        )

    def cropped(self, start: ArrayLike, stop: ArrayLike) -> Volume:
        """The voxels ``start`` <= (i, j, k) < ``stop``, as a view."""
        (i0, j0, k0), (i1, j1, k1) = np.asarray(start, dtype=int), np.asarray(stop, dtype=int)
        return replace(
            self, voxels=self.voxels[k0:k1, j0:j1, i0:i1], geometry=self.geometry.cropped((i0, j0, k0), (i1, j1, k1))
        )

    def with_voxels(self, voxels: NDArray) -> Volume:
        """Other voxels on the same grid."""
        return replace(self, voxels=voxels)


def reorient_array(array: NDArray, geometry: Geometry, codes: str) -> NDArray:
    """View of ``array`` (K, J, I) on ``geometry`` with axes permuted and flipped to ``codes``."""
    steps = geometry.axes_to(codes)
    # Array axis 0 is k, so index axis n is array axis 2 - n.
    view = array.transpose([2 - steps[2][0], 2 - steps[1][0], 2 - steps[0][0]])
    flips = tuple(slice(None, None, -1) if steps[n][1] else slice(None) for n in (2, 1, 0))
    return view[flips]


def restore_array(array: NDArray, geometry: Geometry, codes: str) -> NDArray:
    """Undo :func:`reorient_array`: ``array`` lies on ``geometry.reoriented(codes)``; the view lies on ``geometry``."""
    return reorient_array(array, geometry.reoriented(codes), geometry.axis_codes)
