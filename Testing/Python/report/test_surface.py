"""3D surfaces come from a child process, and a run survives its death."""

from __future__ import annotations

import sys
import time
import tracemalloc
from itertools import count

import numpy as np
import pytest
from orthoai.errors import Canceled
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.volume import Volume
from orthoai_report.profiles import label_profiles
from orthoai_report.subject import Subject
from orthoai_report.surface import MAX_VOXELS, VIEWS, coarse_mask, render_surfaces

CRASH = (sys.executable, "-c", "import os; os.abort()")
FAIL = (sys.executable, "-c", "raise RuntimeError('no GL')")
IDLE = (sys.executable, "-c", "import time; time.sleep(60)")
EMPTY = (sys.executable, "-c", "pass")


@pytest.fixture(scope="module")
def subject(legs, make_result) -> Subject:
    result = make_result(*legs)
    return Subject(legs[0], result, label_profiles(result))


@pytest.fixture(scope="module")
def surfaces(subject):
    """Rendered once; skipped on a machine that cannot render, which the report itself survives."""
    made = render_surfaces(subject)
    if not made.pictures:
        pytest.skip(made.reason)
    return made


def columns_of(picture, orange):
    """Mean column, 0..1, of what is orange (left femur) or blue (right femur)."""
    red, blue = picture[..., 0].astype(int), picture[..., 2].astype(int)
    hits = np.argwhere(red - blue > 40 if orange else blue - red > 40)
    return hits[:, 1].mean() / picture.shape[1] if len(hits) > 50 else None


def test_views_have_their_size_and_show_something(surfaces):
    for view in VIEWS:
        picture = surfaces.pictures[view.name]
        assert picture.shape == (view.height, view.width, 3)
        assert picture.dtype == np.uint8
        assert 0.02 < (picture > 20).any(axis=2).mean() < 0.9


def test_from_the_front_the_patients_left_is_on_the_right(surfaces):
    assert columns_of(surfaces.pictures["Anterior"], orange=True) > 0.6
    assert columns_of(surfaces.pictures["Anterior"], orange=False) < 0.4


def test_from_each_side_the_near_bone_covers_the_far_one(surfaces):
    def share(view, orange):
        picture = surfaces.pictures[view].astype(int)
        difference = picture[..., 0] - picture[..., 2]
        return (difference > 40).mean() if orange else (difference < -40).mean()

    assert share("Left lateral", orange=True) > 5 * share("Left lateral", orange=False)
    # The right bone is shorter: the far left one looks out below it.
    assert share("Right lateral", orange=False) > share("Right lateral", orange=True) > 0


def test_surfaces_stand_upright(surfaces):
    picture = surfaces.pictures["Anterior"].astype(int)
    difference = picture[..., 0] - picture[..., 2]
    lowest = [np.argwhere(hits)[:, 0].max() for hits in (difference > 40, difference < -40)]
    assert lowest[0] > lowest[1] + 50


@pytest.mark.parametrize(
    ("child", "words"),
    [
        (CRASH, "SIGABRT" if sys.platform != "win32" else "renderer"),
        (FAIL, "the renderer failed"),
        (EMPTY, "made no picture"),
        (("/no/such/renderer",), "does not start"),
    ],
)
def test_a_failing_renderer_becomes_a_sentence(subject, child, words):
    made = render_surfaces(subject, child=child)
    assert made.pictures == {}
    assert made.reason.startswith("3D view not available on this machine: ")
    assert words in made.reason
    assert made.reason.endswith(".")


def test_a_full_disk_of_temporary_files_costs_the_picture_only(subject, monkeypatch):
    def full(*args, **options):
        raise OSError("13728 requested and 8064 written")  # As numpy says it.

    monkeypatch.setattr("orthoai_report.surface.np.save", full)
    surfaces = render_surfaces(subject)
    assert not surfaces.pictures and surfaces.reason.endswith("the folder for temporary files cannot be written.")


def test_no_folder_for_temporary_files_costs_the_picture_only(subject, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    assert "temporary files" in render_surfaces(subject).reason


def test_a_hanging_renderer_is_given_up(subject):
    made = render_surfaces(subject, child=IDLE, limit_s=0.2)
    assert "took more than" in made.reason


def test_a_cancel_ends_the_renderer(subject):
    calls = count()
    started = time.monotonic()
    with pytest.raises(Canceled):
        render_surfaces(subject, Progress(is_canceled=lambda: next(calls) > 8), child=IDLE)
    # Far below the renderer's own minute: it was not waited for.
    assert time.monotonic() - started < 30


def test_no_mask_and_single_pictures_start_no_renderer(legs, make_result):
    volume, labels = legs
    result = make_result(volume, labels * 0)
    assert render_surfaces(Subject(volume, result, ()), child=FAIL).reason == "Nothing to show in 3D."
    flat = volume.cropped((0, 0, 30), (50, 30, 31))
    result = make_result(flat, labels[30:31])
    assert "single picture" in render_surfaces(Subject(flat, result, label_profiles(result)), child=FAIL).reason


def test_a_coarse_mask_keeps_volume_and_center(make_result):
    # 600 voxels along k need blocks of three.
    shape = (620, 20, 20)
    labels = np.zeros(shape, np.uint8)
    labels[10:610, 5:15, 4:14] = 1
    c, s = np.cos(0.3), np.sin(0.3)
    grid = Geometry(shape, (0.7, 0.8, 0.5), (5.0, 6.0, 7.0), (c, -s, 0, s, c, 0, 0, 0, 1))
    volume = Volume(np.zeros(shape, np.int16), grid, "CT")
    result = make_result(volume, labels)
    profiles = label_profiles(result)
    coarse, matrix = coarse_mask(Subject(volume, result, profiles), profiles[0])
    assert coarse.shape == (202, 12, 12)
    assert max(coarse.shape) <= MAX_VOXELS + 2
    assert coarse[0].max() == coarse[-1].max() == coarse[:, 0].max() == coarse[:, :, -1].max() == 0
    assert np.linalg.det(matrix[:3, :3]) * coarse.sum() / 255 == pytest.approx((labels == 1).sum() * grid.voxel_volume)
    center = np.average(np.argwhere(coarse), axis=0)[::-1]
    assert matrix @ [*center, 1] == pytest.approx([*grid.index_to_lps([8.5, 9.5, 309.5]), 1])


def test_large_volumes_are_never_copied(make_result):
    shape = (400, 300, 300)
    volume = Volume(np.zeros(shape, np.int16), Geometry(shape), "CT")
    labels = np.zeros(shape, np.uint8)
    labels[20:380, 100:140, 50:90] = 2
    labels[20:380, 100:140, 200:240] = 1
    result = make_result(volume, labels)
    tracemalloc.start()
    try:
        profiles = label_profiles(result)
        subject = Subject(volume, result, profiles)
        for profile in profiles:
            coarse_mask(subject, profile)
        assert subject.gray_window[0] < 0
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < volume.voxels.nbytes / 5
