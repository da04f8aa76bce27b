"""A simulated case: the same for the same seed, left on the left, and covering what its name says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from orthoai.errors import InputError
from orthoai.geometry import AXIS_LETTERS
from orthoai_training.synth import limbs
from orthoai_training.synth.limbs import FIELDS, LimbCase, LimbRecipe, simulate_limb
from orthoai_training.synth.shape import SampledShape
from orthoai_training.synth.shape_library import RealFemur, ShapeLibrary
from orthoai_training.synth.skeleton import CONTEXT_LABELS

CoarseCase = Callable[..., LimbCase]


def where(case: LimbCase, value: int) -> np.ndarray:
    """LPS mm (N, 3) of a femur's voxels."""
    return case.volume.geometry.index_to_lps(np.argwhere(case.labels == value)[:, ::-1])


def touches(case: LimbCase, value: int) -> set[str]:
    """The faces of an LPS grid that a femur reaches: letters as in "LPS"."""
    index = np.argwhere(case.labels == value)[:, ::-1]
    faces = set()
    for axis, (negative, positive) in enumerate(AXIS_LETTERS):
        if (index[:, axis] == 0).any():
            faces.add(negative)
        if (index[:, axis] == case.volume.geometry.size[axis] - 1).any():
            faces.add(positive)
    return faces


# Seeds


def test_the_same_seed_gives_the_same_voxels_and_another_seed_another_person(coarse_case: CoarseCase) -> None:
    first = coarse_case(seed=3)
    again = simulate_limb(LimbRecipe(field="full", spacing=(6.0, 6.0, 8.0), metal=0.0, one_sided=0.0), 3)
    assert np.array_equal(first.volume.voxels, again.volume.voxels)
    assert np.array_equal(first.labels, again.labels)
    assert np.array_equal(first.bones, again.bones)
    assert first.meta == again.meta
    other = coarse_case(seed=4)
    assert other.volume.voxels.shape != first.volume.voxels.shape or (other.labels != first.labels).any()


def test_everything_that_is_not_given_is_drawn(coarse_case: CoarseCase) -> None:
    cases = [coarse_case(seed=seed, field=None) for seed in range(4)]
    assert len({case.meta["field"] for case in cases}) >= 2
    assert len({case.volume.geometry.shape for case in cases}) == 4


# Content


def test_voxels_labels_and_bones_lie_on_one_grid_of_the_spacing_asked_for(coarse_case: CoarseCase) -> None:
    case = coarse_case()
    assert case.volume.geometry.spacing == (6.0, 6.0, 8.0)
    assert case.volume.geometry.axis_codes == "LPS"
    assert case.volume.voxels.shape == case.labels.shape == case.bones.shape
    assert (case.volume.voxels.dtype, case.labels.dtype, case.bones.dtype) == (np.int16, np.uint8, np.uint8)
    assert case.volume.modality == "CT"
    assert case.volume.source.kind == "simulated"
    assert set(np.unique(case.labels)) == {0, 1, 2}
    assert set(np.unique(case.bones)) <= {0, *CONTEXT_LABELS.values()}
    assert not ((case.labels > 0) & (case.bones > 0)).any()


def test_label_1_is_the_patients_left_femur_and_2_the_right(coarse_case: CoarseCase) -> None:
    for seed in (3, 4, 5):
        case = coarse_case(seed=seed)
        assert where(case, 1)[:, 0].min() > where(case, 2)[:, 0].max() - 20
        assert where(case, 1)[:, 0].mean() > 30
        assert where(case, 2)[:, 0].mean() < -30


def test_femora_are_brighter_than_flesh_and_hounsfield_units_stay_in_range(coarse_case: CoarseCase) -> None:
    case = coarse_case()
    hu = case.volume.voxels
    assert hu.min() >= -1024
    assert hu.max() <= 3071
    assert np.median(hu[case.labels > 0]) > 150
    assert np.percentile(hu, 1) < -980  # air around the body


def test_with_chance_1_one_leg_is_missing(coarse_case: CoarseCase) -> None:
    found = {tuple(np.unique(coarse_case(seed=seed, field="hips", one_sided=1.0).labels)) for seed in range(4)}
    assert found == {(0, 1), (0, 2)}


# Fields of view


