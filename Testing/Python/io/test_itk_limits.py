"""Files that ITK reads, but not as what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from orthoai.errors import InputError
from orthoai.io.read import read_volume

NOISE = np.random.default_rng(1).integers(-1000, 1000, (20, 32, 32)).astype(np.int16)


@pytest.mark.parametrize(("name", "data"), [("a.mha", "a.mha"), ("b.mhd", "b.zraw")])
@pytest.mark.parametrize("place", [0.6, -2])
def test_damaged_voxels_of_a_compressed_metaimage_are_found(tmp_path: Path, name: str, data: str, place: float) -> None:
    """ITK gave the rest of them as it found them in memory."""
    sitk.WriteImage(sitk.GetImageFromArray(NOISE), str(tmp_path / name), True)
    assert np.array_equal(read_volume(tmp_path / name).voxels, NOISE)
    content = bytearray((tmp_path / data).read_bytes())
    content[int(place * len(content)) if place > 0 else place] ^= 0xFF
    (tmp_path / data).write_bytes(content)
    with pytest.raises(InputError, match="truncated or damaged"):
        read_volume(tmp_path / name)


def test_an_uncompressed_metaimage_is_read_as_it_is(tmp_path: Path) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(NOISE), str(tmp_path / "a.mha"), False)
    assert np.array_equal(read_volume(tmp_path / "a.mha").voxels, NOISE)


def nrrd(directions: str, kinds: str) -> bytes:
    header = f"NRRD0005\ntype: int16\ndimension: 3\nspace: left-posterior-superior\nsizes: 32 32 20\nkinds: {kinds}\n"
    header += f"space directions: {directions}\nendian: little\nencoding: raw\nspace origin: (0,0,0)\n\n"
    return header.encode() + NOISE.tobytes()


def test_time_points_are_no_slices(tmp_path: Path) -> None:
    (tmp_path / "a.nrrd").write_bytes(nrrd("(1,0,0) (0,1,0) (0,0,2)", "domain domain domain"))
    assert read_volume(tmp_path / "a.nrrd").geometry.spacing == (1.0, 1.0, 2.0)
    (tmp_path / "a.nrrd").write_bytes(nrrd("(1,0,0) (0,1,0) none", "domain domain time"))
    with pytest.raises(InputError, match="without a direction in space"):
        read_volume(tmp_path / "a.nrrd")
