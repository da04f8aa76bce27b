"""Real vertebrae in simulated spines: where they are found, how body and arch are parted, what is said of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.write import write_labels
from orthoai_training.spine_ct.arch import Arch
from orthoai_training.spine_ct.body import Body
from orthoai_training.spine_ct.label_map import VERTEBRAE_SUFFIX, read_spine
from orthoai_training.spine_ct.mesh_map import levels_of, read_meshes
from orthoai_training.spine_ct.morphometry import LEVELS
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.real_shapes import find_shapes, is_mesh
from orthoai_training.spine_ct.real_vertebra import real_vertebra
from orthoai_training.spine_ct.simulate import simulate

STEP = 1.0


def drawn() -> tuple[Body, np.ndarray, np.ndarray, Geometry]:
    """A body of L1, its mask, that of it with its arch, and their grid."""
    rng = np.random.default_rng(1)
    level = LEVELS[14]
    body = Body.of_level(level, 1.0, rng)
    arch = Arch.of(level, body, rng)
    x, y, z = (np.arange(low, high, STEP, dtype=np.float32) for low, high in ((-50, 50), (-24, 75), (-35, 30)))
    k, j, i = np.meshgrid(z, y, x, indexing="ij")
    solid = body.distance(i, j, k)[0] < 0
    whole = solid | (arch.distance(i, j, k) < 0)
    return body, solid, whole, Geometry(whole.shape, (STEP,) * 3, (float(x[0]), float(y[0]), float(z[0])))


def test_body_and_arch_of_a_whole_vertebra_are_parted_at_the_back_wall() -> None:
    body, solid, whole, geometry = drawn()
    found = real_vertebra(whole, geometry, LEVELS[14], np.array([0.0, 0.0, 1.0]))
    assert found is not None
    assert found.body.heights() == pytest.approx(body.heights(), abs=1.2)
    assert found.body.depth == pytest.approx(body.depth, abs=2.0)
    assert found.frame.axes[:, 2] == pytest.approx((0, 0, 1), abs=0.1)
    # Behind the wall nothing is body: of the arch's own voxels few are taken along.
    lps = geometry.index_to_lps(np.argwhere(whole & ~solid)[:, ::-1])
    local = ((lps - found.frame.center) @ found.frame.axes).astype(np.float32)
    taken = found.body.distance(local[:, 0], local[:, 1], local[:, 2])[0] < -1
    assert taken.mean() < 0.05


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("L3.stl", ("L3",)),
        ("thoracic10_s.stl", ("T10",)),
        ("lumbar1.stl", ("L1",)),
        ("mean_L2_L5.stl", ("L2", "L3", "L4", "L5")),
        ("L3_body.stl", ()),
        ("l_femur.stl", ()),
        ("disc_L12_hull.stl", ()),
    ],
)
def test_a_files_name_tells_the_level(name: str, levels: tuple[str, ...]) -> None:
    assert levels_of(Path(name)) == levels


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((22, 21, 20, 19), None),
        ((22, 21, 20, 28, 19), "a vertebra T13, which is not simulated"),
        ((25, 24, 23, 22), "a vertebra L6, which is not simulated"),
        ((22, 21, 20, 18), "no whole vertebra between T11 and L1"),
        ((22, 21), "three neighboring vertebrae"),
    ],
)
def test_no_vertebra_between_two_others_is_left_out(tmp_path: Path, numbers: tuple[int, ...], said: str | None) -> None:
    _, _, one, geometry = drawn()
    # Each is as high as its arch reaches, so that none cuts another.
    stack = np.concatenate([one * np.uint8(number) for number in numbers])
    file = tmp_path / f"sub-own{VERTEBRAE_SUFFIX}"
    write_labels(stack, Geometry(stack.shape, geometry.spacing, geometry.origin), file)
    if said is None:
        assert [v.level.id for v in read_spine(file).vertebrae] == sorted(numbers)
        return
    with pytest.raises(InputError, match=said):
        read_spine(file)


def test_a_folder_without_spines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no real spines"):
        find_shapes((tmp_path,))
    with pytest.raises(InputError, match="no vertebra"):
        read_meshes(tmp_path)


@pytest.mark.realdata
def test_a_real_label_map_gives_its_spine_with_its_fracture(real_data: Path) -> None:
    spine = read_spine(real_data / "spine_labelmaps" / f"sub-sample001{VERTEBRAE_SUFFIX}")
    names = [v.level.name for v in spine.vertebrae]
    assert names == [level.name for level in LEVELS[3:]]
    broken = {name: what for name, what in zip(names, spine.broken, strict=True) if what is not None}
    assert broken["L2"][0] == "crush"
    assert set(broken) <= {"L1", "L2"}
    z = [v.frame.center[2] for v in spine.vertebrae]
    assert z == sorted(z, reverse=True)


@pytest.mark.realdata
def test_published_grades_of_a_real_label_map_are_measured(real_data: Path) -> None:
    spine = read_spine(real_data / "spine_labelmaps" / f"sub-verse004{VERTEBRAE_SUFFIX}")
    found = {v.level.name: what[1] for v, what in zip(spine.vertebrae, spine.broken, strict=True) if what is not None}
    assert found == {"T9": 2, "T10": 2, "L1": 3}


@pytest.mark.realdata
@pytest.mark.parametrize("what", ["spine_labelmaps/sub-verse004_seg-vert_msk.nii.gz", "meshes/vhm_lumbosacral"])
def test_cases_from_real_shapes_say_so(real_data: Path, what: str) -> None:
    path = real_data / what
    assert is_mesh(path) == path.is_dir()
    options = SpineOptions(field="lumbar", pixel_mm=(1.5, 1.5), slice_mm=(2.0, 2.0), thick_mm=None, shapes=(path,))
    made = simulate(900_020, options)
    assert made.kind == "simulated from real shapes"
    assert len(made.sources) == 1
    assert {v.id for v in made.vertebrae} == set(np.unique(made.bodies)) - {0}
