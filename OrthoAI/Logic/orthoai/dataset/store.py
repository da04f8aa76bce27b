"""A data set of reviewed cases, as it lies on disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from orthoai.dataset.layout import CASES_FOLDER, IMAGE_FILE, LABELS_FILE, META_FILE, REVIEW_FILE, VERTEBRAE_FILE
from orthoai.dataset.lineage import Lineage
from orthoai.errors import InputError
from orthoai.io.digest import sha256_of
from orthoai.output import PARTIAL
from orthoai.progress import Progress
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
        """Where it comes from. Raises InputError when case.json is missing or damaged."""
        try:
            return Lineage.from_json(self._text(META_FILE))
        except InputError as error:
            raise InputError(f"Case {self.name}: {error}") from error

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
        """The review, with its segmentation."""
        try:
            return Review.from_json(self._text(REVIEW_FILE), self.labels().voxels)
        except InputError as error:
            raise InputError(f"Case {self.name}: {error}") from error

    def problems(self) -> list[str]:
        """A sentence for each file that is missing or has changed since it was saved; none when all is well."""
        try:
            files = self.lineage.files
        except InputError as error:
            return [str(error)]
        found = []
        kept = (VERTEBRAE_FILE,) if VERTEBRAE_FILE in files else ()
        for name in (IMAGE_FILE, LABELS_FILE, *kept, REVIEW_FILE):
            file = self.path / name
            if not file.is_file():
                found.append(f"Case {self.name} has lost its {name}; export its review again.")
            elif sha256_of([file]) != files.get(name):
                found.append(f"{name} of case {self.name} has changed since it was saved; export its review again.")
        return found

    def _text(self, name: str) -> str:
        try:
            return (self.path / name).read_text("utf-8")
        except (OSError, ValueError) as error:
            raise InputError(f"{name} is not readable; export the review again.") from error

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
        for number, folder in enumerate(folders):
            progress.report(STAGE, number / len(folders), f"case {number + 1} of {len(folders)}")
            if PARTIAL in folder.name:
                found.append(f"The folder {folder.name} is left of a save that was cut short; it can be removed.")
            else:
                found.extend(DatasetCase(folder).problems())
        progress.report(STAGE, 1.0)
        return found

    def _folders(self, hidden: bool = False) -> list[Path]:
        if not self.cases_folder.is_dir():
            return []
        folders = (path for path in self.cases_folder.iterdir() if path.is_dir())
        return sorted(path for path in folders if hidden or not path.name.startswith("."))
