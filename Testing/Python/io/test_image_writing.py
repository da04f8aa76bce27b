"""Files that cannot be written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from image_fakes import SUFFIXES, noise, volume
from orthoai.errors import InputError
from orthoai.io.write import write_labels, write_volume


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no suffix that can be written"):
        write_volume(volume(), tmp_path / "a.stl")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="parent folder is missing"):
        write_volume(volume(), tmp_path / "no" / "a.nii.gz")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_leaves_the_older_file_and_nothing_else(
    tmp_path: Path, suffix: str, small_disk: Callable[[int], AbstractContextManager[None]]
) -> None:
    path = tmp_path / f"a{suffix}"
    write_volume(volume(), path)
    before = path.read_bytes()
    with small_disk(20_000), pytest.raises(InputError, match=r"completely|full"):
        write_volume(noise(), path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_labels_must_fit_their_grid(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="geometry says"):
        write_labels(np.zeros((2, 2, 2)), replace(volume().geometry), tmp_path / "a.nii.gz")
