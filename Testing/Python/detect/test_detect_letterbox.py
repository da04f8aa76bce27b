"""Pictures go into the network's square as ultralytics would put them, and boxes come back where they were."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from orthoai.detect.letterbox import PADDING, Letterbox, fitting_pixel_mm, resize_linear

SHAPES = [(100, 160), (1500, 512), (137, 93), (512, 512), (3, 50), (1, 1), (1000, 31)]
sides = st.integers(1, 900)


def _noise(shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)


@given(height=sides, width=sides, size=st.sampled_from([32, 160, 416]))
def test_boxes_come_back_from_the_square_at_their_share_of_the_picture(height: int, width: int, size: int) -> None:
    letterbox = Letterbox((height, width), size)
    rows, cols = letterbox.resized
    start = [letterbox.left, letterbox.top] * 2
    shares = np.array([[0, 0, 1, 1], [0.1, 0.2, 0.7, 0.9]])
    found = letterbox.to_picture(start + shares * [cols, rows, cols, rows])
    np.testing.assert_allclose(found, shares * [width, height, width, height], atol=1e-9)


@given(height=sides, width=sides)
def test_the_picture_fills_one_side_of_the_square_and_is_centered_on_the_other(height: int, width: int) -> None:
    letterbox = Letterbox((height, width), 416)
    rows, cols = letterbox.resized
    assert max(rows, cols) == 416
    assert abs((416 - rows - letterbox.top) - letterbox.top) <= 1
    assert abs((416 - cols - letterbox.left) - letterbox.left) <= 1


def test_the_border_is_gray_and_the_picture_is_untouched_where_it_already_fits() -> None:
    image = _noise((416, 200))
    square = Letterbox((416, 200), 416).apply(image)
    np.testing.assert_array_equal(square[:, 108:308], image)
    assert (square[:, :108] == PADDING).all() and (square[:, 308:] == PADDING).all()


def test_a_box_that_reaches_into_the_border_is_cut_at_the_picture() -> None:
    np.testing.assert_array_equal(
        Letterbox((100, 50), 100).to_picture(np.array([[-5.0, -5.0, 120.0, 50.0]])), [[0, 0, 50, 50]]
    )


def test_a_picture_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        Letterbox((10, 10), 32).apply(_noise((10, 11)))


@pytest.mark.parametrize("shape", SHAPES)
def test_resizing_gives_every_gray_value_that_opencv_gives(shape: tuple[int, int]) -> None:
    cv2 = pytest.importorskip("cv2")
    image = _noise(shape)
    rows, cols = Letterbox(shape, 416).resized
    np.testing.assert_array_equal(resize_linear(image, (rows, cols)), cv2.resize(image, (cols, rows)))


def test_resizing_keeps_a_constant_picture_constant() -> None:
    assert (resize_linear(np.full((7, 5), 201, np.uint8), (40, 33)) == 201).all()


def test_fitting_pixels_need_no_shrinking() -> None:
    pixel = fitting_pixel_mm(1200.0, 400.0, 416)
    assert pixel == pytest.approx(1200 / 416)
    assert Letterbox((round(1200 / pixel), round(400 / pixel)), 416).resized == (416, round(400 / pixel))
