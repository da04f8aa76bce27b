"""The packages that OrthoAI's worker needs: which are missing, and one question to install them all."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any, Protocol

from OrthoAILib.Install.Requirements import (
    LookUp,
    distributionName,
    forgetCaches,
    installedDistribution,
    missingRequirements,
    readRequirements,
)
from OrthoAILib.Install.SlicerPackages import SLICER_PACKAGES
from OrthoAILib.Install.TorchExtension import EXTENSION, TorchExtension
from OrthoAILib.Install.Wheels import wheelConstraints, wheelsFolder

Ask = Callable[[str, str], bool]
"""(question, details) to yes or no."""

TORCH = "torch"
TORCH_PACKAGES = (TORCH, "torchvision")
"""What the PyTorch extension installs, and pip therefore must not."""


class Packaging(Protocol):
    """The part of slicer.packaging that is used."""

    def pip_ensure(self, requirements: list[str], **options: Any) -> list[str] | None: ...


class Torch(Protocol):
    """The part of :class:`TorchExtension` that is used."""

    def isPresent(self) -> bool: ...

    def installExtension(self) -> bool: ...

    def installTorch(self, versions: str) -> None: ...


class Dependencies:
    """What Resources/requirements.txt asks for, in Slicer's Python. Nothing is installed before :meth:`ensure`.

    Args:
        requirements: as in a requirements file.
        packaging: slicer.packaging.
        torch: installs torch when there are no ``wheels``.
        wheels: folder to install everything from, without internet; None for the internet.
        lookUp: finds installed packages.
        mayInstall: false where the Python must stay as it is, as in Slicer's testing mode.

    Example:
        >>> dependencies = Dependencies.inSlicer(resources)
        >>> if not dependencies.ensure(ask):
        ...     show(dependencies.problem)
    """

    def __init__(
        self,
        requirements: Sequence[str],
        packaging: Packaging,
        torch: Torch,
        wheels: Path | None = None,
        lookUp: LookUp = installedDistribution,
        mayInstall: Callable[[], bool] = lambda: True,
    ) -> None:
        self._requirements = tuple(requirements)
        self._packaging = packaging
        self._torch = torch
        self._wheels = wheels
        self._lookUp = lookUp
        self._mayInstall = mayInstall
        self._problem = ""

    @classmethod
    def inSlicer(cls, resources: Path) -> Dependencies:
        """With Slicer's own collaborators. ``resources``: the module's Resources folder."""
        import slicer
        import slicer.packaging

        def extensionsManager() -> Any:
            return slicer.app.extensionsManagerModel()

        return cls(
            readRequirements(resources / "requirements.txt"),
            slicer.packaging,
            TorchExtension(extensionsManager),
            wheelsFolder(os.environ, resources),
            mayInstall=lambda: not slicer.app.testingEnabled(),
        )

    @property
    def problem(self) -> str:
        """Why the last :meth:`ensure` said no: one sentence that says what to do. Empty when it said yes."""
        return self._problem

    def missing(self) -> tuple[str, ...]:
        """The requirements that are not met, such as ("torch>=2.6",). Takes milliseconds and imports none of them."""
        return missingRequirements(self._requirements, self._lookUp, trusted=SLICER_PACKAGES)

    def ensure(self, ask: Ask) -> bool:
        """Install what is missing, after one question. True when everything is there; else see :attr:`problem`.

        Call it in the GUI thread: Slicer shows pip's progress in a dialog.
        """
        self._problem = ""
        missing = self.missing()
        if missing:
            self._problem = self._install(missing, ask)
        return not self._problem

    def _install(self, missing: tuple[str, ...], ask: Ask) -> str:
        """Returns the problem, empty when everything is there."""
        names = ", ".join(missing)
        if not self._mayInstall():
            return f"These Python packages are missing, and in testing mode nothing is installed: {names}."
        if self._wheels is not None and not self._wheels.is_dir():
            return f"There is no folder {self._wheels}: give the folder of wheels that OrthoAI should install from."
        torch = None if self._wheels else next((text for text in missing if distributionName(text) == TORCH), None)
        extensionFirst = torch is not None and not self._torch.isPresent()
        if not ask(*self._question(missing, extensionFirst)):
            return "Nothing was installed, and OrthoAI cannot run without these packages: press the button again."
        if extensionFirst:
            return self._installExtension()
        try:
            if torch is not None:
                self._torch.installTorch(torch[len(TORCH) :])
            self._installPackages([text for text in missing if text != torch])
        except CalledProcessError:
            return self._failure()
        except Exception:
            # Whatever another extension raises ends here, as a sentence and not as a crash; the log has the rest.
            logging.exception("OrthoAI could not install Python packages")
            return self._failure()
        forgetCaches()
        left = self.missing()
        return f"These Python packages are still missing: {', '.join(left)}. {self._advice()}" if left else ""

    def _installPackages(self, requirements: list[str]) -> None:
        if not requirements:
            return
        skipped = SLICER_PACKAGES if self._wheels else (*SLICER_PACKAGES, *TORCH_PACKAGES)
        with wheelConstraints(self._wheels) as constraints:
            self._packaging.pip_ensure(
                requirements,
                constraints=constraints,
                skip_packages=list(skipped),
                prompt_install=False,
                # The worker is a new process: what this one has imported does not matter to it.
                prompt_restart=False,
                requester="OrthoAI",
            )

    def _installExtension(self) -> str:
        try:
            done = self._torch.installExtension()
        except Exception:
            logging.exception("OrthoAI could not install the PyTorch extension")
            done = False
        if done:
            return f"The {EXTENSION} extension was installed: restart Slicer and press the button again."
        return (
            f"The {EXTENSION} extension could not be installed: install it in the Extensions Manager, restart Slicer, "
            "and press the button again."
        )

    def _question(self, missing: tuple[str, ...], extensionFirst: bool) -> tuple[str, str]:
        """What is asked, and the details below it."""
        if extensionFirst:
            what = f"OrthoAI needs Slicer's {EXTENSION} extension. It is installed now; Slicer then needs a restart."
        else:
            what = "OrthoAI needs Python packages that are not in Slicer yet. They will be added to Slicer's Python."
        if self._wheels is not None:
            where = f"They come from the folder {self._wheels}; the internet is not used."
        else:
            where = "This downloads up to 3 gigabytes and takes some minutes. None of your images leaves this computer."
        return f"{what}\n\n{where}\n\nContinue?", "\n".join(missing)

    def _failure(self) -> str:
        return f"The Python packages could not be installed. {self._advice()}"

    def _advice(self) -> str:
        if self._wheels is not None:
            return f"Fill {self._wheels} again as requirements.txt says, for this version of Slicer, and try again."
        return "Check the internet connection, look into the Python Console for what pip said, and try again."
