"""Looks for missing packages while the user is still choosing an image, so that the click need not wait for it."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from OrthoAILib.Install.Dependencies import Ask, Dependencies


class DependencyCheck:
    """Called before each run: a sentence where the worker cannot run, else "".

    Looking reads files of metadata for some hundred milliseconds, in a thread from the start. Asking and installing
    happen in the call, in the GUI thread. Once everything is there, calls cost nothing.

    Args:
        dependencies: what looks and installs.
        ask: the one question before an installation.
    """

    def __init__(self, dependencies: Dependencies, ask: Ask) -> None:
        self._dependencies, self._ask = dependencies, ask
        self._isComplete = False
        self._look = Thread(target=self._check, name="OrthoAI package check", daemon=True)
        self._look.start()

    def __call__(self) -> str:
        self._look.join()
        if not self._isComplete:
            self._isComplete = self._dependencies.ensure(self._ask)
        return "" if self._isComplete else self._dependencies.problem

    def _check(self) -> None:
        self._isComplete = not self._dependencies.missing()
