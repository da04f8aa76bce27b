"""A simulated spine CT with what is known of each vertebra, in memory and as a folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthoai.dataset.layout import GROUP_KEY, IMAGE_FILE, META_FILE, TASK_KEY
from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS
from orthoai.io.read import read_volume
from orthoai.io.write import write_labels, write_volume
from orthoai.volume import Volume

from orthoai_training.dataset import require_one_grid

BODIES_FILE, FINE_FILE = "bodies.nii.gz", "bodies_fine.nii.gz"

CLASSES = {"crush": 1, "wedge": 2, "biconcave": 3, "normal": 4}
"""Values of :func:`class_map`; the first three are the labels of the task ``ovf``."""


@dataclass(frozen=True)
class VertebraTruth:
    """What is known of one vertebra.

    Attributes:
        id: VerSe number: T1..T12 are 8..19, L1..L5 are 20..24.
        name: such as "T12".
        label: "normal", "crush", "wedge" or "biconcave".
        grade: Genant's, 0 to 3.
        anterior_mm, middle_mm, posterior_mm: heights at 10, 50 and 90 % of the body's depth.
        mimic: what may be taken for a fracture or hide one: "schmorl", "short", "osteophytes", "cement", "screws",
            "sclerosis", "sclerotic_schmorl" (``hardened.py``), "old" (a fracture that has healed); empty for nothing.
        whole: False where the field of view cuts the body.
    """

    id: int
    name: str
    label: str
    grade: int
    anterior_mm: float
    middle_mm: float
    posterior_mm: float
    mimic: str = ""
    whole: bool = True


@dataclass(frozen=True)
class SpineCase:
    """One simulated CT.

    Attributes:
        volume: int16 HU.
        bodies: uint8 (K, J, I) VerSe numbers of the vertebral bodies, on the volume's grid.
        vertebrae: in caudal order; every one of which the field shows some of the body.
        kind: "simulated" or "simulated from real shapes".
        seed: that it was drawn from.
        sources: names of the real shapes, empty for none.
        textures: names of the folders of real CT that texture was taken from.
        fine: the bodies as they were before thick slices were made of thin ones; None for a CT of thin slices.
    """

    volume: Volume
    bodies: NDArray[np.uint8]
    vertebrae: tuple[VertebraTruth, ...]
    kind: str
    seed: int
    sources: tuple[str, ...] = ()
    textures: tuple[str, ...] = ()
    fine: Volume | None = None

    @property
    def outlined(self) -> Volume:
        """The bodies on the finest grid on which they are known: a thick slice shows an endplate as a stair."""
        return self.fine or Volume(self.bodies, self.volume.geometry)

    @property
    def meta(self) -> dict[str, Any]:
        """The content of case.json, without the task's name."""
        return {
            "kind": self.kind,
            "seed": self.seed,
            "shapes": list(self.sources),
            "textures": list(self.textures),
            GROUP_KEY: "+".join(self.sources) or f"seed {self.seed}",
            "vertebrae": [asdict(vertebra) for vertebra in self.vertebrae],
        }


def class_map(case: SpineCase) -> NDArray[np.uint8]:
    """uint8 (K, J, I): 1 crush, 2 wedge, 3 biconcave, 4 normal, 0 where no vertebral body is."""
    table = np.zeros(256, np.uint8)
    for vertebra in case.vertebrae:
        table[vertebra.id] = CLASSES[vertebra.label]
    return table[case.bodies]


def write_case(case: SpineCase, folder: Path, task: str = "ovf") -> None:
    """Write image.nii.gz, bodies.nii.gz, bodies_fine.nii.gz if any and, last, case.json into ``folder``, which is made.

    Raises:
        InputError: the disk is full or the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_volume(case.volume, folder / IMAGE_FILE)
    write_labels(case.bodies, case.volume.geometry, folder / BODIES_FILE)
    if case.fine is not None:
        write_labels(case.fine.voxels, case.fine.geometry, folder / FINE_FILE)
    (folder / META_FILE).write_text(json.dumps({TASK_KEY: task, **case.meta}, indent=1))


def case_files(folder: Path) -> tuple[Path, ...]:
    """The files that :func:`read_case` reads of ``folder``."""
    names = (IMAGE_FILE, BODIES_FILE, FINE_FILE, META_FILE)
    return tuple(file for name in names if (file := folder / name).is_file())


def read_case(folder: Path) -> SpineCase:
    """Read what :func:`write_case` wrote.

    Raises:
        InputError: a file is missing, unreadable or on another grid.
    """
    try:
        meta = json.loads((folder / META_FILE).read_text())
        vertebrae = tuple(VertebraTruth(**vertebra) for vertebra in meta["vertebrae"])
        kind, seed, sources = str(meta["kind"]), int(meta["seed"]), tuple(meta["shapes"])
        # Earlier cases do not tell.
        textures = tuple(meta.get("textures", ()))
    except (OSError, *JSON_ERRORS) as error:
        raise InputError(f"The folder {folder.name} holds no simulated spine: {META_FILE} cannot be read.") from error
    volume, bodies = read_volume(folder / IMAGE_FILE), read_volume(folder / BODIES_FILE)
    require_one_grid(folder.name, volume, bodies)
    fine = read_volume(folder / FINE_FILE) if (folder / FINE_FILE).exists() else None
    fine = fine and fine.with_voxels(fine.voxels.astype(np.uint8))
    return SpineCase(volume, bodies.voxels.astype(np.uint8), vertebrae, kind, seed, sources, textures, fine)
