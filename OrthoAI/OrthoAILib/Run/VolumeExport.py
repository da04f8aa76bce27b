"""Writing a volume for the worker without holding up the GUI."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orthoai.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from orthoai.geometry import Geometry

Write = Callable[["np.ndarray", "Geometry", Path], Any]
"""orthoai.worker.exchange.write_exchange, or a stand-in: (voxels (K, J, I), geometry, path)."""


class VolumeExport:
    """One volume on its way to a file, in a thread of its own.

    Args:
        write: called in the thread.
        voxels: array (K, J, I), usually a view on VTK's memory; held until the thread has ended.
        geometry: LPS mm.
        path: file to write; removed when the writing fails or was abandoned.
        owner: whatever must stay alive as long as ``voxels`` is read, such as the vtkImageData.
    """

    def __init__(self, write: Write, voxels: np.ndarray, geometry: Geometry, path: Path, owner: object = None) -> None:
        self.path = path
        self.problem = ""
        """One sentence when it failed, else empty. Valid when ``isDone``."""
        self._write = write
        self._source: tuple | None = (voxels, geometry, owner)
        self._abandoned = False
        self._thread = threading.Thread(target=self._work, name="OrthoAI volume export", daemon=True)
        self._thread.start()

    @property
    def isDone(self) -> bool:
        """Whether the file is complete or the writing has failed."""
        return not self._thread.is_alive()

    def abandon(self) -> None:
        """Nobody wants the file anymore. Returns at once; the thread removes the file when it ends."""
        self._abandoned = True
        if self.isDone:
            self.path.unlink(missing_ok=True)

    def _work(self) -> None:
        assert self._source is not None
        voxels, geometry, _owner = self._source
        try:
            self._write(voxels, geometry, self.path)
        except InputError as error:
            self.problem = str(error)
        except OSError as error:
            self.problem = f"The image could not be written for the run ({error.strerror or 'disk error'})."
        except Exception as error:
            # A thread has nobody to raise to. The type tells what happened and holds no patient data.
            self.problem = f"The image could not be written for the run ({type(error).__name__})."
        finally:
            self._source = None
            if self._abandoned or self.problem:
                self.path.unlink(missing_ok=True)
