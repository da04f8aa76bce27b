"""A user's way through the module in a whole window, with real mouse and key events. Runs in a process of its own.

    python window_tour.py FOLDER

FOLDER gets facts.json, which test_whole_window.py looks at, and the pictures of the user guide. Needs a screen.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(REPOSITORY / "OrthoAI"), str(REPOSITORY / "Testing")]

RUN_LIMIT_S = 900.0
STEP_LIMIT_S = 60.0

COLORS = 256
"""Of the pictures: they stay small."""


def orange(pixels: np.ndarray) -> int:
    """How many pixels have the color of the left femur, pure or over gray."""
    r, g, b = np.moveaxis(pixels.astype(int), -1, 0)
    return int(((r - b > 60) & (g - b > 30) & (r > g)).sum())


def blue(pixels: np.ndarray) -> int:
    """How many pixels have the color of the right femur; the 3D view's own blue has less green in it."""
    r, g, b = np.moveaxis(pixels.astype(int), -1, 0)
    return int(((b - r > 50) & (g - r > 30)).sum())


class Tour:
    """The window, what is done in it, and what was seen."""

    def __init__(self, folder: Path) -> None:
        from host import start

        self.folder = folder
        self.facts: dict[str, Any] = {}
        self.host = start("xcb")
        from host.views import showMainWindow

        self.window = showMainWindow()
        self.module = self.host.loadModule(REPOSITORY / "OrthoAI" / "OrthoAI.py")
        self.host.completeStartup()
        self.window.showPanel(self.module.parent)
        self.window.activateWindow()
        self.host.processEvents(0.5)

    # Seeing

    @property
    def panel(self) -> Any:
        return self.module.widget.panel

    @property
    def state(self) -> str:
        return self.module.widget.controller.state.value

    def widget(self, name: str) -> Any:
        import slicer

        return slicer.util.findChild(self.module.parent, name)

    def views(self) -> dict[str, Any]:
        import slicer

        layout = slicer.app.layoutManager()
        slices = {name: layout.sliceWidget(name).sliceView() for name in layout.sliceViewNames()}
        return {**slices, "3D": layout.threeDWidget(0).threeDView()}

    def count(self) -> dict[str, dict[str, int]]:
        """Colored pixels of each view."""
        self.host.processEvents(0.5)
        pixels = {name: view.pixels() for name, view in self.views().items()}
        return {
            name: {"orange": orange(it), "blue": blue(it), "lit": int((it.max(axis=2) > 0).sum())}
            for name, it in pixels.items()
        }

    def picture(self, name: str, part: str = "") -> None:
        """Save the window, with ``part`` of the panel in sight, as guide_NAME.png."""
        from PIL import Image

        if part:
            self.window.scrollTo(self.widget(part))
        self.host.processEvents(0.5)
        path = self.folder / f"guide_{name}.png"
        self.window.savePicture(path)
        picture = Image.open(path).convert("RGB")
        # Dithered: a surface's shading would show steps.
        picture.quantize(palette=picture.quantize(COLORS), dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)

    # Doing

    def wait(self, condition: Any, seconds: float = STEP_LIMIT_S) -> None:
        assert self.host.processEvents(seconds, until=condition), self.panel.message.text

    def click(self, widget: Any, position: Any = None) -> None:
        """Press and release the left mouse button on a widget that is in sight."""
        from PySide6 import QtCore, QtTest, QtWidgets

        self.window.scrollTo(widget)
        self.host.processEvents()
        center = QtWidgets.QWidget.rect(widget).center()
        QtTest.QTest.mouseClick(
            widget, QtCore.Qt.MouseButton.LeftButton, QtCore.Qt.KeyboardModifier.NoModifier, position or center
        )
        self.host.processEvents(0.1)

    def key(self, widget: Any, keys: str) -> None:
        """Press a key combination such as "Ctrl+Z" over a widget."""
        from PySide6 import QtGui, QtTest

        stroke = QtGui.QKeySequence(keys)[0]
        QtTest.QTest.keyClick(widget, stroke.key(), stroke.keyboardModifiers())
        self.host.processEvents(0.1)

    # The way

    def walk(self) -> None:
        self.openSample()
        self.segment()
        self.lookAtFindings()
        self.show3D()
        self.changeClass()
        self.review()
        self.export()

    def openSample(self) -> None:
        import SampleData
        import slicer

        loaded = SampleData.SampleDataLogic().downloadSamples("OrthoAIHips")
        volume = loaded[0] if isinstance(loaded, list) else loaded
        slicer.util.setSliceViewerLayers(background=volume, fit=True)
        self.wait(lambda: self.widget("taskButton_femur").enabled)
        self.facts["before"] = self.count()
        self.picture("sample")

    def segment(self) -> None:
        self.click(self.widget("taskButton_femur"))
        self.facts["button while running"] = self.widget("taskButton_femur").text
        self.wait(lambda: self.widget("runProgress").value > 0 and self.state == "running", RUN_LIMIT_S)
        self.picture("running")
        self.wait(lambda: self.state == "idle", RUN_LIMIT_S)
        self.wait(lambda: self.panel.reviewPanel.session is not None)
        result = self.panel.result
        self.facts["message"] = self.panel.message.text
        self.facts["boxes"] = [box.GetName() for box in result.boxes]
        self.facts["segments"] = list(result.segmentation.GetSegmentation().GetSegmentIDs())
        self.facts["findings"] = result.findingsTable.GetNumberOfRows()

    def lookAtFindings(self) -> None:
        from PySide6 import QtWidgets

        table = self.widget("findingsTable")
        before = self.offsets()
        item = table.item(0, 0)
        self.click(QtWidgets.QAbstractScrollArea.viewport(table), table.visualItemRect(item).center())
        self.facts["slices moved"] = before != self.offsets()
        self.facts["result"] = self.count()
        self.picture("result", "resultSection")

    def offsets(self) -> list[float]:
        import slicer

        return [logic.GetSliceOffset() for logic in self._logics(slicer.app.applicationLogic().GetSliceLogics())]

    def _logics(self, collection: Any) -> list[Any]:
        return [collection.GetItemAsObject(number) for number in range(collection.GetNumberOfItems())]

    def show3D(self) -> None:
        import slicer

        self.click(self.widget("show3DButton"))
        slicer.app.layoutManager().resetThreeDViews()
        surfaces = [
            self.panel.result.segmentation.GetClosedSurfaceInternalRepresentation(name)
            for name in self.facts["segments"]
        ]
        self.facts["surface points"] = [surface.GetNumberOfPoints() if surface else 0 for surface in surfaces]
        self.facts["3D"] = self.count()["3D"]
        self.picture("3d", "resultSection")

    def changeClass(self) -> None:
        """By the keyboard: another class for the first finding, and back by undo."""
        selector = self.widget("classSelector")
        classes = []
        for widget, keys in ((None, ""), (selector, "Down"), (self.window, "Ctrl+Z")):
            if keys:
                self.key(widget, keys)
            self.host.processEvents(0.6)  # The review takes an edit up when it has come to rest.
            classes.append(self.widget("findingsTable").item(0, 1).text())
        self.facts["class before, changed, undone"] = classes

    def review(self) -> None:
        from PySide6 import QtTest

        self.key(self.window, "Ctrl+Shift+A")
        self.facts["verdict by key"] = self.panel.reviewPanel.session.state.verdict
        comment = self.widget("commentEdit")
        self.click(comment)
        QtTest.QTest.keyClicks(comment, "Both femora are complete.")
        self.facts["comment"] = self.panel.reviewPanel.session.state.comment
        self.picture("review", "reviewSection")

    def export(self) -> None:
        folder = self.folder / "training-set"
        self.widget("exportFolder").setCurrentPath(str(folder))
        self.click(self.widget("exportButton"))
        self.wait(lambda: not self.panel.reviewPanel.export.isBusy, RUN_LIMIT_S)
        self.facts["exported"] = sorted(path.name for case in (folder / "cases").iterdir() for path in case.iterdir())


def main(folder: Path) -> int:
    tour = Tour(folder)
    try:
        tour.walk()
        tour.host.checkProblems()
    except BaseException:  # The host takes sys.excepthook, so the end is told here.
        traceback.print_exc()
        return 1
    finally:
        tour.module.widget.controller.close()
        (folder / "facts.json").write_text(json.dumps(tour.facts, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    code = main(Path(sys.argv[1]))
    sys.stderr.flush()
    # Python's own end destroys views and scene in any order, and VTK crashes in some of them; Slicer has its own end.
    os._exit(code)
