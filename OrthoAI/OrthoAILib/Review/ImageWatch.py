"""Notices that a volume holds another image, as that of a sequence does when it is scrubbed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer

from OrthoAILib.Bridge.ImageStamp import ImageStamp, imageStamp


class ImageWatch:
    """Watches the voxels that a result was made of.

    Args:
        volumeNode: vtkMRMLScalarVolumeNode, or None.
        onTouched: called when the voxels may have changed.
        madeOf: stamp of the image that the result was made of; () where it is the one that the volume holds now.
    """

    def __init__(self, volumeNode: Any, onTouched: Callable[[], None], madeOf: ImageStamp = ()) -> None:
        self._volumeNode, self._onTouched = volumeNode, onTouched
        self._stamp = self._now()
        self._madeOf = madeOf or self._stamp
        self._tag = None
        if volumeNode is not None:
            self._tag = volumeNode.AddObserver(slicer.vtkMRMLVolumeNode.ImageDataModifiedEvent, self._onModified)

    @property
    def missed(self) -> ImageStamp:
        """Stamp of the image that the result was made of, where the volume held another at the last :meth:`settle`;
        else ().
        """
        return () if self._stamp == self._madeOf else self._madeOf

    def settle(self) -> bool:
        """Whether the volume holds another image than at the last call."""
        before, self._stamp = self._stamp, self._now()
        return self._stamp != before

    def close(self) -> None:
        """Stop watching."""
        if self._tag is not None:
            self._volumeNode.RemoveObserver(self._tag)
        self._tag = None

    def _now(self) -> ImageStamp:
        return () if self._volumeNode is None else imageStamp(self._volumeNode)

    def _onModified(self, caller: Any, event: str) -> None:
        self._onTouched()
