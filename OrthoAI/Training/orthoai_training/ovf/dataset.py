"""The training pictures as a YOLO segmentation data set, drawn from cases or taken from a folder of pictures.

A line of a label file is class, then x and y of each corner in 0..1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from orthoai.dataset.exporters.yolo import DATA_FILE
from orthoai.dataset.importers.classes import ClassTable
from orthoai.dataset.importers.data_file import DataFile
from orthoai.dataset.importers.decode import gray_file
from orthoai.dataset.importers.source import TEST, TEXT_ENCODING, VAL, SourceFolder
from orthoai.dataset.importers.split import UNLISTED, Split
from orthoai.dataset.importers.yolo import class_names
from orthoai.errors import InputError
from orthoai.progress import Progress
from orthoai.tasks.ovf.labels import CLASSES
from PIL import Image

from orthoai_training.detector.dataset_folder import TRAIN, VALIDATION, staged_dataset
from orthoai_training.ovf.cases import require_apart
from orthoai_training.ovf.pictures import Outline, Picture, training_pictures, validation_pictures
from orthoai_training.ovf.recipe import OvfRecipe
from orthoai_training.ovf.reviewed import is_reviewed, reviewed_scene
from orthoai_training.ovf.scenes import case_scene
from orthoai_training.spine_ct.case import read_case

VALIDATION_SHARE = 0.1
"""Of a folder of pictures without a split of its own."""


def write_case_pictures(
    folder: Path,
    train: Sequence[Path],
    validation: Sequence[Path],
    recipe: OvfRecipe,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Path:
    """Draw the pictures of all cases into ``folder``, which must not exist; it appears whole or not at all.

    Args:
        train, validation: folders of cases, simulated (see :func:`orthoai_training.spine_ct.case.read_case`) or
            reviewed (see :func:`orthoai_training.ovf.reviewed.reviewed_scene`).

    Raises:
        InputError: a use without cases, a case in both, or one that cannot be read.
        Canceled: asked for by ``progress``.
    """
    require_apart(train, validation)
    progress = progress or Progress()
    total = len(train) + len(validation)
    with staged_dataset(folder, CLASSES, progress) as staged:
        for number, path in enumerate([*train, *validation]):
            progress.report("pictures", number / total, f"case {number + 1} of {total}")
            scene = reviewed_scene(path) if is_reviewed(path) else case_scene(read_case(path))
            if number < len(train):
                for picture in training_pictures(scene, path.name, recipe, seed):
                    _write(staged, TRAIN, picture)
            else:
                for picture in validation_pictures(scene, path.name, recipe.validation_slices):
                    _write(staged, VALIDATION, picture)
    return folder


def copy_pictures(folder: Path, source: Path, *, seed: int = 0, progress: Progress | None = None) -> Path:
    """Take over a folder of one's own: PNG with YOLO-seg text files of the same names, beside them or in ``labels``.

    A folder that ``data.yaml`` splits, or that is split into ``train`` and ``val`` (or ``valid``, ``validation``),
    keeps its split; otherwise a tenth of the pictures validates. Those in ``test`` are left out. Where ``data.yaml`` or
    ``classes.txt`` names its classes, the names count, else the numbers are the network's.

    Raises:
        InputError: fewer than two pictures, all in ``val``, or two that would get one name; one that is damaged, in
            color, not of 8 bits or stored turned; a class that the network does not know; a label line that is no
            outline; a path in ``data.yaml`` that leads nowhere.
        Canceled: asked for by ``progress``.
    """
    progress = progress or Progress()
    data = DataFile.of(source)
    sides = _sides(data, progress)
    pictures = list(sides)
    names = _names(pictures, source)
    kinds = _kinds(data)
    held_out = {path for path, side in sides.items() if side == VAL}
    if len(held_out) == len(pictures):
        raise InputError("All pictures are in val: put some into train.")
    if not held_out:
        count = max(1, round(VALIDATION_SHARE * len(pictures)))
        held_out = {pictures[n] for n in np.random.default_rng(seed).permutation(len(pictures))[:count]}
    with staged_dataset(folder, CLASSES, progress) as staged:
        for number, path in enumerate(pictures):
            progress.report("pictures", number / len(pictures), path.name)
            split = VALIDATION if path in held_out else TRAIN
            name = names[path]
            lines = _label_lines(path, source, kinds)
            Image.fromarray(gray_file(path)).save(staged / "images" / split / f"{name}.png")
            (staged / "labels" / split / f"{name}.txt").write_text(lines)
    return folder


def read_pictures(folder: Path, split: str) -> Iterator[Picture]:
    """The pictures of ``split`` ("train" or "val") in a data set that this module wrote, by name.

    Nothing in them is ignored: the files do not keep which bodies need not be found.
    """
    for path in sorted((folder / "images" / split).glob("*.png")):
        pixels = np.asarray(Image.open(path))
        size = np.array(pixels.shape[::-1], np.float64)
        outlines = []
        for line in (folder / "labels" / split / f"{path.stem}.txt").read_text().splitlines():
            kind, *values = line.split()
            outlines.append(Outline(int(kind), np.array(values, np.float64).reshape(-1, 2) * size))
        yield Picture(path.stem, pixels, tuple(outlines), np.zeros(pixels.shape, bool))


def _write(folder: Path, split: str, picture: Picture) -> None:
    Image.fromarray(picture.pixels).save(folder / "images" / split / f"{picture.name}.png")
    size = picture.pixels.shape[0]
    lines = [
        " ".join([str(outline.kind), *(f"{value:.6f}" for value in (outline.ring / size).ravel())]) + "\n"
        for outline in picture.outlines
    ]
    (folder / "labels" / split / f"{picture.name}.txt").write_text("".join(lines))


def _sides(data: DataFile, progress: Progress) -> dict[Path, str | None]:
    """The side of every PNG of the folder, by path, but of those kept for a test and those that are in no part."""
    source, split = data.source, Split.of(data)
    # All kinds are asked for: a part of data.yaml that holds JPEG alone leads somewhere.
    every = split.sides(SourceFolder(source).pictures)
    found = {path: side for path, side in every.items() if path.suffix.lower() == ".png"}
    sides = {path: side for path, side in found.items() if side not in (TEST, UNLISTED)}
    if len(sides) < 2:
        kept = f" outside of {TEST}" if TEST in found.values() else f" in the parts that {DATA_FILE} names"
        aside = kept if len(sides) < len(found) else ""
        raise InputError(
            f"The folder {source.name} holds fewer than two PNG pictures{aside}: give one with their outlines."
        )
    counts = {f"in {TEST}": TEST, f"not in {DATA_FILE}": UNLISTED}
    told = [f"{where}: {n}" for where, side in counts.items() if (n := [*found.values()].count(side))]
    notes = [f"left out, {', '.join(told)} of {len(found)}"] if told else []
    if split.notes or notes:
        # In one report: of several at the same fraction only the first is shown.
        progress.report("pictures", 0.0, "; ".join((*notes, *split.notes)))
    return sides


def _names(pictures: Sequence[Path], source: Path) -> dict[Path, str]:
    """What each picture is called: the parts of its path, since folders may repeat file names."""
    by_name: dict[str, Path] = {}
    for path in pictures:
        inside = path.relative_to(source)
        first = by_name.setdefault("_".join(inside.with_suffix("").parts), path)
        if first is not path:
            one, other = first.relative_to(source).as_posix(), inside.as_posix()
            raise InputError(f"{one} and {other} would get one name in the training set: rename one of them.")
    return {path: name for name, path in by_name.items()}


def _kinds(data: DataFile) -> list[int]:
    """The network's class for each class number in the label files of the folder."""
    source = data.source
    names = class_names(data) or CLASSES
    numbers = (ClassTable(CLASSES, skips_others=True).number(name, source.name) for name in names)
    kinds = [number for number in numbers if number is not None]
    if len(kinds) < len(names):
        raise InputError(
            f"{source.name} has the classes {', '.join(names)}; this network knows {', '.join(CLASSES)}: import the "
            "labels again, with orthoai dataset import and without --classes."
        )
    return kinds


