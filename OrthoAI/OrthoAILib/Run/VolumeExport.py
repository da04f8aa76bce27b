"""Writing a volume for the worker without holding up the GUI."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orthoai.errors import Canceled, InputError
from orthoai.io.digest import values_sha256
from orthoai.progress import Progress

if TYPE_CHECKING:
    import numpy as np
    from orthoai.geometry import Geometry

WriteExchange = Callable[["np.ndarray", "Geometry", Path, Progress], Any]
"""orthoai.worker.exchange.write_exchange, or a stand-in: (voxels (K, J, I), geometry, path, progress)."""


class VolumeExport:
    """One volume on its way to a file, in a thread of its own.

    Args:
        write: called in the thread; leaves nothing behind when it fails.
        voxels: array (K, J, I), usually a view on VTK's memory; held until the thread has ended.
        geometry: LPS mm.
        path: file to write.
        owner: whatever must stay alive as long as ``voxels`` is read, such as the vtkImageData.
    """

    def __init__(
        self, write: WriteExchange, voxels: np.ndarray, geometry: Geometry, path: Path, owner: object = None
    ) -> None:
        self.path = path
        self.problem = ""
        """One sentence when it failed, else empty. Valid when ``isDone``."""
        self._digest = ""
        self._written = threading.Event()
        self._abandoned = threading.Event()
        self._thread = threading.Thread(
            target=self._work, args=(write, voxels, geometry, owner), name="OrthoAI volume export", daemon=True
        )
        self._thread.start()

    @property
    def isDone(self) -> bool:
        """Whether the file is complete or the writing has failed."""
        return self._written.is_set()

    def digest(self) -> str:
        """orthoai.io.digest.values_sha256 of the voxels; waits for it. Empty when the writing failed."""
        self._thread.join()
        return self._digest

    @property
    def isUsable(self) -> bool:
        """Whether the file is there or still on its way."""
        return not self.isDone or (not self.problem and self.path.exists())

    def abandon(self) -> None:
        """Nobody wants the file anymore. Returns at once; the thread removes the file when it ends."""
        self._abandoned.set()
        if self.isDone:
            self.path.unlink(missing_ok=True)

    def _work(self, write: WriteExchange, voxels: np.ndarray, geometry: Geometry, owner: object) -> None:
        try:
            write(voxels, geometry, self.path, Progress(is_canceled=self._abandoned.is_set))
        except (Canceled, InputError) as error:
            self.problem = str(error)
        except Exception as error:
            # A thread has nobody to raise to. The type tells what happened and holds no patient data.
            self.problem = f"The image could not be written for the run ({type(error).__name__}); try again."
        # The run begins from here on. Told before asking whether anybody still wants the file: either here or in
        # abandon the other thread's word is seen.
        self._written.set()
        if self._abandoned.is_set():
            self.path.unlink(missing_ok=True)
        elif not self.problem:
            self._digest = values_sha256(voxels)
