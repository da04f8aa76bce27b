"""torch through Slicer's PyTorch extension, which picks the build that fits the computer's graphics card."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

EXTENSION = "PyTorch"
"""Its name in the Extensions Manager."""

MODULE = "PyTorchUtils"
"""The module of it that installs torch."""


class TorchExtension:
    """The PyTorch extension, there or not.

    Args:
        extensionsManager: gives Slicer's qSlicerExtensionsManagerModel, or None where Slicer has none.
        importModule: imports a module of Slicer by its name.
    """

    def __init__(
        self,
        extensionsManager: Callable[[], Any],
        importModule: Callable[[str], ModuleType] = importlib.import_module,
    ) -> None:
        self._extensionsManager = extensionsManager
        self._importModule = importModule

    def isPresent(self) -> bool:
        """Whether the extension is loaded, so that it can install torch now."""
        try:
            self._importModule(MODULE)
        except ImportError:
            return False
        return True

    def installExtension(self) -> bool:
        """Get the extension itself from Slicer's server; it works after a restart. False where that fails."""
        manager = self._extensionsManager()
        if manager is None:
            return False
        interactive = manager.interactive
        # The question has been asked already, together with all others.
        manager.interactive = False
        try:
            return bool(manager.installExtensionFromServer(EXTENSION, False))
        finally:
            manager.interactive = interactive

    def installTorch(self, versions: str) -> None:
        """Install torch of the given versions, such as ">=2.6". Raises whatever the extension or pip raises."""
        self._importModule(MODULE).PyTorchUtilsLogic().installTorch(
            askConfirmation=False, torchVersionRequirement=versions
        )
