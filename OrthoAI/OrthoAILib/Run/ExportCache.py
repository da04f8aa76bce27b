"""The file of the volume that was exported last, so that a second run on it writes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from OrthoAILib.Bridge.ImageStamp import imageStamp
from OrthoAILib.Run.VolumeExport import VolumeExport, WriteExchange

if TYPE_CHECKING:
    import numpy as np
    from orthoai.geometry import Geometry

SUFFIX = ".nrrd"


class ExportCache:
    """Keeps one exported volume in ``folder``; a volume can be a gigabyte, so never more.

    Args:
        folder: made when needed; :meth:`clear` removes it.
        write: orthoai.worker.exchange.write_exchange, or a stand-in.
    """

    def __init__(self, folder: Path, write: WriteExchange) -> None:
        self.folder = folder
        self._write = write
        self._key: tuple | None = None
        self._export: VolumeExport | None = None

    def export(self, volumeNode: Any, voxels: np.ndarray, geometry: Geometry) -> VolumeExport:
        """The file of ``volumeNode``: the former one when its voxels and grid are as they were, else a new one.

        Raises:
            OSError: the folder cannot be made.
        """
        key = (volumeNode.GetID(), imageStamp(volumeNode), geometry)
        if self._export is None or key != self._key or not self._export.isUsable:
            self.forget()
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"volume-{uuid4().hex[:12]}{SUFFIX}"
            self._key = key
            self._export = VolumeExport(self._write, voxels, geometry, path, volumeNode.GetImageData())
        return self._export

    def forget(self) -> None:
        """Drop the file."""
        if self._export is not None:
            self._export.abandon()
        self._key = self._export = None

    def clear(self) -> None:
        """Drop the file and everything else in the folder."""
        self.forget()
        shutil.rmtree(self.folder, ignore_errors=True)
