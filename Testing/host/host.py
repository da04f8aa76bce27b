"""What a test holds: start, load a module, run the event loop, answer dialogs, save and load scenes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_started: Host | None = None


def isRealSlicer() -> bool:
    """Whether this Python runs in 3D Slicer itself, which brings its own Qt binding."""
    return "PythonQt" in sys.modules


@dataclass(frozen=True)
class ModuleHandle:
    """A loaded module: its widget and logic objects (None where it has none) and the panel that holds them."""

    name: str
    widget: Any
    logic: Any
    parent: Any


def start(platform: str = "offscreen") -> Host:
    """The host of this process. ``platform`` is Qt's, and counts only where QT_QPA_PLATFORM does not name one.

    Raises RuntimeError in 3D Slicer itself, where nothing needs a stand-in.
    """
    global _started
    if isRealSlicer():
        raise RuntimeError("this is 3D Slicer itself: run the self-tests with ctest or from the module's panel")
    if _started is None:
        os.environ.setdefault("QT_QPA_PLATFORM", platform)
        from .install import install

        install()
        _started = Host()
    return _started


class Host:
    """The running application."""

    def __init__(self) -> None:
        import slicer

        from .dialogs import answers
        from .problems import problems

        self._slicer = slicer
        self._answers = answers
        self._problems = problems

    @property
    def app(self) -> Any:
        return self._slicer.app

    # Modules

    def loadModule(self, path: str | Path) -> ModuleHandle:
        """Loads a scripted module from its .py file, opens its panel and enters it."""
        from .scripted_loader import loadScriptedModule

        module = loadScriptedModule(Path(path).resolve())
        return self.openModule(module.name)

    def openModule(self, name: str) -> ModuleHandle:
        """The module's panel as a user sees it after choosing the module."""
        panel = getattr(self._slicer.modules, name.lower()).widgetRepresentation()
        panel.show()
        panel.enter()
        self.processEvents()
        widget = panel.self()
        return ModuleHandle(name, widget, getattr(widget, "logic", None), panel)

    def reloadModule(self, name: str) -> ModuleHandle:
        """Reloads the source file and builds the panel anew, as the Reload button does."""
        self._slicer.util.reloadScriptedModule(name)
        return self.openModule(name)

    def unloadModule(self, name: str) -> None:
        """Closes the panel as Slicer does on its way out: exit, cleanup, widgets deleted."""
        from .scripted_loader import unloadScriptedModule

        unloadScriptedModule(name)
        self.processEvents()

    def completeStartup(self) -> None:
        """What Slicer signals once all its modules are loaded; the terminology and sample data register then."""
        self.app.startupCompleted.emit()

    # Event loop

    def processEvents(self, seconds: float = 0.0, until: Callable[[], Any] | None = None) -> bool:
        """Runs the event loop for a time, or until a condition holds; returns whether it held in time.

        With ``until`` and no time the limit is 30 s. Raises AssertionError for what went wrong in slots meanwhile.
        """
        limit = time.monotonic() + (seconds or (30.0 if until else 0.0))
        while True:
            self._spin()
            if until is not None and until():
                return True
            if time.monotonic() >= limit:
                return until is None
            time.sleep(0.002)

    def _spin(self) -> None:
        try:
            self.app.sendPostedEvents()
            self.app.processEvents()
        except Exception as error:  # PySide6 hands on what a slot raised if nothing else is on the stack.
            raise AssertionError("\n".join([repr(error), *self._problems.take()])) from error
        self.checkProblems()

    def checkProblems(self) -> None:
        """Raises AssertionError for exceptions in slots and observers, and for dialogs that nobody answered."""
        found = self._problems.take()
        if found:
            raise AssertionError("\n".join(found))

    # Dialogs

    def answerNextDialog(self, answer: Any) -> None:
        """Queues the answer of one modal dialog: what its call returns, or a function of the dialog."""
        self._answers.queue(answer)

    @property
    def askedDialogs(self) -> list[Any]:
        """The dialogs that opened since the test began: kind, title and text of each."""
        return list(self._answers.asked)

    def resetDialogs(self) -> int:
        """Forgets answers and questions; returns the number of answers that nothing asked for."""
        return self._answers.reset()

    # Scene

    @property
    def scene(self) -> Any:
        return self._slicer.mrmlScene

    def saveScene(self, path: str | Path) -> None:
        if not self._slicer.util.saveScene(str(path)):
            raise RuntimeError(f"the scene could not be written to {path}")

    def loadScene(self, path: str | Path) -> None:
        """Opens a scene file in place of the present scene."""
        self.clearScene()
        if not self.app.coreIOManager().loadNodes("SceneFile", {"fileName": str(path), "clear": False}):
            raise RuntimeError(f"the scene could not be read from {path}")
        self.processEvents()

    def clearScene(self) -> None:
        self.scene.Clear(0)
        self.processEvents()

    # Pictures

    def grab(self, widget: Any, path: str | Path) -> Path:
        """Saves a picture of a widget, or of a module's panel."""
        panel = getattr(widget, "parent", None)
        target = widget if hasattr(widget, "grab") else panel
        self.processEvents()
        if not target.grab().save(str(path)):
            raise RuntimeError(f"the picture could not be written to {path}")
        return Path(path)

    def close(self) -> None:
        """Back to the state after the start: no scripted module, no node, no setting, no connection.

        The application itself stays, for the next test. Raises AssertionError for what went wrong on the way.
        """
        from .scripted_loader import scriptedModules, unloadScriptedModule

        for name in scriptedModules():
            unloadScriptedModule(name)
        self.scene.Clear(0)
        self.app.reset()
        self._slicer.packaging.reset()
        self.processEvents()

    def forgetProblems(self) -> None:
        """Drops what one test left behind, so that it fails that test and not the next."""
        self._problems.take()
        self.resetDialogs()
