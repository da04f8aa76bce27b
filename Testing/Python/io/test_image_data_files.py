"""Images whose header names the files of their voxels."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from image_fakes import assert_same_grid, volume
from orthoai.errors import InputError
from orthoai.io.read import read_volume


@pytest.mark.parametrize("pair", [(".nhdr", ".raw"), (".mhd", ".raw")])
def test_a_header_with_a_data_file_beside_it_is_read_and_hashed_with_it(tmp_path: Path, pair: tuple[str, str]) -> None:
    before = volume()
    image = sitk.GetImageFromArray(before.voxels)
    image.SetSpacing(before.geometry.spacing)
    image.SetOrigin(before.geometry.origin)
    image.SetDirection(before.geometry.direction)
    header, data = tmp_path / f"a{pair[0]}", tmp_path / f"a{pair[1]}"
    sitk.WriteImage(image, str(header))
    after = read_volume(header)
    np.testing.assert_array_equal(after.voxels, before.voxels)
    assert_same_grid(after.geometry, before.geometry)
    assert after.source.sha256 == hashlib.sha256(header.read_bytes() + data.read_bytes()).hexdigest()
    data.unlink()
    with pytest.raises(InputError, match=r"The data file a\.raw .* is missing"):
        read_volume(header)


@pytest.mark.parametrize("suffix", [".nhdr", ".mhd"])
def test_a_data_file_with_a_name_in_another_language_is_found(tmp_path: Path, suffix: str) -> None:
    header = tmp_path / f"Müller{suffix}"
    sitk.WriteImage(sitk.GetImageFromArray(volume().voxels), str(header))
    np.testing.assert_array_equal(read_volume(header).voxels, volume().voxels)
    (tmp_path / "Müller.raw").unlink()
    with pytest.raises(InputError, match=r"The data file Müller\.raw"):
        read_volume(header)


@pytest.mark.parametrize("named", ["LIST\n{files}", "s%d.raw 0 1 1"])
def test_images_in_several_data_files_have_the_identity_of_their_voxels(tmp_path: Path, named: str) -> None:
    header = tmp_path / "ct.mhd"
    files = "\n".join(f"s{k}.raw" for k in range(2))
    header.write_text(
        "ObjectType = Image\nNDims = 3\nDimSize = 3 2 2\nElementSpacing = 1 1 1\nElementType = MET_SHORT\n"
        f"ElementByteOrderMSB = False\nElementDataFile = {named.format(files=files)}\n"
    )
    seen = []
    for value in (100, 200, 100):
        for k in range(2):
            (tmp_path / f"s{k}.raw").write_bytes(np.full((2, 3), value, "<i2").tobytes())
        read = read_volume(header)
        assert read.voxels.tolist() == [[[value] * 3] * 2] * 2
        seen.append(read.source.sha256)
    assert seen[0] != seen[1] and seen[0] == seen[2]


@pytest.mark.parametrize("numbers", ["1 99999999999 1", "0 99999 1", "0 -99999 0"])
def test_more_data_files_than_an_image_has_are_refused(tmp_path: Path, numbers: str) -> None:
    header = tmp_path / "ct.nhdr"
    header.write_text(
        "NRRD0004\ntype: short\ndimension: 3\nsizes: 3 2 2\nencoding: raw\nendian: little\n"
        f"data file: x%03d.raw {numbers}\n"
    )
    with pytest.raises(InputError, match="more than 10000 data files"):
        read_volume(header)
