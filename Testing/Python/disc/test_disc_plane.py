"""A volume in any axis order becomes the same sagittal slices, and masks find their way back."""

from __future__ import annotations

from io import BytesIO
from itertools import permutations, product

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.tasks.disc.plane import SAGITTAL, sagittal
from orthoai.volume import Source, Volume
from PIL import Image

ORDERS = ["".join(letters) for axes in permutations(("LR", "AP", "IS")) for letters in product(*axes)]

SLICES, HEIGHT, WIDTH = 5, 90, 80
UPRIGHT = Geometry((SLICES, HEIGHT, WIDTH), (0.8, 1.0, 4.0), (-30, 50, 10), (0, 0, 1, 1, 0, 0, 0, -1, 0))


def upright(modality: str = "MR") -> Volume:
    voxels = np.arange(SLICES * HEIGHT * WIDTH, dtype=np.int32).reshape(UPRIGHT.shape)
    return Volume(voxels, UPRIGHT, modality)


def grid(codes: str, size: tuple[int, int, int], spacing: tuple[float, float, float]) -> Volume:
    """A volume whose (i, j, k) grow toward ``codes``; size and spacing along (i, j, k)."""
    directions = np.zeros((3, 3))
    for n, letter in enumerate(codes):
        axis, sign = {"L": (0, 1), "R": (0, -1), "P": (1, 1), "A": (1, -1), "S": (2, 1), "I": (2, -1)}[letter]
        directions[axis, n] = sign
    geometry = Geometry(size[::-1], spacing, direction=tuple(directions.ravel()))
    return Volume(np.arange(np.prod(size), dtype=np.int32).reshape(geometry.shape), geometry, "MR")


def test_the_grid_of_this_test_is_upright() -> None:
    assert UPRIGHT.axis_codes == SAGITTAL


@pytest.mark.parametrize("codes", ORDERS)
def test_every_axis_order_gives_the_same_slices_and_a_mask_goes_back_to_its_own_grid(codes: str) -> None:
    volume = upright().reoriented(codes)
    stack = sagittal(volume)
    np.testing.assert_array_equal(stack.voxels, upright().voxels)
    assert (stack.pixel_mm, stack.slice_mm) == ((1.0, 0.8), 4.0)
    assert stack.grid.matches(UPRIGHT)
    np.testing.assert_array_equal(stack.restored(stack.voxels), volume.voxels)


def test_there_are_48_axis_orders() -> None:
    assert len(set(ORDERS)) == 48


def test_slices_are_views_of_the_input() -> None:
    volume = upright().reoriented("RAS")
    assert np.shares_memory(sagittal(volume).voxels, volume.voxels)


def test_a_turned_stack_shows_the_image_the_other_way_round_and_still_leads_back() -> None:
    stack = sagittal(upright().reoriented("RAS"))
    turned = stack.turned(upside_down=True, back_to_front=True)
    np.testing.assert_array_equal(turned.voxels, stack.voxels[:, ::-1, ::-1])
    np.testing.assert_array_equal(turned.restored(turned.voxels), stack.volume.voxels)
    assert turned.turned(upside_down=True, back_to_front=True).codes == stack.codes


def test_a_picture_is_taken_as_it_is_shown() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (1, 120, 90), dtype=np.uint8)
    stack = sagittal(Volume(pixels, Geometry(pixels.shape), source=Source("picture")))
    np.testing.assert_array_equal(stack.voxels, pixels)
    assert not stack.has_scale
    np.testing.assert_array_equal(stack.turned(back_to_front=True).voxels, pixels[:, :, ::-1])


def framed(value: int, quality: int | None = None) -> Volume:
    """A picture with air in front of the body, in an even frame of 7 rows and 9 columns."""
    pixels = np.random.default_rng(0).integers(0, 200, (120, 90), dtype=np.uint8)
    pixels[:, :20] = 0
    pixels = np.pad(pixels, ((7, 7), (9, 9)), constant_values=value)
    if quality is not None:
        file = BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality)
        pixels = np.asarray(Image.open(file))
    return Volume(pixels[None], Geometry((1, *pixels.shape)), source=Source("picture"))


