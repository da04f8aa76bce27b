"""The part of showing a result that reads its voxels, and needs no scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orthoai.packed_map import pack
from orthoai.result import VERTEBRAE, Result

from OrthoAILib.Bridge.Extent import EMPTY, Extent
from OrthoAILib.Bridge.MaskArchive import MaskArchive
from OrthoAILib.Bridge.Masks import Mask, cropOf, extentOf


@dataclass(frozen=True)
class PreparedResult:
    """Masks of a result, cropped and archived. May be made in any thread, so that the GUI does not wait for it.

    Attributes:
        masks: by label value, for every label of the result.
        archive: the same as text (MaskArchive).
        vertebrae: the extra of that name as text (orthoai.packed_map); None where the task gave none.
    """

    masks: dict[int, Mask]
    archive: str
    vertebrae: str | None = None

    @classmethod
    def of(cls, result: Result, extents: Mapping[int, Extent] | None = None) -> PreparedResult:
        """Read the masks of a result.

        Args:
            result: its segmentation may be memory-mapped: only ``extents`` are read.
            extents: by label value the smallest half-open extent (i0, i1, j0, j1, k0, k1) of its voxels; a value
                that is absent has no voxels. None walks the whole segmentation once for each label.
        """
        masks = {}
        for value in result.labels:
            extent = extentOf(result.segmentation, value) if extents is None else extents.get(value, EMPTY)
            masks[value] = cropOf(result.segmentation, value, extent)
        bodies = result.extra(VERTEBRAE)
        return cls(masks, MaskArchive.toText(masks), None if bodies is None else pack(bodies.voxels))
