"""The module in a whole window: real mouse and key events, real slice and 3D views, the shipped networks.

The pictures of the user guide are made here. To renew them:

    ORTHOAI_GUIDE_PICTURES=docs/images python -m pytest Testing/Python/window/test_whole_window.py
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOUR = Path(__file__).resolve().parent / "window_tour.py"
TOUR_LIMIT_S = 1800

PICTURES = ("sample", "running", "result", "3d", "review")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tour(screen, pictures) -> dict:
    """What the tour saw. It is a process of its own: OpenGL may crash, and the other tests go on."""
    run = subprocess.run(
        [sys.executable, "-X", "faulthandler", str(TOUR), str(pictures)],
        # It ends without tidying up, so that its temporary files go where pytest clears them away.
        env={**screen, "TMPDIR": str(pictures)},
        capture_output=True,
        text=True,
        timeout=TOUR_LIMIT_S,
        check=False,
    )
    assert run.returncode == 0, "\n".join(line for line in run.stderr.splitlines()[-60:] if len(line) < 1000)
    wanted = os.environ.get("ORTHOAI_GUIDE_PICTURES")
    if wanted:
        for name in PICTURES:
            shutil.copy(pictures / f"guide_{name}.png", wanted)
    return json.loads((pictures / "facts.json").read_text(encoding="utf-8"))


def test_a_mouse_click_brings_boxes_segments_and_findings(tour):
    assert tour["button while running"] == "Cancel"
    assert tour["message"] == "Segment Femur is done."
    assert sorted(tour["boxes"]) == ["Femur left box", "Femur right box"]
    assert tour["segments"] == ["femur_left", "femur_right"]
    assert tour["findings"] == 2


def test_the_slice_views_show_the_image_and_then_its_masks_and_boxes(tour):
    for name in ("Red", "Green", "Yellow"):
        before, after = tour["before"][name], tour["result"][name]
        assert before["lit"] > 20000, "the CT is not seen"
        assert before["orange"] == before["blue"] == 0
        assert after["orange"] > 1000, f"the left femur is not seen in the {name} view"
    assert tour["result"]["Red"]["blue"] > 1000
    assert tour["result"]["Green"]["blue"] > 1000


def test_the_3d_view_shows_surfaces_after_show_3d(tour):
    assert min(tour["surface points"]) > 500
    boxes, surfaces = tour["result"]["3D"], tour["3D"]
    for color in ("orange", "blue"):
        assert surfaces[color] > 2 * boxes[color] + 2000


def test_a_click_on_a_finding_moves_the_slices(tour):
    assert tour["slices moved"]


def test_a_class_changed_by_the_keyboard_is_undone_by_the_keyboard(tour):
    before, changed, undone = tour["class before, changed, undone"]
    assert changed != before and undone == before


def test_verdict_and_comment_come_from_the_keyboard_and_the_case_is_exported(tour):
    assert tour["verdict by key"] == "approved"
    assert tour["comment"] == "Both femora are complete."
    assert {"image.nii.gz", "labels.nii.gz", "case.json", "review.json"} <= set(tour["exported"])


def test_the_pictures_of_the_guide_are_small_and_show_something(tour, pictures):
    from PIL import Image

    sizes = [(pictures / f"guide_{name}.png").stat().st_size for name in PICTURES]
    assert sum(sizes) < 1_500_000
    for name in PICTURES:
        assert len(Image.open(pictures / f"guide_{name}.png").convert("RGB").getcolors(1 << 20)) > 20
