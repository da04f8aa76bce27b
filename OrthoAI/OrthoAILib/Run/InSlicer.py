"""A run controller with Slicer's own scene, timer and Python."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import slicer
from slicer.i18n import tr as _

from OrthoAILib.Bridge.PreparedResult import PreparedResult
from OrthoAILib.Bridge.ResultBridge import ResultBridge
from OrthoAILib.Bridge.ReviewBridge import ReviewBridge
from OrthoAILib.Bridge.VolumeBridge import VolumeBridge
from OrthoAILib.Install.Dependencies import Dependencies
from OrthoAILib.Run.Collaborators import Collaborators
from OrthoAILib.Run.DependencyCheck import DependencyCheck
from OrthoAILib.Run.FolderLock import FolderLock, removeLeft
from OrthoAILib.Run.GuiTimer import guiTimer
from OrthoAILib.Run.RunController import RunController
from OrthoAILib.Run.WorkerInSlicer import workerInSlicer

if TYPE_CHECKING:
    from orthoai.result import Result

    from OrthoAILib.Bridge.Extent import Extent

EXCHANGE_PREFIX = "OrthoAI-"
"""What the names of the folders start with in which images go to the worker: whole CTs, and nothing for a disk to keep
when Slicer was killed."""

RESOURCES = Path(__file__).resolve().parents[2] / "Resources"


def controllerInSlicer() -> RunController:
    """For slicer.mrmlScene. Close it when it is not needed anymore."""
    from orthoai.worker.exchange import read_result, write_exchange

    def read(folder: Path, extents: Mapping[int, Extent]) -> tuple[Result, PreparedResult]:
        result = read_result(folder)
        return result, PreparedResult.of(result, extents)

    scene = slicer.mrmlScene
    collaborators = Collaborators(
        scene=scene,
        volumes=VolumeBridge(),
        results=ResultBridge(scene),
        reviews=ReviewBridge(scene),
        clientFactory=workerInSlicer,
        timerFactory=guiTimer,
        writeExchange=write_exchange,
        readResult=read,
        ensureDependencies=DependencyCheck(Dependencies.inSlicer(RESOURCES), _ask),
    )
    temporary = Path(slicer.app.temporaryPath)
    folder = temporary / f"{EXCHANGE_PREFIX}{uuid4().hex[:12]}"
    controller = RunController(collaborators, folder)
    removeLeft(temporary, EXCHANGE_PREFIX)
    with suppress(OSError):  # Where nothing can be written, nothing is left either.
        weakref.finalize(controller, FolderLock(folder).release)
    return controller


def _ask(question: str, details: str) -> bool:
    return slicer.util.confirmOkCancelDisplay(question, windowTitle=_("OrthoAI"), detailedText=details)
