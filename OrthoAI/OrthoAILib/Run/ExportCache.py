"""The file of the volume that was exported last, so that a second run on it writes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from OrthoAILib.Run.VolumeExport import VolumeExport, Write

if TYPE_CHECKING:
    from orthoai.geometry import Geometry

SUFFIX = ".nrrd"


class ExportCache:
    """Keeps one exported volume in ``folder``: volumes can be a gigabyte, so never more.

    Args:
        folder: made when needed; :meth:`clear` removes it.
        write: orthoai.worker.exchange.write_exchange, or a stand-in.
    """

    def __init__(self, folder: Path, write: Write) -> None:
        self.folder = folder
        self._write = write
        self._key: tuple | None = None
        self._export: VolumeExport | None = None

    def export(self, volumeNode, voxels, geometry: Geometry) -> VolumeExport:
        """The file of ``volumeNode``: the former one when its voxels and grid are as they were, else a new one."""
        image = volumeNode.GetImageData()
        key = (volumeNode.GetID(), image.GetMTime(), image.GetPointData().GetScalars().GetMTime(), geometry)
        reusable = self._export is not None and key == self._key and not (self._export.isDone and self._export.problem)
        if not reusable or not self._export.path.exists() and self._export.isDone:
            self.forget()
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"volume-{uuid4().hex[:12]}{SUFFIX}"
            self._key, self._export = key, VolumeExport(self._write, voxels, geometry, path, image)
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
