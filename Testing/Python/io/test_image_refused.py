"""Files that are not the image which their name says, or not all of it."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from image_fakes import SUFFIXES, noise, volume
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.read import read_volume
from orthoai.io.write import write_volume
from orthoai.volume import Volume


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_truncated_file_is_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_volume(noise(), path)
    content = path.read_bytes()
    for part in (0.98, 0.5):
        path.write_bytes(content[: int(len(content) * part)])
        with pytest.raises(InputError, match="truncated"):
            read_volume(path)


def test_an_image_that_is_too_large_for_the_memory_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.mha"
    write_volume(Volume(np.zeros((2, 2, 2)), Geometry((2, 2, 2))), path)
    content = path.read_bytes()
    assert b"DimSize = 2 2 2\n" in content
    path.write_bytes(content.replace(b"DimSize = 2 2 2\n", b"DimSize = 131072 131072 131072\n"))
    with pytest.raises(InputError, match="too large for this computer's memory"):
        read_volume(path)


def test_a_damaged_byte_in_a_compressed_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    write_volume(noise(), path)
    content = bytearray(path.read_bytes())
    content[-8] ^= 1  # In the checksum: every voxel can still be unpacked.
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        read_volume(path)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".nrrd", ".mha", ".nhdr", ".mhd"])
@pytest.mark.parametrize("compress", [False, True])
def test_text_under_an_image_name_is_named(tmp_path: Path, suffix: str, compress: bool) -> None:
    path = tmp_path / f"notes{suffix}"
    text = b"Dear colleague, please find enclosed ..." * 20
    path.write_bytes(gzip.compress(text) if compress else text)
    with pytest.raises(InputError, match=r"is not a .* file although its name says so"):
        read_volume(path)


def test_an_unknown_file_an_empty_file_and_a_missing_one_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("x" * 500)
    (tmp_path / "b.nii.gz").touch()
    with pytest.raises(InputError, match="not an image that can be read"):
        read_volume(tmp_path / "a.xyz")
    with pytest.raises(InputError, match="empty"):
        read_volume(tmp_path / "b.nii.gz")
    with pytest.raises(InputError, match="does not exist"):
        read_volume(tmp_path / "c.nii.gz")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.nii")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        read_volume(tmp_path / "a.nii")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_name_that_is_not_utf_8_is_to_be_changed(tmp_path: Path, suffix: str) -> None:
    write_volume(volume(), tmp_path / f"a{suffix}")
    path = (tmp_path / f"a{suffix}").rename(tmp_path / os.fsdecode(b"M\xfcller" + suffix.encode()))
    with pytest.raises(InputError, match="not UTF-8; rename it") as caught:
        read_volume(path)
    assert str(caught.value).isprintable()


def test_a_file_under_the_name_of_another_kind_is_told_its_right_name(tmp_path: Path) -> None:
    write_volume(volume(), tmp_path / "a.nrrd")
    (tmp_path / "a.nrrd").rename(tmp_path / "a.nii.gz")
    with pytest.raises(InputError, match=r"NRRD image under another name; rename it to end with \.nrrd"):
        read_volume(tmp_path / "a.nii.gz")
    write_volume(volume(), tmp_path / "b.nii.gz")
    (tmp_path / "b.nii.gz").rename(tmp_path / "b.nii")
    with pytest.raises(InputError, match=r"its content is \.nii\.gz"):
        read_volume(tmp_path / "b.nii")


def test_a_series_name_is_refused_for_a_file(tmp_path: Path) -> None:
    write_volume(volume(), tmp_path / "a.nii.gz")
    with pytest.raises(InputError, match="leave the series out"):
        read_volume(tmp_path / "a.nii.gz", series="2")