@pytest.mark.parametrize(
    ("field", "cut"), [("full", set()), ("thighs", set()), ("hips", {"I"}), ("knees", {"S"})], ids=str
)
def test_a_field_of_view_cuts_femora_only_where_its_name_says(
    coarse_case: CoarseCase, field: str, cut: set[str]
) -> None:
    case = coarse_case(field=field, width=(600.0, 600.0))
    assert case.meta["field"] == field
    assert touches(case, 1) == cut
    assert touches(case, 2) == cut
    tibia = (case.bones == CONTEXT_LABELS["tibia"]).any()
    pelvis = (case.bones == CONTEXT_LABELS["hip"]).any()
    assert (tibia, pelvis) == {
        "full": (True, True),
        "thighs": (True, True),
        "hips": (False, True),
        "knees": (True, False),
    }[field]


def test_the_full_field_shows_the_feet(coarse_case: CoarseCase) -> None:
    assert (coarse_case(width=(600.0, 600.0)).bones == CONTEXT_LABELS["hindfoot"]).any()


def test_the_femur_field_shows_one_whole_femur_with_a_margin(coarse_case: CoarseCase) -> None:
    case = coarse_case(field="femur")
    whole = [value for value in (1, 2) if (case.labels == value).any() and not touches(case, value)]
    assert len(whole) == 1
    points = where(case, whole[0])
    span = np.array(case.volume.geometry.size) * case.volume.geometry.spacing
    # The box around a slanted bone's box is loose by itself.
    assert (span - np.ptp(points, axis=0) < 2 * 32 + 100).all()
    assert np.ptp(points[:, 2]) > 350


def test_width_and_depth_of_the_field_are_those_asked_for(coarse_case: CoarseCase) -> None:
    size = coarse_case(field="hips", width=(360.0, 240.0)).volume.geometry.size
    assert size[:2] == (60, 40)


def test_knees_are_never_those_of_proximal_femora(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = SampledShape(torch.zeros(2, 2, 2), (0.0, 0.0, 0.0), 1.0)
    proximal = RealFemur("hips/a_lfemur", shape, False, -130.0, 420.0)
    monkeypatch.setattr(limbs, "load_library", lambda folders: ShapeLibrary((proximal,)))
    recipe = LimbRecipe(field="knees", spacing=(6.0, 6.0, 8.0), shapes=(Path("hips"),), real_share=1.0, one_sided=0.0)
    case = simulate_limb(recipe, 3)
    assert set(np.unique(case.labels)) == {0, 1, 2}
    assert case.meta["shapes"] == []


def test_an_unknown_field_is_refused_with_the_names_of_the_known() -> None:
    with pytest.raises(InputError, match="full, thighs, hips, knees, femur"):
        simulate_limb(LimbRecipe(field="arms"), 0)
    assert len(FIELDS) == 5


# Axes


def test_stored_in_other_axis_orders_the_case_is_the_same(coarse_case: CoarseCase) -> None:
    codes = set()
    for seed in (3, 4, 5):
        straight, turned = coarse_case(seed=seed, field="hips"), coarse_case(seed=seed, field="hips", any_axes=True)
        codes.add(turned.volume.geometry.axis_codes)
        assert turned.meta["axes"] == turned.volume.geometry.axis_codes
        back = turned.volume.reoriented("LPS")
        assert back.geometry.matches(straight.volume.geometry)
        assert np.array_equal(back.voxels, straight.volume.voxels)
        labels = turned.volume.with_voxels(turned.labels).reoriented("LPS").voxels
        assert np.array_equal(labels, straight.labels)
    assert len(codes) > 1


def test_a_tilted_scan_shows_the_same_femora_at_the_same_places(coarse_case: CoarseCase) -> None:
    wide = {"field": "thighs", "width": (600.0, 600.0)}
    straight, tilted = coarse_case(**wide), coarse_case(**wide, oblique=15.0)
    axes = tilted.volume.geometry.directions
    angle = np.degrees(np.arccos((np.trace(axes) - 1) / 2))
    assert 1 < angle < 15 * 3**0.5
    assert np.linalg.det(axes) == pytest.approx(1.0)
    for value in (1, 2):
        first, second = where(straight, value), where(tilted, value)
        assert len(second) == pytest.approx(len(first), rel=0.05)
        assert second.mean(axis=0) == pytest.approx(first.mean(axis=0), abs=4.0)


# Metal


def test_a_case_with_metal_says_so_and_is_brighter_than_bone(coarse_case: CoarseCase) -> None:
    # Seed 5 operates on a hip; a knee's metal lies outside of this field.
    case, plain = coarse_case(seed=5, field="hips", metal=1.0), coarse_case(seed=5, field="hips")
    assert any("hip" in str(name) for name in case.meta["metal"])
    assert not plain.meta["metal"]
    assert case.volume.voxels.max() > plain.volume.voxels.max() + 300
