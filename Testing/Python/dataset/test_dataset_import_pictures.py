"""Which pictures are read, and how."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dataset_fakes import filled
from import_fakes import ONE, SIZE, SQUARE, coco, labelme, pixels, png, read, save
from orthoai.dataset.importers.decode import gray_bytes
from orthoai.errors import InputError
from PIL import ExifTags, Image


def test_only_png_and_jpeg_are_decoded_and_only_in_gray_of_8_bits() -> None:
    gray = pixels()
    assert np.array_equal(gray_bytes(png(gray), "a.png"), gray)
    assert np.array_equal(gray_bytes(png(np.stack([gray] * 3, axis=2)), "a.png"), gray)
    assert gray_bytes(png(gray, "JPEG"), "a.jpg").shape == gray.shape
    assert set(np.unique(gray_bytes(png(gray > 99), "a.png"))) == {0, 255}
    color = np.stack([gray, gray, gray // 2], axis=2)
    for content, words in (
        (png(gray, "TIFF"), "no PNG or JPEG"),
        (png(gray, "GIF"), "no PNG or JPEG"),
        (png(gray)[:200], "damaged"),
        (b"", "no PNG or JPEG"),
        (png(color), "color picture"),
        (png(gray.astype(np.uint16) * 200), "16 bits"),
    ):
        with pytest.raises(InputError, match=words):
            gray_bytes(content, "a.png")


@pytest.mark.parametrize("orientation", [3, 6])
def test_a_picture_stored_turned_counts_as_labelme_shows_it_and_is_refused_elsewhere(
    tmp_path: Path, orientation: int
) -> None:
    square, exif = filled(SQUARE, SIZE) * np.uint8(255), Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    stored = np.rot90(square, 2 if orientation == 3 else 1)
    save(tmp_path, "a.json", labelme(ONE))
    Image.fromarray(stored).save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(read("labelme", tmp_path)[0].pixels, square)
    save(tmp_path, "a.json", coco(ONE))
    save(tmp_path, "a.txt", "1 0.25 0.5 0.25 0.5\n")
    for kind in ("coco", "yolo"):
        with pytest.raises(InputError, match=r"a\.png is stored turned"):
            read(kind, tmp_path)
