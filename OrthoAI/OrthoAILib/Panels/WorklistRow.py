"""The worklist's folder, the case that is open, and the way to the next one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orthoai.errors import InputError
from orthoai.io.image_folder import ImageEntry
from slicer.i18n import tr as _

from OrthoAILib.Panels.FolderField import FolderField
from OrthoAILib.Review.Doubts import Doubts
from OrthoAILib.Review.ReviewState import ReviewState
from OrthoAILib.Review.Wording import readable
from OrthoAILib.Review.Worklist import Worklist
from OrthoAILib.Signal import Signal


class WorklistRow:
    """Shows a worklist; tells which case is asked for.

    Args:
        ui: with worklistFolder, previousButton, caseText, nextButton, nextOpenButton.
        previousKeys, nextKeys, nextOpenKeys: keyboard shortcuts, shown in the tooltips.

    Signals:
        caseAsked(ImageEntry), folderChosen(path), noticed(sentence), outdated(sentence): a notice no longer holds.
    """

    def __init__(self, ui: Any, previousKeys: str, nextKeys: str, nextOpenKeys: str) -> None:
        self.caseAsked, self.folderChosen = Signal(), Signal()
        self.noticed, self.outdated = Signal(), Signal()
        self._ui = ui
        self._folder, self._fallback = "", ""
        self._worklist: Worklist | None = None
        self._doubts = Doubts()
        self._problem, self._told = "", ""
        self._image: ImageEntry | None = None
        self._loaded: ImageEntry | None = None
        ui.previousButton.setToolTip(_("Open the case before this one ({keys})").format(keys=previousKeys))
        ui.nextButton.setToolTip(_("Open the next case ({keys})").format(keys=nextKeys))
        tip = _(
            "Open a case that nobody has decided; of those that were run beforehand the least certain first ({keys})"
        )
        ui.nextOpenButton.setToolTip(tip.format(keys=nextOpenKeys))
        ui.nextOpenButton.connect("clicked()", self.askNextOpen)
        ui.previousButton.connect("clicked()", self.askPrevious)
        ui.nextButton.connect("clicked()", self.askNext)
        self._field = FolderField(ui.worklistFolder)
        self._field.chosen.connect(self.folderChosen.emit)
        self.update()

    @property
    def index(self) -> int:
        """Of the case that is open; -1 for none."""
        return self._worklist.index if self._worklist is not None and self._isLoaded else -1

    @property
    def isOpen(self) -> bool:
        """Whether a worklist is walked through."""
        return self._worklist is not None

    @property
    def _isLoaded(self) -> bool:
        """Whether the worklist's current case is the image in the scene, and not only the one remembered.

        An image of the same name that was opened from another folder is not.
        """
        current = self._worklist.current if self._worklist is not None else None
        return current is not None and current == self._loaded

    def setFolders(self, folder: str, fallback: str) -> None:
        """Walk through ``folder``; progress goes to ``fallback`` where ``folder`` is read-only. Empty for none."""
        if (folder, fallback) == (self._folder, self._fallback):
            return
        place = Path(fallback) if fallback else None
        if self._worklist is not None and folder == self._folder:
            self._worklist.setFallback(place)
        else:
            self._read(folder, place)
        self._folder, self._fallback = folder, fallback
        self._field.show(folder)
        self._tell()
        self.setLoaded(self._image)

    def setLoaded(self, entry: ImageEntry | None) -> None:
        """Tell which case the image in the scene is; None for an image from elsewhere."""
        self._image = entry
        self._loaded = self._worklist.find(entry) if self._worklist is not None and entry is not None else None
        if self._worklist is not None and self._loaded is not None and not self._isLoaded:
            self._worklist.open(self._loaded)
        self.update()

    def record(self, state: ReviewState) -> bool:
        """Keep what was decided about the open case. False when it is not of the worklist or no disk takes it."""
        if self._worklist is None or not self._isLoaded:
            return False
        kept = self._worklist.record(state.verdict, state.revision, state.reviewer, state.comment)
        self._tell()
        self.update()
        return kept

    def opened(self, entry: ImageEntry) -> None:
        """The walk is at the case that was asked for."""
        self._image = self._loaded = entry
        if self._worklist is not None:
            self._worklist.open(entry)
            self._doubts.read(self._worklist.folder, self._worklist.cases)
            self._tell()
        self.update()

    def askNext(self) -> None:
        self._ask(1)

    def askPrevious(self) -> None:
        self._ask(-1)

    def askNextOpen(self) -> None:
        self._field.settle()
        if self._worklist is None:
            return
        target = self._worklist.nextOpen(self._doubts.known, self._loaded)
        self.update()  # Others may have decided some.
        if target is not None:
            self.caseAsked.emit(target)
        else:
            self.noticed.emit(_("All other cases are decided."))

    def update(self) -> None:
        """Show where the walk is."""
        worklist = self._worklist
        self._ui.previousButton.setEnabled(self._target(-1) is not None)
        self._ui.nextButton.setEnabled(self._target(1) is not None)
        self._ui.nextOpenButton.setEnabled(worklist is not None and bool(worklist.cases))
        for widget in (self._ui.previousButton, self._ui.nextButton, self._ui.nextOpenButton, self._ui.caseText):
            widget.setVisible(worklist is not None)
        self._ui.caseText.setText(self._text(worklist) if worklist is not None else "")

    def _text(self, worklist: Worklist) -> str:
        if not worklist.cases:
            return _("No images in this folder")
        done = _("{decided} of {count} decided").format(decided=worklist.decided, count=len(worklist.cases))
        if not self._isLoaded or worklist.current is None:
            return done
        verdict = worklist.state(worklist.current).verdict
        where = _("Case {number} of {count}").format(number=worklist.index + 1, count=len(worklist.cases))
        return f"{where} ({readable(verdict.value) if verdict else _('open')}), {done}"

    def _target(self, step: int) -> ImageEntry | None:
        if self._worklist is None:
            return None
        if step > 0 and not self._isLoaded and self._worklist.current is not None:
            return self._worklist.current  # The walk goes on with the case that was open last time.
        return self._worklist.neighbor(step)

    def _ask(self, step: int) -> None:
        self._field.settle()
        target = self._target(step)
        if target is not None:
            self.caseAsked.emit(target)

    def _read(self, folder: str, fallback: Path | None) -> None:
        self._worklist, self._problem = None, ""
        if folder and Path(folder).is_dir():
            try:
                self._worklist = Worklist(Path(folder), fallback)
                self._doubts.read(self._worklist.folder, self._worklist.cases)
            except InputError as error:
                self._problem = str(error)

    def _tell(self) -> None:
        notice = self._worklist.notice if self._worklist is not None else self._problem
        if self._told and notice != self._told:
            self.outdated.emit(self._told)
        if notice:
            self.noticed.emit(notice)
        self._told = notice
