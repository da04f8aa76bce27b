"""A folder of images that are reviewed one after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from orthoai.io.image_folder import ImageEntry, find_images
from orthoai.review import Verdict

from OrthoAILib.Review.CaseState import CaseState, timeAfter
from OrthoAILib.Review.Reachable import isThere
from OrthoAILib.Review.WorklistFile import WorklistFile, WorklistProgress


class Worklist:
    """Walks through the images of a folder and remembers what was decided about each.

    Nothing is written to the images or beside their names; the state lies in one small file (WorklistFile). Two
    reviewers may share a folder: each change is made to what the file says at that moment.

    Args:
        folder: of the images.
        fallback: where the state goes when the folder is read-only.
        file: for tests.

    Raises:
        InputError: the folder cannot be read.

    Example:
        >>> worklist = Worklist(Path("cases"), fallback=Path("training-set"))
        >>> worklist.step(1).name
        'case2.nii.gz'
    """

    def __init__(self, folder: Path, fallback: Path | None = None, file: WorklistFile | None = None) -> None:
        self.folder = Path(folder)
        self.cases: tuple[ImageEntry, ...] = find_images(self.folder)
        self._file = file or WorklistFile(self.folder, fallback)
        self._progress = self._read()
        self._index = self.indexOf(self._progress.current)

    # Where it is

    @property
    def index(self) -> int:
        """Of the case that is open; -1 for none."""
        return self._index

    @property
    def current(self) -> ImageEntry | None:
        """The case that is open."""
        return self.cases[self._index] if self._index >= 0 else None

    @property
    def decided(self) -> int:
        """Cases with a verdict."""
        return sum(self.state(case).verdict is not None for case in self.cases)

    @property
    def notice(self) -> str:
        """One sentence where the state is not kept as usual; else empty."""
        if not self._file.isKept:
            return "This worklist's folder is read-only: its progress is lost unless a training set folder is chosen."
        if self._file.wasDamaged:
            return "The worklist's file was damaged and put aside; its cases are shown as open."
        return ""

    def indexOf(self, name: str) -> int:
        """Where the case of that name stands; -1 when it is not there."""
        return next((number for number, case in enumerate(self.cases) if case.name == name), -1)

    def find(self, image: ImageEntry) -> ImageEntry | None:
        """The case that an image of a scene is; None for none.

        Its path tells. Where nothing lies there (anymore), the folder may be mounted elsewhere by now: the name and
        as much of the folder's own name as the path has tell then.
        """
        case = next((case for case in self.cases if case.name == image.name), None)
        if case is None or case.path == image.path:
            return case
        if image.path.is_absolute() and isThere(image.path):
            return None
        known = image.path.parts[-len(Path(image.name).parts) - 1 :]
        return case if case.path.parts[-len(known) :] == known else None

    def state(self, case: ImageEntry) -> CaseState:
        """What was decided about ``case``."""
        return self._progress.cases.get(case.name, CaseState())

    def neighbor(self, step: int) -> ImageEntry | None:
        """The case ``step`` cases on (1) or back (-1); None beyond either end. Before any case 1 is the first."""
        index = self._index + step
        return self.cases[index] if 0 <= index < len(self.cases) else None

    def nextOpen(self, doubts: Mapping[str, float], inScene: ImageEntry | None = None) -> ImageEntry | None:
        """A case that nobody has decided, other than the one ``inScene``; None where there is none.

        The most doubtful comes first, then those of which nothing is known, in the order of the walk. What others have
        decided meanwhile counts.

        Args:
            doubts: by case name, 0 (sure) to 1, of cases that were run beforehand.
        """
        self._progress = self._progress.mergedWith(self._read())
        here = max(0, self._index)
        ahead = (*self.cases[here:], *self.cases[:here])
        isOpen = (case for case in ahead if case != inScene and self.state(case).verdict is None)
        return max(isOpen, key=lambda case: doubts.get(case.name, -1.0), default=None)

    # Changes

    def setFallback(self, fallback: Path | None) -> None:
        """Use another folder for the state where the images' own is read-only.

        What was decided so far goes there, together with what that folder already knows of this worklist.
        """
        self._file.setFallback(fallback)
        self._progress = self._progress.mergedWith(self._read())
        self._index = self.indexOf(self._progress.current)
        if self._progress != WorklistProgress():
            self._change(lambda progress: progress)

    def open(self, case: ImageEntry) -> None:
        """Make ``case`` the current one, and remember that."""
        self._index = self.indexOf(case.name)
        self._change(lambda progress: replace(progress, current=case.name))

    def step(self, step: int) -> ImageEntry | None:
        """Open the :meth:`neighbor`; None where there is none, and the current case stays open."""
        case = self.neighbor(step)
        if case is not None:
            self.open(case)
        return case

    def record(self, verdict: Verdict | None, revision: int = 0, reviewer: str = "", comment: str = "") -> bool:
        """Keep what was decided about the current case. False when there is none or no disk takes it."""
        case = self.current
        if case is None:
            return False

        def keep(progress: WorklistProgress) -> WorklistProgress:
            updated = timeAfter(progress.cases.get(case.name, CaseState()).updated)
            state = CaseState(verdict, revision, reviewer, comment, updated)
            return replace(progress, cases={**progress.cases, case.name: state})

        return self._change(keep)

    def _read(self) -> WorklistProgress:
        return self._file.read(case.name for case in self.cases)

    def _change(self, change: Callable[[WorklistProgress], WorklistProgress]) -> bool:
        with self._file.alone():
            self._progress = change(self._progress.mergedWith(self._read()))
            return self._file.write(self._progress)
