"""The whole module in the host, with a small CT and a worker that needs no big networks."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
MODULE = HERE.parents[2] / "OrthoAI" / "OrthoAI.py"
STAND_INS = tuple(HERE.parent / task for task in ("femur", "disc"))
"""Hold femur_fakes.py, which draws the CT, and disc_fakes.py."""

RUN_LIMIT_S = 120.0
"""Seconds for a run, the worker's start included, on a busy machine."""

sys.path.extend(map(str, STAND_INS))


def chooseWorker(monkeypatch: Any, manner: str) -> None:
    """Workers that start from now on behave like ``manner`` of worker_site/sitecustomize.py."""
    paths = [str(HERE / "worker_site"), *map(str, STAND_INS), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in paths if path))
    monkeypatch.setenv("ORTHOAI_TEST_WORKER", manner)


def addLegs(name: str = "Legs") -> Any:
    """A small CT of two legs in the scene: a vtkMRMLScalarVolumeNode."""
    import slicer
    from femur_fakes import GRID, legs

    volume, _ = legs()
    ijkToRas = np.diag([-1.0, -1.0, 1.0, 1.0]) @ GRID.affine
    return slicer.util.addVolumeFromArray(np.array(volume.voxels), ijkToRas, name)


@dataclass
class PanelBench:
    """The module's panel, and what a user does with it."""

    host: Any
    module: Any

    @property
    def panel(self) -> Any:
        return self.module.widget.panel

    @property
    def controller(self) -> Any:
        return self.module.widget.controller

    @property
    def button(self) -> Any:
        return self.panel.taskPanel.button("femur")

    @property
    def message(self) -> str:
        return self.panel.message.text

    @property
    def state(self) -> str:
        return self.controller.state.value

    @property
    def client(self) -> Any:
        """The worker's client: its process is what the tests kill."""
        return self.controller._client.get()

    def click(self, widget: Any | None = None) -> None:
        """A real mouse click, on the task's button where no widget is named."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        QTest.mouseClick(widget or self.button, Qt.MouseButton.LeftButton)

    def wait(self, state: str = "idle", seconds: float = RUN_LIMIT_S) -> None:
        assert self.host.processEvents(seconds, until=lambda: self.state == state), f"still {self.state}"

    def run(self) -> Any:
        """Click, wait for the end: ResultNodes of the result shown, or None."""
        self.click()
        assert self.state != "idle"
        self.wait()
        return self.result

    @property
    def result(self) -> Any:
        return self.panel.result


def nodeIds() -> set[str]:
    """Every node of the scene."""
    import slicer

    return {node.GetID() for node in slicer.util.getNodesByClass("vtkMRMLNode")}


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
