"""Writes a case in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from orthoai.dataset import DatasetCase
from orthoai.errors import InputError
from orthoai.io.digest import values_sha256

from OrthoAILib.Bridge.ImageStamp import IMAGE_CHANGED
from OrthoAILib.Review.ExportRequest import ExportRequest

SaveCase = Callable[..., Path]
"""orthoai.dataset.save_case or a stand-in: (dataset, volume, review) to the case's folder."""


class CaseWriter:
    """One case being written. It appears whole or not at all, so nothing has to be stopped half-way.

    Args:
        save: called in the thread.
        request: held until the thread has ended.
    """

    def __init__(self, save: SaveCase, request: ExportRequest) -> None:
        self.problem = ""
        """One sentence when it failed, else empty. Valid when ``isDone``."""
        self.folder: Path | None = None
        """Of the case, when it was written."""
        self.revision = 0
        """That the training set gave it, which may hold newer ones than the review knew of."""
        self._thread = threading.Thread(target=self._work, args=(save, request), name="OrthoAI case export")
        self._thread.start()

    @property
    def isDone(self) -> bool:
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Block until it is written: when Slicer closes, the case must not be lost."""
        self._thread.join()

    def _work(self, save: SaveCase, request: ExportRequest) -> None:
        try:
            # An image may be changed in a scene in which nobody watches it.
            if request.imageDigest and values_sha256(request.volume.voxels) != request.imageDigest:
                raise InputError(IMAGE_CHANGED)
            self.folder = save(request.dataset, request.volume, request.review)
            self.revision = DatasetCase(self.folder).lineage.revision
        except InputError as error:
            self.problem = str(error)
        except Exception as error:
            # A thread has nobody to raise to. The type tells what happened and holds no patient data.
            self.problem = f"The case could not be written ({type(error).__name__}); check the training set's folder."
