"""Connected parts."""

import numpy as np
import pytest
import SimpleITK as sitk
from orthoai.segment.components import BRIDGE_MM, SIDE_PIECE, WORK_MM, largest_parts, main_part


def three_parts():
    mask = np.zeros((12, 12, 12), bool)
    mask[1:3, 1:3, 1:3] = True
    mask[5:9, 5:9, 5:9] = True
    mask[10:12, 10:12, 0:1] = True
    return mask


def test_only_the_largest_part_stays():
    kept = largest_parts(three_parts())
    assert kept.sum() == 64
    assert kept[5:9, 5:9, 5:9].all()


def test_two_parts_stay_when_two_are_asked_for():
    kept = largest_parts(three_parts(), 2)
    assert kept.sum() == 64 + 8
    assert not kept[10:12].any()


def test_asking_for_more_parts_than_there_are_keeps_all():
    np.testing.assert_array_equal(largest_parts(three_parts(), 9), three_parts())


def test_voxels_that_touch_at_a_corner_are_two_parts():
    mask = np.zeros((4, 4, 4), bool)
    mask[:2, :2, :2] = True
    mask[2, 2, 2] = True
    assert largest_parts(mask).sum() == 8


@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 1, 1), (0, 4, 4)])
def test_an_empty_mask_stays_empty(shape):
    empty = np.zeros(shape, bool)
    assert largest_parts(empty).shape == shape and not largest_parts(empty).any()


def test_a_turned_view_is_fine_and_is_not_changed():
    mask = three_parts()
    view = mask[::-1, :, ::-1]
    np.testing.assert_array_equal(largest_parts(view), largest_parts(mask)[::-1, :, ::-1])
    np.testing.assert_array_equal(mask, three_parts())