@pytest.mark.parametrize("value", [255, 128])
def test_an_even_frame_around_a_picture_is_no_part_of_the_image(value: int) -> None:
    """It moved the boxes of discs and changed their grades."""
    volume = framed(value)
    stack = sagittal(volume)
    np.testing.assert_array_equal(stack.voxels, volume.voxels[:, 7:-7, 9:-9])
    restored = stack.restored(np.ones(stack.voxels.shape, np.uint8))
    assert restored.shape == volume.voxels.shape and restored[:, 7:-7, 9:-9].all()
    assert restored.sum() == stack.voxels.size
    np.testing.assert_allclose(stack.grid.index_to_lps((0, 0, 0)), volume.geometry.index_to_lps((9, 7, 0)))
    turned = stack.turned(upside_down=True)
    np.testing.assert_array_equal(turned.restored(turned.voxels), stack.restored(stack.voxels))


def test_the_frame_of_a_jpeg_is_seen_as_well() -> None:
    assert all(0 <= more <= 16 for more in np.subtract(sagittal(framed(255, quality=75)).voxels.shape[1:], (120, 90)))


def test_air_beside_the_body_and_a_picture_of_nothing_stay_whole() -> None:
    volume = framed(0)
    assert sagittal(volume).voxels.shape == volume.voxels.shape
    even = Volume(np.full((1, 60, 50), 9, np.uint8), Geometry((1, 60, 50)), source=Source("picture"))
    assert sagittal(even).voxels.shape == even.voxels.shape


def test_one_sagittal_dicom_slice_is_enough() -> None:
    one = upright().cropped((0, 0, 2), (WIDTH, HEIGHT, 3))
    assert sagittal(one).voxels.shape == (1, HEIGHT, WIDTH)


def test_an_isotropic_volume_is_taken_whatever_plane_it_was_measured_in() -> None:
    assert sagittal(grid("LPS", (80, 90, 100), (1.0, 1.0, 1.0))).voxels.shape == (80, 100, 90)


def test_an_oblique_sagittal_series_is_taken() -> None:
    angle = np.radians(15)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    geometry = Geometry(UPRIGHT.shape, UPRIGHT.spacing, direction=tuple((turn @ UPRIGHT.directions).ravel()))
    stack = sagittal(Volume(upright().voxels, geometry, "MR"))
    np.testing.assert_array_equal(stack.voxels, upright().voxels)


@pytest.mark.parametrize(
    ("volume", "words"),
    [
        (grid("LPS", (200, 200, 20), (0.8, 0.8, 4.0)), "an axial series"),
        (grid("LSA", (200, 200, 20), (0.8, 0.8, 4.0)), "a coronal series"),
        (grid("LPS", (200, 200, 1), (0.8, 0.8, 4.0)), "an axial series"),
        (grid("PIL", (40, 40, 10), (1.0, 1.0, 4.0)), "too small"),
        (grid("PIL", (100, 100, 10), (0.4, 0.4, 4.0)), "too small"),
        (
            Volume(np.zeros((2, 90, 70), np.uint8), Geometry((2, 90, 70)), "CT"),
            "modality is CT",
        ),
        (upright("US"), "modality is US"),
        (Volume(np.full(UPRIGHT.shape, np.nan, np.float32), UPRIGHT, "MR"), "NaN"),
    ],
)
def test_an_unsuitable_volume_is_refused_in_a_sentence(volume: Volume, words: str) -> None:
    with pytest.raises(InputError, match=words):
        sagittal(volume)


def test_slices_turned_far_from_the_sagittal_plane_are_refused() -> None:
    angle = np.radians(44)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    geometry = Geometry(UPRIGHT.shape, UPRIGHT.spacing, direction=tuple((turn @ UPRIGHT.directions).ravel()))
    with pytest.raises(InputError, match="turned too far"):
        sagittal(Volume(upright().voxels, geometry, "MR"))


def test_pictures_are_normalized_slice_by_slice() -> None:
    pictures = sagittal(upright()).pictures
    assert pictures.dtype == np.float32
    assert pictures.min(axis=(1, 2)).tolist() == [0] * SLICES
    assert pictures.max(axis=(1, 2)).tolist() == [1] * SLICES
