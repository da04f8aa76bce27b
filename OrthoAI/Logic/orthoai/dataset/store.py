"""A data set of reviewed cases, as it lies on disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from orthoai.dataset.layout import CASES_FOLDER, IMAGE_FILE, LABELS_FILE, META_FILE, REVIEW_FILE, VERTEBRAE_FILE
from orthoai.dataset.lineage import Lineage
from orthoai.dataset.turn import Turn
from orthoai.errors import InputError, OutOfReach
from orthoai.io.digest import sha256_of
from orthoai.output import hidden_name_of, write_error
from orthoai.progress import Progress
from orthoai.result import VERTEBRAE
from orthoai.review import Review
from orthoai.volume import Volume

STAGE = "verify"
"""Name of this stage in progress reports."""


@dataclass(frozen=True)
class DatasetCase:
    """The newest revision of one case."""

    path: Path

    @property
    def name(self) -> str:
        """The folder's name: the case's anonymous id."""
        return self.path.name

    @cached_property
    def lineage(self) -> Lineage:
        """Where it comes from. Raises InputError when case.json is missing or damaged, OutOfReach when it is closed."""
        try:
            return Lineage.from_json(self._text(META_FILE))
        except InputError as error:
            raise type(error)(f"Case {self.name}: {error}") from error

    def image(self) -> Volume:
        """The image that was reviewed."""
        return replace(self._read(IMAGE_FILE), modality=self.lineage.modality)

    def labels(self) -> Volume:
        """uint8 labels on the image's grid."""
        return self._read(LABELS_FILE)

    def vertebrae(self) -> Volume | None:
        """uint8 numbers of all vertebral bodies on the image's grid; None for a case that was saved without them."""
        return self._read(VERTEBRAE_FILE) if VERTEBRAE_FILE in self.lineage.files else None

    def review(self) -> Review:
        """The review, with its segmentation and, where the case has them, its vertebral bodies."""
        bodies = self.vertebrae()
        extras = {} if bodies is None else {VERTEBRAE: bodies.voxels}
        try:
            return Review.from_json(self._text(REVIEW_FILE), self.labels().voxels, extras)
        except InputError as error:
            raise type(error)(f"Case {self.name}: {error}") from error

    def told_lineage(self) -> Lineage | None:
        """As :attr:`lineage`; None where case.json is missing or damaged. Raises OutOfReach."""
        try:
            return self.lineage
        except OutOfReach:
            raise
        except InputError:
            return None

    def is_damaged(self) -> bool:
        """Whether files are missing or have changed since they were saved. Raises OutOfReach, or OSError."""
        lineage = self.told_lineage()
        if lineage is None:
            return True
        files = lineage.files
        return any(not (self.path / name).is_file() or self._has_changed(name, files) for name in self._kept(files))

    def problems(self) -> list[str]:
        """A sentence for each file that is missing or has changed since it was saved; none when all is well."""
        try:
            files = self.lineage.files
        except InputError as error:
            return [str(error)]
        found = []
        for name in self._kept(files):
            try:
                if not (self.path / name).is_file():
                    found.append(f"Case {self.name} has lost its {name}; export its review again.")
                elif self._has_changed(name, files):
                    found.append(f"{name} of case {self.name} has changed since it was saved; export its review again.")
            except OSError:
                found.append(f"{name} of case {self.name} cannot be read; check the disk and who may read it.")
        return found

    @staticmethod
    def _kept(files: dict[str, str]) -> tuple[str, ...]:
        """The names of the files that the case is made of, beside case.json."""
        return (IMAGE_FILE, LABELS_FILE, *((VERTEBRAE_FILE,) if VERTEBRAE_FILE in files else ()), REVIEW_FILE)

    def _has_changed(self, name: str, files: dict[str, str]) -> bool:
        return sha256_of([self.path / name]) != files.get(name)

    def _text(self, name: str) -> str:
        try:
            return (self.path / name).read_text("utf-8")
        except (FileNotFoundError, ValueError) as error:
            raise InputError(f"{name} is not readable; export the review again.") from error
        except OSError as error:
            raise OutOfReach(f"{name} cannot be read; check the disk and who may read it.") from error

    def _read(self, name: str) -> Volume:
        # Imported here: SimpleITK, which a list of cases does not need.
        from orthoai.io.read import read_volume

        return read_volume(self.path / name)


@dataclass(frozen=True)
class Dataset:
    """A folder of reviewed cases, which need not exist yet.

    Example:
        >>> Dataset(Path("nowhere")).cases()
        []
    """

    path: Path

    @property
    def cases_folder(self) -> Path:
        """What ``orthoai train --data`` takes."""
        return Path(self.path) / CASES_FOLDER

    def cases(self, task: str | None = None) -> list[DatasetCase]:
        """The reviewed cases by name, or those of one task.

        Raises:
            InputError: a case.json is damaged or not of a reviewed case.
        """
        cases = [DatasetCase(folder) for folder in self._folders() if (folder / META_FILE).is_file()]
        return [case for case in cases if task is None or case.lineage.task == task]

    def tasks(self) -> list[str]:
        """The tasks that it holds cases of, by name."""
        return sorted({case.lineage.task for case in self.cases()})

    def verify(self, progress: Progress | None = None) -> list[str]:
        """A sentence for each thing that is wrong; none when every file is as it was saved.

        Raises:
            Canceled: asked for by ``progress``.
        """
        progress = progress or Progress()
        found = []
        folders = self._folders(hidden=True)
        hidden = {path: name for name, path in self.hidden_cases().items()}
        for number, folder in enumerate(folders):
            progress.report(STAGE, number / len(folders), f"case {number + 1} of {len(folders)}")
            if folder in hidden:
                found.append(
                    f"Case {hidden[folder]} is hidden since a save of it was cut short; "
                    "export its review again, or put it back (orthoai dataset verify --repair)."
                )
            elif hidden_name_of(folder):
                found.append(
                    f"The folder {folder.name} is left of a save that was cut short; "
                    "it can be removed when nobody is saving."
                )
            else:
                found.extend(DatasetCase(folder).problems())
        progress.report(STAGE, 1.0)
        return found

    def hidden_cases(self, only: str = "") -> dict[str, Path]:
        """Whole cases that lie under a hidden name only, by their own name; all, or the one called ``only``.

        A save that is killed after it took the older revision away, and before it put the new one there, leaves both
        hidden. Of several the newest revision counts.
        """
        found: dict[str, DatasetCase] = {}
        for folder in self._folders(hidden=True):
            name, case = hidden_name_of(folder), DatasetCase(folder)
            if not name or only not in ("", name) or (self.cases_folder / name).exists() or case.problems():
                continue
            if name not in found or case.lineage.revision > found[name].lineage.revision:
                found[name] = case
        return {name: case.path for name, case in found.items()}

    def put_back(self, only: str = "") -> list[str]:
        """Give hidden cases their names again, all or the one called ``only``.

        Returns:
            The names.

        Raises:
            InputError: the disk refuses.
        """
        if not self.hidden_cases(only):
            return []
        with Turn(self.path) as turn:
            turn.take()
            hidden = self.hidden_cases(only)  # Again: a case is hidden for a moment while somebody replaces it.
            for name, path in hidden.items():
                try:
                    path.rename(self.cases_folder / name)
                except OSError as error:
                    raise write_error(error, self.cases_folder / name) from error
            return list(hidden)

    def _folders(self, hidden: bool = False) -> list[Path]:
        if not self.cases_folder.is_dir():
            return []
        folders = (path for path in self.cases_folder.iterdir() if path.is_dir())
        return sorted(path for path in folders if hidden or not path.name.startswith("."))
