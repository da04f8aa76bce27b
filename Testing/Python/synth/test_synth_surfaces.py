"""Femora from surfaces and from label maps end up in the one frame, wherever they lay and whatever side they are of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch
import vtk
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.write import write_labels
from orthoai_training.synth import shape_library
from orthoai_training.synth.bone import Bone, Pose, Tissue
from orthoai_training.synth.femur_frame import align_femur
from orthoai_training.synth.femur_shape import FemurSize, femur_shape
from orthoai_training.synth.label_surface import femur_surfaces
from orthoai_training.synth.mesh_shape import EXACT_OUTSIDE, sample_surface, without_phantoms
from orthoai_training.synth.shape import AnalyticShape, Shape
from orthoai_training.synth.shape_library import load_library, side_of
from orthoai_training.synth.surface import moved, read_surface
from scipy.spatial.transform import Rotation
from torch import Tensor
from vtk.util.numpy_support import numpy_to_vtk

Lattice = Callable[..., Tensor]
SIZE = FemurSize(anteversion=15.0, head=25.0)
TURN = Rotation.from_euler("xyz", [40.0, -25.0, 110.0], degrees=True).as_matrix()


@pytest.fixture(scope="module")
def femur() -> AnalyticShape:
    return femur_shape(SIZE)


def bone(shape: Shape, pose: Pose) -> Bone:
    return Bone("femur_left", shape, pose, Tissue(), 1)


def write_stl(placed: Bone, lattice: Lattice, path: Path, step: float = 3.0) -> Path:
    """The surface of a posed bone as an STL file in LPS mm."""
    low, high = placed.lps_bounds()
    points = lattice(tuple(low - 6), tuple(high + 6), step).double()
    write_zero_level(placed.distance(points).float().numpy(), step, tuple(points[0, 0, 0].tolist()), path)
    return path


def write_zero_level(field: np.ndarray, step: float, origin: tuple[float, float, float], path: Path) -> None:
    """The surface on which ``field`` (K, J, I), a point every ``step`` from ``origin`` on, is 0, as an STL file."""
    image = vtk.vtkImageData()
    image.SetDimensions(field.shape[::-1])
    image.SetSpacing(step, step, step)
    image.SetOrigin(*origin)
    image.GetPointData().SetScalars(numpy_to_vtk(field.ravel(), deep=True))
    surface = vtk.vtkFlyingEdges3D()
    surface.SetInputData(image)
    surface.SetValue(0, 0.0)
    writer = vtk.vtkSTLWriter()
    writer.SetInputConnection(surface.GetOutputPort())
    writer.SetFileName(str(path))
    writer.SetFileTypeToBinary()
    assert writer.Write()


def mask_of(placed: Bone, geometry: Geometry) -> np.ndarray:
    k, j, i = np.indices(geometry.shape)
    points = geometry.index_to_lps(np.stack([i, j, k], axis=-1))
    return (placed.distance(torch.from_numpy(points)) < 0).numpy()


def grid_around(placed: Bone, spacing: tuple[float, float, float], direction: np.ndarray) -> Geometry:
    """A grid with these axes that holds the bone."""
    low, high = placed.lps_bounds()
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    along = corners @ direction
    first = along.min(axis=0) - 5
    size = np.ceil((along.max(axis=0) + 5 - first) / spacing).astype(int)
    origin = direction @ first
    return Geometry((size[2], size[1], size[0]), spacing, tuple(origin), tuple(direction.ravel()))


# Surfaces


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_whole_femur_from_any_frame_is_brought_back_to_where_it_was_made(
    femur: AnalyticShape, lattice: Lattice, tmp_path: Path, side: str
) -> None:
    placed = bone(femur, Pose(TURN, (300.0, -40.0, 77.0), side == "right"))
    surface = align_femur(read_surface(write_stl(placed, lattice, tmp_path / f"femur_{side}.stl")), side)
    on_head = torch.from_numpy(surface.points[surface.points[:, 2] > 8])
    assert torch.linalg.vector_norm(on_head, dim=-1).median() == pytest.approx(25.0, abs=1.5)
    # Where exactly the knee's center and the line behind the condyles lie is a matter of definition: a few degrees.
    distance = femur.distance(torch.from_numpy(surface.points))
    assert distance.abs().median() < 2
    assert distance.abs().max() < 9


def test_a_proximal_femur_keeps_its_directions_and_moves_to_its_head(
    femur: AnalyticShape, lattice: Lattice, tmp_path: Path
) -> None:
    whole = femur.distance
    cut = AnalyticShape(lambda p: torch.maximum(whole(p), -150.0 - p[..., 2]), ((-40, -60, -155), (90, 70, 40)))
    for side in ("left", "right"):
        tilt = np.eye(3)
        placed = bone(cut, Pose(tilt, (-95.0, 12.0, 800.0), side == "right"))
        surface = align_femur(read_surface(write_stl(placed, lattice, tmp_path / f"femur_{side}.stl")), side)
        assert cut.distance(torch.from_numpy(surface.points)).abs().median() < 1.0
        assert surface.points[:, 2].min() == pytest.approx(-150, abs=3)


def test_normals_point_outward_also_after_mirroring(femur: AnalyticShape, lattice: Lattice, tmp_path: Path) -> None:
    left = read_surface(write_stl(bone(femur, Pose()), lattice, tmp_path / "femur.stl", 5.0))
    right = moved(left, np.diag([-1.0, 1.0, 1.0]), np.array([-50.0, 0.0, 0.0]))
    mirrored = bone(femur, Pose(np.eye(3), (-50.0, 0.0, 0.0), True))
    for placed, surface in ((bone(femur, Pose()), left), (mirrored, right)):
        outside = placed.distance(torch.from_numpy(surface.points + 3 * surface.normals))
        assert (outside > 0.5).double().mean() > 0.97


def test_sampled_distances_are_exact_inside_and_near_the_surface(lattice: Lattice, tmp_path: Path) -> None:
    ball = AnalyticShape(lambda p: torch.linalg.vector_norm(p, dim=-1) - 40.0, ((-40,) * 3, (40,) * 3))
    surface = read_surface(write_stl(bone(ball, Pose()), lattice, tmp_path / "ball.stl", 1.5))
    sampled = sample_surface(surface, 2.0)
    z, y, x = torch.meshgrid(*(torch.arange(n) for n in sampled.field.shape), indexing="ij")
    nodes = torch.stack([x, y, z], dim=-1) * sampled.step + torch.tensor(sampled.origin)
    wrong = (sampled.field - ball.distance(nodes)).abs()
    near = sampled.field < EXACT_OUTSIDE
    assert wrong[near].max() < 0.1
    assert wrong[~near].max() < 2.0
    assert (~near).sum() > 1000


# Label maps


@pytest.mark.parametrize("codes", ["LPS", "RAS", "PIR"])
def test_the_surface_of_a_mask_on_any_grid_lies_where_the_bone_ends(
    femur: AnalyticShape, tmp_path: Path, codes: str
) -> None:
    placed = bone(femur, Pose(np.eye(3), (10.0, 20.0, 30.0)))
    tilt = Rotation.from_euler("xyz", [8.0, -6.0, 10.0], degrees=True).as_matrix()
    grid = grid_around(placed, (2.5, 3.0, 4.0), tilt).reoriented(codes)
    write_labels(mask_of(placed, grid).astype(np.uint8) * 255, grid, tmp_path / "femur.nii.gz")
    surface = femur_surfaces(tmp_path / "femur.nii.gz", "left")["left"]
    distance = placed.distance(torch.from_numpy(surface.points))
    assert abs(float(distance.mean())) < 0.15
    assert distance.abs().max() < 3.0
    outside = placed.distance(torch.from_numpy(surface.points + 4 * surface.normals))
    assert (outside > 0.5).double().mean() > 0.97


def test_a_label_map_of_both_femora_gives_a_left_and_a_mirrored_right_one(
    femur: AnalyticShape, lattice: Lattice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As coarse as the label map: the usual step takes 40 s for two whole femora.
    monkeypatch.setattr(shape_library, "FEMUR_STEP", 4.0)
    left, right = bone(femur, Pose(np.eye(3), (90.0, 0.0, 0.0))), bone(femur, Pose(np.eye(3), (-90.0, 0.0, 0.0), True))
    grid = Geometry((126, 38, 88), (4.0, 4.0, 4.0), (-174.0, -70.0, -462.0))
    labels = mask_of(left, grid) + 2 * mask_of(right, grid).astype(np.uint8)
    write_labels(labels, grid, tmp_path / "some_femur.nii.gz")
    found = load_library((tmp_path,)).femora
    assert [one.name for one in found] == [f"{tmp_path.name}/some_femur_{side}" for side in ("left", "right")]
    points = lattice((-60.0, -60.0, -450.0), (90.0, 70.0, 35.0), 6.0)
    near = femur.distance(points).abs() < 4
    for one in found:
        assert one.whole
        assert one.head == pytest.approx(25.0, abs=1.0)
        wrong = (femur.distance(points) - one.shape.distance(points))[near].abs()
        assert wrong.median() < 2
        assert wrong.max() < 9


def test_a_mask_that_reaches_the_edge_of_its_image_is_closed_there(femur: AnalyticShape, tmp_path: Path) -> None:
    placed = bone(femur, Pose())
    grid = Geometry((60, 56, 60), (3.0, 3.0, 3.0), (-50.0, -76.0, -140.0))
    write_labels(mask_of(placed, grid).astype(np.uint8), grid, tmp_path / "femur.nii.gz")
    surface = femur_surfaces(tmp_path / "femur.nii.gz", "left")["left"]
    edges = vtk.vtkFeatureEdges()
    edges.SetInputData(surface.data)
    edges.FeatureEdgesOff()
    edges.ManifoldEdgesOff()
    edges.NonManifoldEdgesOff()
    edges.Update()
    assert edges.GetOutput().GetNumberOfCells() == 0
    (found,) = load_library((tmp_path,)).femora
    assert found.name == f"{tmp_path.name}/femur"
    assert not found.whole
    assert found.cut == pytest.approx(-141.5, abs=1.5)


# Names and errors


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("r_femur.stl", "right"),
        ("m3_rfemur_mm.stl", "right"),
        ("VHF_Right_Bone_Tibia_smooth.stl", "right"),
        ("femur_right.stl", "right"),
        ("femur_r.nii.gz", "right"),
        ("l_femur.stl", "left"),
        ("femur.nii.gz", "left"),
        ("another_femur.stl", "left"),
        ("VHF_Left_Bone_Patella_smooth.stl", "left"),
    ],
)
def test_the_side_is_read_from_the_name(name: str, side: str) -> None:
    assert side_of(Path("right") / name) == side


def test_a_folder_without_bones_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing", tmp_path / "m3*"):
        with pytest.raises(InputError, match="There are no bones in"):
            load_library((folder,))


def test_a_folder_of_other_bones_is_refused(femur: AnalyticShape, lattice: Lattice, tmp_path: Path) -> None:
    write_stl(bone(femur, Pose()), lattice, tmp_path / "skull.stl", 8.0)
    with pytest.raises(InputError, match="is named femur, tibia or pelvis"):
        load_library((tmp_path,))


def test_a_surface_in_meters_is_refused(femur: AnalyticShape, lattice: Lattice, tmp_path: Path) -> None:
    small = AnalyticShape(lambda p: femur.distance(p * 1000) / 1000, ((-0.06, -0.06, -0.46), (0.09, 0.07, 0.04)))
    placed = bone(small, Pose())
    path = tmp_path / "femur.stl"
    low, high = placed.lps_bounds()
    grid = lattice(tuple(low), tuple(high), 0.008)
    write_zero_level(small.distance(grid).numpy(), 0.008, (0.0, 0.0, 0.0), path)
    with pytest.raises(InputError, match=r"femur\.stl is 0\.4\d+ mm long.*millimeters"):
        load_library((tmp_path,))


@pytest.mark.parametrize(("values", "sentence"), [((0, 0), "all of its voxels are 0"), ((1, 7), "is no label map")])
def test_a_useless_label_map_is_refused(tmp_path: Path, values: tuple[int, int], sentence: str) -> None:
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[5:10], labels[10:15] = values
    sitk.WriteImage(sitk.GetImageFromArray(labels), str(tmp_path / "femur.nii.gz"))
    with pytest.raises(InputError, match=sentence):
        load_library((tmp_path,))


def test_a_file_that_only_claims_to_be_a_surface_is_refused(tmp_path: Path) -> None:
    (tmp_path / "femur.stl").write_text("solid nothing\nendsolid nothing\n")
    with pytest.raises(InputError, match=r"femur\.stl holds no surface"):
        load_library((tmp_path,))


# Real bones


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name", ["comodo/femur", "myosim/l_femur", "myosim/r_femur", "libhip/m3_lfemur_mm", "libhip/m3_rfemur_mm"]
)
def test_a_real_femur_has_its_head_at_the_origin_and_its_shaft_lateral_and_below(real_data: Path, name: str) -> None:
    path = real_data / "meshes" / f"{name}.stl"
    surface = align_femur(read_surface(path), side_of(path))
    points = surface.points
    # The upper inner half of the head: a ball around the origin.
    cap = points[(points[:, 2] > 5) & (points[:, 0] < 3) & (np.linalg.norm(points, axis=1) < 40)]
    radius = np.linalg.norm(cap, axis=1)
    assert len(cap) > 20
    assert 18 < np.median(radius) < 30
    assert np.percentile(np.abs(radius - np.median(radius)), 90) < 3.0
    shaft = points[(points[:, 2] < -60) & (points[:, 2] > -110)]
    assert 15 < shaft[:, 0].mean() < 65
    low = points[:, 2].min()
    if low < -250:
        condyles = points[points[:, 2] < low + 20]
        above = points[(points[:, 2] > low + 90) & (points[:, 2] < low + 130)]
        behind, before = condyles[:, 1].max() - above[:, 1].max(), above[:, 1].min() - condyles[:, 1].min()
        assert behind > before
        # The line that touches both condyles from behind lies along x.
        inner, outer = (
            condyles[condyles[:, 0] < condyles[:, 0].mean()],
            condyles[condyles[:, 0] > condyles[:, 0].mean()],
        )
        assert inner[:, 1].max() == pytest.approx(outer[:, 1].max(), abs=4.0)


@pytest.mark.realdata
def test_the_right_femur_of_a_symmetric_model_is_the_mirror_image_of_its_left(real_data: Path) -> None:
    left, right = (
        align_femur(read_surface(real_data / "meshes" / "myosim" / f"{side[0]}_femur.stl"), side)
        for side in ("left", "right")
    )
    gap = torch.cdist(torch.from_numpy(left.points), torch.from_numpy(right.points)).amin(dim=1)
    assert gap.median() < 0.5
    assert gap.max() < 3.0


@pytest.mark.realdata
def test_a_real_pelvis_is_placed_by_its_left_socket(real_data: Path) -> None:
    library = load_library((real_data / "meshes" / "vhm_lumbosacral",))
    ((shape, half),) = library.hips
    assert 75 < half < 105
    # The socket is empty, and walled above and inside.
    assert float(shape.distance(torch.zeros(1, 3))) > 12
    wall = torch.tensor([[-30.0, 0.0, 10.0], [-8.0, 5.0, 32.0]])
    assert (shape.distance(wall) < 6).all()
    assert not library.femora


def test_what_an_open_surface_makes_inside_far_outside_is_turned_out() -> None:
    field = torch.full((20, 20, 20), 5.0)
    field[2:12, 2:12, 2:12] = -3.0
    field[15:18, 15:18, 15:18] = -8.0
    mended = without_phantoms(field)
    assert torch.equal(mended < 0, (field < 0) & (torch.arange(20)[:, None, None] < 12))
    assert float(mended[16, 16, 16]) == 8.0
    assert torch.equal(without_phantoms(mended), mended)
