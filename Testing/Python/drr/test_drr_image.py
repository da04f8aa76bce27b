import numpy as np
import pytest
from orthoai.drr.image import axial_image, coronal_image, detector_image
from orthoai.drr.parallel import parallel_drrs
from orthoai.geometry import Geometry
from orthoai.volume import Volume


@pytest.mark.parametrize("row_down", [True, False])
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.8, 0.76), (5.0, 0.7), (0.7, 5.0)])
@pytest.mark.parametrize("pixel_mm", [None, 0.5, 2.3])
def test_picture_edges_and_projection_indices_round_trip(spacing, row_down, pixel_mm):
    image = detector_image(np.zeros((60, 40), np.float32), spacing, row_down, pixel_mm)
    for x, y in [(0, 0), (3.25, 7.5), (11, 2)]:
        assert image.from_index(*image.to_index(x, y)) == pytest.approx((x, y), abs=1e-9)
    for col, row in [(-0.5, -0.5), (39.5, 59.5), (12, 33.3)]:
        assert image.to_index(*image.from_index(col, row)) == pytest.approx((col, row), abs=1e-9)


def test_the_outer_edges_of_picture_and_projection_meet():
    down = detector_image(np.zeros((10, 20), np.float32), (2.0, 1.0), row_down=True)
    assert down.pixels.shape == (20, 20)
    assert down.to_index(0, 0) == (-0.5, -0.5)
    assert down.to_index(20, 20) == (19.5, 9.5)
    up = detector_image(np.zeros((10, 20), np.float32), (2.0, 1.0), row_down=False)
    assert up.to_index(0, 0) == (-0.5, 9.5)
    assert up.to_index(20, 20) == (19.5, -0.5)


@pytest.mark.parametrize("row_down", [True, False])
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.8, 0.76), (3.0, 0.7), (0.7, 3.0)])
@pytest.mark.parametrize("pixel_mm", [None, 2.3])
def test_a_bone_is_drawn_where_the_mapping_says(spacing, row_down, pixel_mm):
    projection = np.zeros((80, 60), np.float32)
    projection[20:45, 12:30] = 30
    image = detector_image(projection, spacing, row_down, pixel_mm)
    x0, y0 = image.from_index(11.5, 19.5)
    x1, y1 = image.from_index(29.5, 44.5)
    left, right, top, bottom = x0, x1, min(y0, y1), max(y0, y1)
    half = image.pixels > image.pixels.max() / 2
    rows, cols = np.flatnonzero(half.any(axis=1)), np.flatnonzero(half.any(axis=0))
    found = np.array([cols[0], cols[-1] + 1, rows[0], rows[-1] + 1])
    # Half a pixel either way, for a pixel that is half covered, and more where elements are coarser than pixels.
    assert np.abs(found - [left, right, top, bottom]).max() <= 1


@pytest.mark.parametrize(("path", "gray"), [(0, 0), (40 * np.log(2), 128), (40, 161), (1e6, 255)])
def test_brightness_saturates_with_the_path_through_bone(path, gray):
    image = detector_image(np.full((4, 4), path, np.float32), (1, 1), row_down=True)
    assert abs(int(image.pixels[0, 0]) - gray) <= 1
    assert np.ptp(image.pixels) == 0


def test_coarser_pixels_hold_the_mean_path():
    projection = np.random.default_rng(0).uniform(0, 60, (48, 36)).astype(np.float32)
    image = detector_image(projection, (1, 1), row_down=True, pixel_mm=3)
    means = projection.reshape(16, 3, 12, 3).mean(axis=(1, 3))
    np.testing.assert_array_equal(image.pixels, np.rint(255 * (1 - np.exp(-means / 40))))


def test_a_pixel_that_reaches_past_the_projection_holds_the_mean_of_what_it_covers():
    image = detector_image(np.array([[0, 0, 0, 0, 60, 0]], np.float32), (1, 1), row_down=True, pixel_mm=4)
    np.testing.assert_array_equal(image.pixels, [[0, np.rint(255 * (1 - np.exp(-30 / 40)))]])


def test_square_voxels_keep_one_pixel_each():
    projection = np.random.default_rng(0).uniform(0, 60, (31, 17)).astype(np.float32)
    down = detector_image(projection, (0.8, 0.8), row_down=True)
    up = detector_image(projection, (0.8, 0.8), row_down=False)
    assert down.pixels.shape == (31, 17)
    np.testing.assert_array_equal(up.pixels, down.pixels[::-1])


def _limb():
    """Dense bone at the patient's upper left front."""
    voxels = np.zeros((40, 20, 30), np.int16)
    voxels[30:36, 2:5, 20:24] = 1000
    return Volume(voxels, Geometry(voxels.shape, (1.0, 1.0, 1.5)))


def test_the_coronal_picture_is_head_up_with_the_left_on_the_right():
    image = coronal_image(parallel_drrs(_limb()))
    rows, cols = np.nonzero(image.pixels > 10)
    assert image.pixels.shape == (60, 30)
    assert rows.max() < 30 < cols.max() + 15
    (left, lower), (right, upper) = image.to_index(20, rows.max() + 1), image.to_index(24, rows.min())
    assert (left, right) == (19.5, 23.5)
    assert (lower, upper) == pytest.approx((29.5, 35.5), abs=0.5)


def test_the_axial_picture_is_front_up_and_can_be_limited():
    drrs = parallel_drrs(_limb())
    rows, cols = np.nonzero(axial_image(drrs).pixels > 10)
    assert (rows.min(), rows.max(), cols.min(), cols.max()) == (2, 4, 20, 23)
    assert axial_image(drrs, between=(30, 36)).pixels.max() == axial_image(drrs).pixels.max()
    assert axial_image(drrs, between=(0, 16)).pixels.max() == 0
