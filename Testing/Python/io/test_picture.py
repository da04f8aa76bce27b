"""Pictures become volumes of one slice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.io.read import read_volume
from PIL import Image

GRAY = np.arange(35, dtype=np.uint8).reshape(5, 7) * 7


def test_a_gray_png_is_one_slice_with_its_own_values(tmp_path: Path) -> None:
    Image.fromarray(GRAY).save(tmp_path / "a.png")
    found = read_volume(tmp_path / "a.png")
    assert found.geometry.size == (7, 5, 1)
    assert found.source.kind == "picture"
    assert found.voxels.dtype == np.uint8
    np.testing.assert_array_equal(found.voxels[0], GRAY)


def test_a_gray_picture_in_color_mode_is_taken(tmp_path: Path) -> None:
    for mode in ("RGB", "RGBA"):
        Image.fromarray(GRAY).convert(mode).save(tmp_path / "a.png")
        np.testing.assert_array_equal(read_volume(tmp_path / "a.png").voxels[0], GRAY)


@pytest.mark.parametrize("high", [4095, 65535])
def test_sixteen_bits_are_kept(tmp_path: Path, high: int) -> None:
    pixels = np.array([[0, 300], [1000, high]], np.uint16)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_volume(tmp_path / "a.png").voxels[0], pixels)


def test_black_and_white_is_zero_and_one(tmp_path: Path) -> None:
    Image.fromarray(GRAY > 100).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_volume(tmp_path / "a.png").voxels[0], GRAY > 100)


def test_a_jpeg_is_read_close_to_what_was_drawn(tmp_path: Path) -> None:
    smooth = np.add.outer(np.arange(32), np.arange(48)).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "a.jpg", quality=95)
    found = read_volume(tmp_path / "a.jpg").voxels[0]
    assert np.abs(found.astype(int) - smooth).max() <= 4


def test_color_is_refused(tmp_path: Path) -> None:
    color = np.zeros((5, 7, 3), np.uint8)
    color[..., 0] = GRAY
    Image.fromarray(color).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="color picture"):
        read_volume(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_truncated_picture_is_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-800])
    with pytest.raises(InputError, match="truncated"):
        read_volume(path)


@pytest.mark.parametrize("suffix", [".png", ".jpeg"])
def test_text_under_a_picture_name_is_named(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a{suffix}").write_text("not a picture" * 10)
    with pytest.raises(InputError, match="although its name says so"):
        read_volume(tmp_path / f"a{suffix}")