def _label_lines(picture: Path, source: Path, kinds: Sequence[int]) -> str:
    """The outlines of ``picture``, checked, in the network's classes; empty where there is no file: nothing is in it.

    Args:
        kinds: the network's class for each class number in the file.
    """
    parts = ["labels" if part == "images" else part for part in picture.relative_to(source).with_suffix(".txt").parts]
    files = (picture.with_suffix(".txt"), source / Path(*parts), source / "labels" / f"{picture.stem}.txt")
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        return ""
    lines = [line for line in file.read_text(TEXT_ENCODING).splitlines() if line.strip()]
    checked = []
    for number, line in enumerate(lines, start=1):
        outline = _outline_line(line, kinds)
        if outline is None:
            raise InputError(
                f"Line {number} of {file.name} is no outline: write a class from 0 to {len(kinds) - 1}, then x and y "
                "of at least three corners in 0..1."
            )
        checked.append(f"{outline}\n")
    return "".join(checked)


def _outline_line(line: str, kinds: Sequence[int]) -> str | None:
    """``line`` with the network's class; None where it is no outline. Some tools write a class as 1.0."""
    try:
        kind, *values = (float(word) for word in line.split())
    except ValueError:
        return None
    known = kind in range(len(kinds)) and all(0 <= value <= 1 for value in values)
    if not known or len(values) < 6 or len(values) % 2:
        return None
    return " ".join([str(kinds[int(kind)]), *line.split()[1:]])
