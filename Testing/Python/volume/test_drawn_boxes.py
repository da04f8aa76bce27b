"""A box that a person drew lies in the image, has an extent and is the only one of its label."""

from __future__ import annotations

import pytest
from orthoai.box import Box
from orthoai.drawn_boxes import require_in_image, require_single
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.tasks.disc.given import given_boxes as disc_boxes
from orthoai.tasks.femur.given import given_boxes as femur_boxes

IMAGE = Geometry((4, 6, 8))
"""Indices (i, j, k) up to 7, 5 and 3."""


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        ((2, 2, 2), (2, 3, 3), "no extent"),
        ((3, 2, 2), (2, 3, 3), "no extent"),
        ((1, 1, 1), (2, float("nan"), 2), "no extent"),
        ((-3, 1, 1), (-0.5, 3, 3), "outside the image"),
        ((1, 1, 3.5), (3, 3, 5), "outside the image"),
    ],
)
def test_a_box_of_no_voxel_is_refused_by_every_task(low, high, words):
    for label, take in (("femur_left", femur_boxes), ("L4/L5", disc_boxes)):
        with pytest.raises(InputError, match=f"The box of {label} .*{words}.*draw it again"):
            take([Box.from_index(label, 1.0, low, high, IMAGE)], IMAGE, IMAGE)


def test_a_box_that_reaches_beyond_the_image_is_taken():
    require_in_image(Box.from_index("disc", 1.0, (-5, -5, 3.2), (0, 20, 9), IMAGE), IMAGE)


def test_two_boxes_of_one_label_are_refused():
    require_single(["femur_left", "femur_right"])
    with pytest.raises(InputError, match="two boxes labeled L4/L5: delete one"):
        require_single(["L4/L5", "L3/L4", "L4/L5"])
