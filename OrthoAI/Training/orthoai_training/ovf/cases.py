"""Which cases a training takes: folders, or simulated ones made first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orthoai.dataset.layout import META_FILE
from orthoai.errors import InputError
from orthoai.progress import Progress

from orthoai_training.dataset import CaseFolder, case_paths, holds_reviewed
from orthoai_training.kept_split import kept_split
from orthoai_training.ovf.reviewed import is_reviewed
from orthoai_training.spine_ct.case import BODIES_FILE, write_case
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.simulate import simulate

VALIDATION_SHARE = 0.1


def case_folders(folder: Path) -> list[Path]:
    """The simulated spines in ``folder``, by name. Raises InputError when there is none.

    Reviewed cases do not count: they do not tell the heights and the exact outlines of sound vertebrae.
    """
    found = [path for path in case_paths(folder) if is_simulated(path)]
    return _some(folder, found, "do not tell the true heights and exact outlines that are needed here")


def training_folders(folder: Path) -> list[Path]:
    """What the detector learns from in ``folder``, by name: simulated spines, and reviewed cases of the task.

    A reviewed case that does not tell its sound vertebrae is left out. Raises InputError when no other is there.
    """
    found = [path for path in case_paths(folder) if is_simulated(path) or is_reviewed(path)]
    return _some(folder, found, "do not show the sound vertebrae that this network learns from too")


def is_simulated(folder: Path) -> bool:
    """Whether ``folder`` is a simulated spine."""
    return all((folder / name).is_file() for name in (BODIES_FILE, META_FILE))


def _some(folder: Path, found: list[Path], lack: str) -> list[Path]:
    """``found`` (InputError for none); ``lack`` is what reviewed cases in ``folder`` then do."""
    if not found and holds_reviewed(folder):
        raise InputError(
            f"{folder} holds reviewed cases, which {lack}: train orthoai train fracture with them, or give simulated "
            "cases (orthoai synth ovf)."
        )
    if not found:
        raise InputError(f"No case in {folder}: a case is a folder with image.nii.gz, {BODIES_FILE} and {META_FILE}.")
    return found


def former_run(out: Path) -> InputError:
    """The error of a run folder that is in use and is not to be taken up again."""
    return InputError(f"{out} holds a former run: give --resume, or another folder.")


def require_apart(train: Sequence[Path], validation: Sequence[Path]) -> None:
    """Refuse a use without cases, and a case in both (InputError)."""
    if not train or not validation:
        raise InputError("Training needs cases to train on and others to validate on: give at least two.")
    if {path.resolve() for path in train} & {path.resolve() for path in validation}:
        raise InputError("A case is in training and in validation: keep them apart.")


def dealt(out: Path, folders: Sequence[Path], seed: int) -> tuple[list[Path], list[Path]]:
    """(training, validation), as the run folder ``out`` keeps it: cases of one real shape stay together.

    Raises:
        InputError: the run folder was dealt other cases.
    """
    split = kept_split(out, [CaseFolder(path) for path in folders], seed, VALIDATION_SHARE)
    by_name = {path.name: path for path in folders}
    return [by_name[name] for name in split.train], [by_name[name] for name in split.validation]


def simulated(
    folder: Path,
    count: int,
    first_seed: int,
    progress: Progress | None = None,
    options: SpineOptions | None = None,
) -> list[Path]:
    """``count`` simulated cases in ``folder``, of the seeds from ``first_seed`` on; those that are there are kept."""
    progress = progress or Progress()
    made = []
    for number in range(count):
        progress.report("cases", number / count, f"case {number + 1} of {count}")
        path = folder / f"seed_{first_seed + number}"
        # The file that is written last.
        if not (path / META_FILE).is_file():
            write_case(simulate(first_seed + number, options or SpineOptions()), path)
        made.append(path)
    return made