def _knee(link: int, tibia: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """A femur of 20 x 20 x 40 voxels, a link ``link`` voxels wide and a piece of tibia: (all, femur)."""
    femur = np.zeros((70, 24, 24), bool)
    femur[28:68, 2:22, 2:22] = True
    both = femur.copy()
    both[20:28, 10 : 10 + link, 10 : 10 + link] = True
    both[20 - tibia : 20, 2:22, 2:22] = True
    return both, femur


def test_a_side_piece_on_a_thin_bridge_is_cut_off_and_the_corners_stay() -> None:
    both, femur = _knee(link=2)
    kept = main_part(both, (1.0, 1.0, 1.0))
    assert (kept & femur).sum() == femur.sum()
    assert not kept[:20].any()


@pytest.mark.parametrize("link", [7, 9])
def test_a_thick_neck_is_no_bridge_whatever_the_voxel_size(link: int) -> None:
    both, _ = _knee(link)
    assert np.array_equal(main_part(both, (1.0, 1.0, 1.0)), both)
    for axis, spacing in enumerate([(1.0, 1.0, 0.5), (1.0, 0.5, 1.0), (0.5, 1.0, 1.0)]):
        fine = both.repeat(2, axis)
        assert np.array_equal(main_part(fine, spacing), fine)


def test_pieces_of_like_size_are_not_taken_apart() -> None:
    both, _ = _knee(link=2, tibia=18)
    assert np.array_equal(main_part(both, (1.0, 1.0, 1.0)), both)


def test_bridges_are_cut_whatever_the_voxel_size() -> None:
    both, femur = _knee(link=2)
    fine = both.repeat(2, 0).repeat(2, 1)
    kept = main_part(fine, (1.0, 0.5, 0.5))
    assert np.array_equal(kept[56:136, 4:44], femur.repeat(2, 0).repeat(2, 1)[56:136, 4:44])
    assert not kept[:40].any()


def _linked(voxel_mm: float, link_mm: float, offset_mm: float) -> np.ndarray:
    """A femur of 20 x 20 x 40 mm, a link ``link_mm`` wide below it and a piece of tibia, below 20 mm."""
    z, y, x = np.ogrid[: int(70 / voxel_mm), : int(24 / voxel_mm), : int(24 / voxel_mm)]
    z, y, x = ((axis + 0.5) * voxel_mm for axis in (z, y, x))

    def block(bottom: float, top: float, low: float, high: float) -> np.ndarray:
        return (z >= bottom) & (z < top) & (y >= low) & (y < high) & (x >= low) & (x < high)

    low = 10 + offset_mm
    return block(28, 68, 2, 22) | block(20, 28, low, low + link_mm) | block(14, 20, 2, 22)


@pytest.mark.parametrize("offset_mm", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("voxel_mm", [0.4, 0.5, 0.7, 0.8, 1.0, 1.2, 1.5, 1.6, 2.0])
def test_links_are_cut_up_to_a_width_in_mm_whatever_the_voxel_size(voxel_mm: float, offset_mm: float) -> None:
    spacing = (voxel_mm,) * 3
    is_kept = {
        width: main_part(_linked(voxel_mm, width, offset_mm), spacing)[: int(19 / voxel_mm)].any()
        for width in (2.0, 3.0, 4.0, 6.5, 7.5)
    }
    assert is_kept == {2.0: False, 3.0: False, 4.0: False, 6.5: True, 7.5: True}


def test_voxels_too_large_to_show_a_bridge_leave_the_mask_whole() -> None:
    both, _ = _knee(link=2)
    assert np.array_equal(main_part(both, (3.0, 3.0, 3.0)), both)


def test_an_empty_mask_and_a_thin_one_have_a_main_part_too() -> None:
    assert not main_part(np.zeros((4, 4, 4), bool), (1.0, 1.0, 1.0)).any()
    thin = np.zeros((9, 9, 9), bool)
    thin[:, 4, 4] = True
    assert np.array_equal(main_part(thin, (1.0, 1.0, 1.0)), thin)


# Against the same steps done plainly, on random masks


def _blob(seed: int) -> tuple[np.ndarray, tuple[float, float, float]]:
    """A mask of clumps and links, and its voxel size."""
    rng = np.random.default_rng(seed)
    steps = rng.choice([0.3, 0.5, 0.8, 1.0, 1.3, 2.0], 3)
    noise = sitk.GetImageFromArray(rng.standard_normal((40, 30, 35)).astype(np.float32))
    field = sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(noise, float(rng.uniform(1.5, 3.5))))
    return field > np.quantile(field, rng.uniform(0.4, 0.9)), (float(steps[0]), float(steps[1]), float(steps[2]))


def _image(mask: np.ndarray, spacing: tuple[float, ...]) -> sitk.Image:
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(spacing)
    return image


def _outside(mask: sitk.Image) -> sitk.Image:
    return sitk.SignedMaurerDistanceMap(mask, squaredDistance=False, useImageSpacing=True)


def _main_part_plainly(mask: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    """With a distance map for the depth of the voxels, too, and on all of the mask's box."""
    spans = [np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    box = tuple(slice(span[0], span[-1] + 1) for span in spans)
    own = _image(np.pad(mask[box], 1, mode="edge"), spacing)
    smooth = sitk.Mean(own * 255, [int((WORK_MM / step - 1) / 2) for step in spacing])
    size = [int(np.ceil(n * step / WORK_MM - 1e-6)) for n, step in zip(own.GetSize(), spacing, strict=True)]
    origin = [(WORK_MM - step) / 2 for step in spacing]
    work = sitk.Resample(smooth, size, sitk.Transform(), sitk.sitkLinear, origin, [WORK_MM] * 3) >= 128
    deep = -_outside(work) >= BRIDGE_MM / 2
    cores = sitk.RelabelComponent(sitk.ConnectedComponent(deep, False))
    sizes = np.bincount(sitk.GetArrayFromImage(cores).ravel())[1:]
    large = int((sizes >= SIDE_PIECE * sizes.max(initial=0)).sum())
    kept = mask.copy()
    if large < len(sizes):
        nearer = _outside(cores > large) >= _outside((cores > 0) & (cores <= large))
        there = sitk.GetArrayFromImage(sitk.Resample(nearer, own, sitk.Transform(), sitk.sitkNearestNeighbor, 1))
        kept[box] &= there[1:-1, 1:-1, 1:-1].astype(bool)
    parts = sitk.RelabelComponent(sitk.ConnectedComponent(_image(kept, spacing), False))
    return sitk.GetArrayFromImage(parts) == 1


def test_the_main_part_is_what_the_plain_steps_give() -> None:
    is_cut = []
    for seed in range(12):
        mask, spacing = _blob(seed)
        expected = _main_part_plainly(mask, spacing)
        np.testing.assert_array_equal(main_part(mask, spacing), expected)
        is_cut.append(expected.sum() < largest_parts(mask).sum())
    assert 3 <= sum(is_cut) < 12
