"""Outlines drawn once more, by networks whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.errors import Canceled
from orthoai.progress import Progress
from orthoai.spine.genant import Heights
from orthoai.spine.heights import measure_body
from orthoai.spine.stack import Stack
from orthoai.tasks import RunOptions
from orthoai.tasks.ovf.engines import Engines
from orthoai.tasks.ovf.join import JoinedBody
from orthoai.tasks.ovf.outline import around, around_middle, redrawn, seen
from orthoai.tasks.ovf.outline_network import OUTLINE_SIZE, SLICES
from orthoai.tasks.ovf.pipeline import examined
from orthoai.tasks.ovf.slices import SliceBody
from ovf_fakes import FakeDetector, Shown, spine
from scipy import ndimage
from spine_bodies import draw, sagittal_grid

TRUE = Heights(21.3, 17.6, 24.2)


class Knowing:
    """Answers with the share that is painted as gray value."""

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        return batch[:, SLICES // 2 : SLICES // 2 + 1]


def stack_of(share: np.ndarray, grid) -> Stack:
    """Slices whose gray values are 255 times ``share``."""
    stack = Stack(np.zeros(share.shape, np.float32), grid, grid)
    stack.__dict__["pictures"] = np.rint(255 * share).astype(np.uint8)
    return stack


def body_of(masks: np.ndarray) -> JoinedBody:
    """One outline per slice of ``masks`` (S, H, W) that holds some."""
    outlines = []
    for index, mask in enumerate(masks):
        if mask.any():
            (rows, cols), *_ = ndimage.find_objects(mask.astype(int))
            outlines.append(SliceBody(index, 0.9, (0, 0.9, 0, 0), rows.start, cols.start, mask[rows, cols]))
    return JoinedBody(tuple(outlines))


@pytest.fixture(scope="module")
def share() -> np.ndarray:
    """Of a wedge on sagittal slices, in whole slices: partial volume from side to side would be no outline."""
    return draw(TRUE, sagittal_grid(0.8), fine=4)


def coarse(share: np.ndarray) -> np.ndarray:
    """As on pixels four times as large."""
    big = ndimage.zoom(share, (1, 0.25, 0.25), order=1, grid_mode=True, mode="nearest")
    back = ndimage.zoom(big, np.array(share.shape) / big.shape, order=0, grid_mode=True, mode="nearest")
    return back >= 0.5


def heights(body: JoinedBody, grid) -> np.ndarray:
    (s, r, c), mask = body.surface
    found = measure_body(mask, grid.cropped((c.start, r.start, s.start), (c.stop, r.stop, s.stop)))
    assert found is not None
    return np.asarray(found.heights)


def test_heights_are_those_of_the_network_finer_than_its_pixels(share) -> None:
    grid = sagittal_grid(0.8)
    given = body_of(coarse(share))
    (made,) = redrawn([given], stack_of(share, grid), Knowing(), Progress())
    assert np.abs(heights(made, grid) - TRUE).max() < 0.2
    assert np.abs(heights(given, grid) - TRUE).max() > 0.8
    assert [outline.class_scores for outline in made.slices] == [outline.class_scores for outline in given.slices]


def test_masks_hold_the_pixels_that_are_half_body(share) -> None:
    (made,) = redrawn([body_of(coarse(share))], stack_of(share, sagittal_grid(0.8)), Knowing(), Progress())
    found = np.zeros(share.shape, bool)
    found[made.place] = made.mask
    middle = [outline.index for outline in made.slices][1:-1]
    assert (found[middle] == (share[middle] >= 0.5)).all()


def test_a_network_that_means_something_else_changes_nothing(share) -> None:
    given = body_of(coarse(share))
    for answer in (np.zeros_like(share), np.ones_like(share), np.roll(share, 15, axis=1)):
        (made,) = redrawn([given], stack_of(answer, sagittal_grid(0.8)), Knowing(), Progress())
        assert made.slices == given.slices
        assert made.surface[1].dtype == bool and (made.surface[1] == given.mask).all()


def test_what_belongs_to_a_neighbor_stays_out(share) -> None:
    neighbor = np.roll(share, 32, axis=1) * (np.arange(share.shape[1]) > 55)[None, :, None]
    assert neighbor.max() == 1
    given, grid = body_of(coarse(share)), sagittal_grid(0.8)
    (made,) = redrawn([given], stack_of(np.maximum(share, neighbor), grid), Knowing(), Progress())
    (alone,) = redrawn([given], stack_of(share, grid), Knowing(), Progress())
    assert np.allclose(heights(made, grid), heights(alone, grid))


@pytest.mark.parametrize("shift", [-25, 25])
def test_a_body_at_the_border_stays_in_the_slice(share, shift: int) -> None:
    moved = ndimage.shift(share, (0, shift, 0), order=0)
    assert (moved[:, 0] if shift < 0 else moved[:, -1]).any()
    (made,) = redrawn([body_of(coarse(moved))], stack_of(moved, sagittal_grid(0.8)), Knowing(), Progress())
    _, rows, cols = made.place
    assert rows.start >= 0 and rows.stop <= share.shape[1] and cols.start >= 0 and cols.stop <= share.shape[2]
    assert made.slices[len(made.slices) // 2].shares is not None


def test_a_body_larger_than_the_window_keeps_its_outline() -> None:
    mask = np.ones((1, 20, OUTLINE_SIZE + 2), bool)
    given = body_of(mask)
    grid = sagittal_grid(0.8)
    (made,) = redrawn([given], stack_of(mask.astype(np.float32), grid), Knowing(), Progress())
    assert made.slices == given.slices


def test_the_network_sees_the_slice_its_neighbors_and_the_mask(share) -> None:
    pictures = np.rint(255 * share).astype(np.uint8)
    outline = body_of(coarse(share)).slices[4]
    batch = seen(pictures, outline)
    assert batch.shape == (SLICES + 1, OUTLINE_SIZE, OUTLINE_SIZE) and batch.dtype == np.float32
    middle = (outline.row + outline.mask.shape[0] // 2, outline.col + outline.mask.shape[1] // 2)
    for channel, index in enumerate((outline.index - 1, outline.index, outline.index + 1)):
        assert np.allclose(batch[channel], around_middle(middle, OUTLINE_SIZE).cut(pictures[index]) / 255)
    assert batch[-1].sum() == outline.area


def test_the_ends_of_a_stack_stand_in_for_what_is_beyond() -> None:
    assert around(0, 5) == [0, 0, 1] and around(4, 5) == [3, 4, 4] and around(0, 1) == [0, 0, 0]


def test_a_cancel_is_heard(share) -> None:
    with pytest.raises(Canceled):
        redrawn(
            [body_of(coarse(share))], stack_of(share, sagittal_grid(0.8)), Knowing(), Progress(is_canceled=lambda: True)
        )


def test_the_task_tells_and_marks_what_was_drawn_anew() -> None:
    """A network that shrinks every body by a pixel: so do masks, and heights by 1.6 mm."""

    def shrunk(batch: np.ndarray) -> np.ndarray:
        return ndimage.binary_erosion(batch[:, -1:] > 0.5, np.ones((1, 1, 3, 3))).astype(np.float32)

    bodies = [Shown("normal", "normal"), Shown("crush", "crush"), Shown("normal", "normal")]
    volume = spine(bodies)
    plain, fine = (
        examined(volume, RunOptions(), None, lambda options, own=own: Engines(FakeDetector(), own))[0]
        for own in (None, shrunk)
    )
    assert [each.label for each in fine.findings] == [each.label for each in plain.findings] == ["crush"]
    before, after = (each.findings[0].measurements["middle_height"].value for each in (plain, fine))
    assert before - after == pytest.approx(1.6, abs=0.4)
    assert np.count_nonzero(fine.segmentation) < 0.95 * np.count_nonzero(plain.segmentation)
