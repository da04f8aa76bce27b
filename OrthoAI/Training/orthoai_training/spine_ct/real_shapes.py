"""Find what real shapes there are: label maps of whole spines, surfaces of single vertebrae, and masks of MR."""

from __future__ import annotations

from pathlib import Path

from orthoai.errors import InputError

from orthoai_training.spine_ct.label_map import VERTEBRAE_SUFFIX
from orthoai_training.spine_ct.mr_map import MR_SUFFIX

MESH_SUFFIX = ".stl"


def find_shapes(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """What ``paths`` hold: label map files, files or whole folders of surfaces, and masks of MR.

    Args:
        paths: files, or folders that hold label maps ``*_seg-vert_msk.nii.gz``, masks ``*_t2space_seg.nii.gz`` or
            surfaces.

    Raises:
        InputError: one of the paths holds none.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            maps = sorted(file for suffix in (VERTEBRAE_SUFFIX, MR_SUFFIX) for file in path.glob(f"*{suffix}"))
            meshes = [path] if any(path.glob(f"*{MESH_SUFFIX}")) else []
            here = [*maps, *meshes]
        else:
            here = [path] if path.is_file() else []
        if not here:
            raise InputError(
                f"There are no real spines in {path}: give a label map or a folder of *{VERTEBRAE_SUFFIX}, "
                f"*{MR_SUFFIX} or STL."
            )
        found += here
    return tuple(found)


def is_mesh(path: Path) -> bool:
    """Whether ``path``, of :func:`find_shapes`, holds surfaces."""
    return path.is_dir() or path.suffix.lower() == MESH_SUFFIX


def is_mr(path: Path) -> bool:
    """Whether ``path``, of :func:`find_shapes`, holds masks of a sagittal MR."""
    return path.name.endswith(MR_SUFFIX)
