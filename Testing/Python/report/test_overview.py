"""The picture shows the right things in the right places."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.image import imread
from orthoai.geometry import Geometry
from orthoai.volume import Source, Volume, reorient_array
from orthoai_report import theme
from orthoai_report.overview import draw_overview, save_overview
from orthoai_report.profiles import label_profiles
from orthoai_report.projections import projection_pictures
from orthoai_report.subject import Subject
from orthoai_report.surface import VIEWS, Surfaces

LEFT, RIGHT = (230, 159, 0), (86, 180, 233)
"""Colors of the femur task."""

CLOSE = 40
"""Difference per channel that smoothed edges may make."""


def subject_of(volume, result) -> Subject:
    return Subject(volume, result, label_profiles(result))


def drawn(subject, tmp_path, surfaces=None):
    """The figure, and the pixels (rows, columns, 3) of its file."""
    figure = draw_overview(subject, projection_pictures(subject), surfaces or Surfaces(reason="none"))
    save_overview(figure, tmp_path / "overview.png")
    pixels = imread(tmp_path / "overview.png")[..., :3]
    return figure, np.rint(pixels * 255).astype(int)


def panel(figure, label):
    return next(axes for axes in figure.axes if axes.get_label() == label)


def pixels_of(pixels, axes):
    """The part of the page that a panel covers."""
    place = axes.get_position()
    rows, columns = pixels.shape[:2]
    top, bottom = round((1 - place.y1) * rows), round((1 - place.y0) * rows)
    return pixels[top:bottom, round(place.x0 * columns) : round(place.x1 * columns)]


def near(pixels, color):
    return (np.abs(pixels - np.array(color)) <= CLOSE).all(axis=-1)


def mean_column(pixels, color):
    hits = np.argwhere(near(pixels, color))
    assert len(hits) > 20, f"color {color} is not in the picture"
    return hits[:, 1].mean() / pixels.shape[1]


def color_at(pixels, axes, x, y, color):
    """Whether ``color`` lies within two pixels of data point (x, y) of ``axes``."""
    column, row = axes.transData.transform((x, y))
    row = pixels.shape[0] - row
    patch = pixels[int(row) - 2 : int(row) + 3, int(column) - 2 : int(column) + 3]
    return bool(near(patch, color).any())


def test_the_picture_has_its_size_and_is_not_blank(legs, make_result, tmp_path):
    figure, pixels = drawn(subject_of(legs[0], make_result(*legs)), tmp_path)
    assert pixels.shape == (theme.HEIGHT_PX, theme.WIDTH_PX, 3)
    for label in ("coronal projection", "axial projection", "coronal slice", "axial slice", "sagittal slice 1"):
        assert pixels_of(pixels, panel(figure, label)).std() > 10, label


@pytest.mark.parametrize(("view", "axis"), [("coronal projection", 2), ("axial projection", 1)])
def test_boxes_are_drawn_where_the_boxes_are(legs, make_result, tmp_path, view, axis):
    result = make_result(*legs)
    figure, pixels = drawn(subject_of(legs[0], result), tmp_path)
    axes, spacing = panel(figure, view), legs[0].geometry.spacing
    for box, color in zip(result.boxes, (LEFT, RIGHT), strict=True):
        for x in (box.index_min[0], box.index_max[0]):
            for y in (box.index_min[axis], box.index_max[axis]):
                assert color_at(pixels, axes, x * spacing[0], y * spacing[axis], color)


def test_the_box_frames_the_bone_that_the_projection_shows(legs, make_result):
    coronal, _ = projection_pictures(subject_of(legs[0], make_result(*legs)))
    left, right, bottom, top = coronal.extent
    rows, columns = coronal.gray.shape
    for _, _, (x0, y0, x1, y1) in coronal.boxes:
        c0, c1 = (round((x - left) / (right - left) * columns) for x in (x0, x1))
        r0, r1 = (round((y - top) / (bottom - top) * rows) for y in (y1, y0))
        assert coronal.gray[r0:r1, c0:c1].mean() > 0.3
        # One pixel outside, there is no bone above or below.
        assert coronal.gray[r0 - 1, c0:c1].max() == 0
        assert coronal.gray[r1, c0:c1].max() == 0


@pytest.mark.parametrize("view", ["coronal projection", "axial projection", "coronal slice", "axial slice"])
@pytest.mark.parametrize("codes", ["LPS", "RAS", "SAR", "PIL"])
def test_the_patients_left_is_on_the_right_in_any_axis_order(legs, make_result, tmp_path, view, codes):
    volume, labels = legs
    turned = volume.reoriented(codes)
    result = make_result(turned, reorient_array(labels, volume.geometry, codes))
    figure, pixels = drawn(subject_of(turned, result), tmp_path)
    part = pixels_of(pixels, panel(figure, view))
    assert mean_column(part, LEFT) > 0.55
    assert mean_column(part, RIGHT) < 0.45


def test_superior_and_anterior_are_up(legs, make_result, tmp_path):
    # The left bone alone reaches far down; a marker in front shows in the axial slices.
    volume, labels = legs
    voxels = volume.voxels.copy()
    voxels[:, 6, 20:28] = 1100
    figure, pixels = drawn(subject_of(volume.with_voxels(voxels), make_result(volume, labels)), tmp_path)
    for view in ("coronal projection", "coronal slice"):
        part = pixels_of(pixels, panel(figure, view))
        lowest = [np.argwhere(near(part, color))[:, 0].max() for color in (LEFT, RIGHT)]
        assert lowest[0] > lowest[1] + 10, view
    # The right side's slice comes first.
    parts = [pixels_of(pixels, panel(figure, f"sagittal slice {n}")) for n in (1, 2)]
    lowest = [np.argwhere(near(part, color))[:, 0].max() for part, color in zip(parts, (RIGHT, LEFT), strict=True)]
    assert lowest[1] > lowest[0] + 10
    axial = pixels_of(pixels, panel(figure, "axial slice"))
    marker = np.argwhere((axial > 235).all(axis=-1) & (np.abs(np.arange(axial.shape[1]) / axial.shape[1] - 0.5) < 0.1))
    assert marker[:, 0].mean() < axial.shape[0] / 2


def test_voxels_keep_their_physical_shape(legs, make_result, tmp_path):
    figure, _ = drawn(subject_of(legs[0], make_result(*legs)), tmp_path)
    for axes in figure.axes:
        if axes.get_images() and "surface" not in axes.get_label():
            (x0, y0), (x1, y1) = axes.transData.transform([(0, 0), (10, 10)])
            assert abs(x1 - x0) == pytest.approx(abs(y1 - y0), rel=0.01), axes.get_label()


def test_an_empty_result_says_so_and_is_drawn(legs, make_result, tmp_path):
    volume, labels = legs
    subject = subject_of(volume, make_result(volume, labels * 0, message="No femur found."))
    figure, pixels = drawn(subject, tmp_path)
    words = [text.get_text() for text in figure.texts]
    assert "No femur found." in words
    assert "Left femur: not found" in [text.get_text() for text in panel(figure, "findings").texts]
    assert pixels_of(pixels, panel(figure, "coronal slice")).std() > 10
    assert not near(pixels_of(pixels, panel(figure, "coronal slice")), LEFT).any()


def test_nothing_that_identifies_a_patient_is_drawn(legs, make_result, tmp_path):
    figure, _ = drawn(subject_of(legs[0], make_result(*legs)), tmp_path)
    words = " ".join(t.get_text() for t in [*figure.texts, *(t for axes in figure.axes for t in axes.texts)])
    assert "SECRET" not in words
    assert "1.2.3.4.5" not in words
    assert b"1.2.3.4.5" not in (tmp_path / "overview.png").read_bytes()


@pytest.mark.parametrize("thin", [0, 1, 2])
def test_a_single_picture_fills_the_page(make_result, tmp_path, thin):
    shape = [40, 40, 40]
    shape[thin] = 1
    labels = np.zeros(shape, np.uint8)
    part = [slice(10, 30)] * 3
    part[thin] = slice(None)
    labels[tuple(part)] = 1
    ramp = np.linspace(0, 255, 1600, dtype=np.float32).reshape(shape).astype(np.uint8)
    volume = Volume(ramp, Geometry(tuple(shape)), "", Source("picture"))
    figure, pixels = drawn(subject_of(volume, make_result(volume, labels)), tmp_path)
    assert [axes.get_label() for axes in figure.axes] == ["picture", "findings"]
    picture = pixels_of(pixels, panel(figure, "picture"))
    assert near(picture, LEFT).sum() > 500
    assert picture.std() > 20


def test_an_mr_is_windowed_by_its_own_values_and_has_no_projection(legs, make_result, tmp_path):
    volume, labels = legs
    mr = Volume(((volume.voxels + 1000) // 4).astype(np.uint16), volume.geometry, "MR")
    subject = subject_of(mr, make_result(mr, labels))
    figure, pixels = drawn(subject, tmp_path)
    assert projection_pictures(subject) == ()
    assert pixels_of(pixels, panel(figure, "coronal slice")).std() > 20


ODD = (((2, 2, 2), (1.0, 1.0, 1.0)), ((3, 200, 2), (0.1, 0.1, 9.0)), ((1000, 3, 4), (5.0, 5.0, 0.3)))
"""Shape (k, j, i) and spacing."""


def test_odd_volumes_are_drawn(make_result, tmp_path):
    for shape, spacing in ODD:
        voxels = np.zeros(shape, np.int16)
        labels = np.zeros(shape, np.uint8)
        labels[0, 0, 0], labels[-1, -1, -1] = 1, 2
        volume = Volume(voxels, Geometry(shape, spacing), "CT")
        _, pixels = drawn(subject_of(volume, make_result(volume, labels)), tmp_path)
        assert near(pixels, LEFT).any()
        assert near(pixels, RIGHT).any()


def test_oblique_volumes_say_that_their_slices_are_oblique(legs, make_result, tmp_path):
    volume, labels = legs
    c, s = np.cos(0.35), np.sin(0.35)
    grid = Geometry(volume.geometry.shape, volume.geometry.spacing, (0.0, 0.0, 0.0), (c, 0, s, 0, 1, 0, -s, 0, c))
    tilted = Volume(volume.voxels, grid, "CT")
    figure, pixels = drawn(subject_of(tilted, make_result(tilted, labels)), tmp_path)
    assert any("oblique by 20°" in text.get_text() for text in figure.texts)
    assert mean_column(pixels_of(pixels, panel(figure, "coronal slice")), LEFT) > 0.55


def test_surface_pictures_and_their_absence_both_have_a_place(legs, make_result, tmp_path):
    subject = subject_of(legs[0], make_result(*legs))
    pictures = {view.name: np.full((view.height, view.width, 3), (10, 200, 30), np.uint8) for view in VIEWS}
    figure, pixels = drawn(subject, tmp_path, Surfaces(pictures))
    for view in VIEWS:
        part = pixels_of(pixels, panel(figure, f"{view.name.lower()} surface"))
        assert near(part, (10, 200, 30)).mean() > 0.9
    figure, _ = drawn(subject, tmp_path, Surfaces(reason="3D view not available on this machine: no luck."))
    words = " ".join(text.get_text() for text in panel(figure, "no surface").texts).replace("\n", " ")
    assert "3D view not available on this machine: no luck." in words


def test_many_findings_end_with_a_count_of_the_rest(legs, make_result, tmp_path):
    result = make_result(*legs)
    result = make_result(*legs, findings=result.findings * 20)
    figure, _ = drawn(subject_of(legs[0], result), tmp_path)
    axes = panel(figure, "findings")
    shown = sum(text.get_text().startswith(("Left femur", "Right femur")) for text in axes.texts)
    assert axes.texts[-1].get_text() == f"and {40 - shown} more in report.html"
    assert axes.texts[-1].get_position()[1] < axes.get_ylim()[0]


def test_signs_of_formulas_are_plain_text(legs, make_result, tmp_path):
    # matplotlib takes what stands between dollar signs for TeX, and fails on what is none.
    message = r"Costs $\frac{1$ and _more_ {"
    figure, _ = drawn(subject_of(legs[0], make_result(*legs, message=message)), tmp_path)
    assert message in [text.get_text() for text in figure.texts]
