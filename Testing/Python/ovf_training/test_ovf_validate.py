"""A trained network measured on its validation pictures."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from orthoai.detect.instance import Instance
from orthoai_training.detector.polygon_mask import polygon_mask
from orthoai_training.ovf import validate as module
from orthoai_training.ovf.validate import validate
from PIL import Image

RING = np.array([[10, 12], [30, 12], [30, 28], [10, 28]], np.float64)
WEDGE = Instance("wedge", 0.9, (10.0, 12.0, 30.0, 28.0), polygon_mask((40, 40), [RING]).astype(bool), ())


def pictures_of(folder: Path, *names: str) -> Path:
    """A wedge in each; every second picture is bright."""
    for kind in ("images", "labels"):
        (folder / kind / "val").mkdir(parents=True)
    for number, name in enumerate(names):
        pixels = np.full((40, 40), 200 * (number % 2), np.uint8)
        Image.fromarray(pixels).save(folder / "images" / "val" / f"{name}.png")
        corners = " ".join(f"{value:.6f}" for value in (RING / 40).ravel())
        (folder / "labels" / "val" / f"{name}.txt").write_text(f"1 {corners}\n")
    return folder


def test_the_intervals_are_over_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bright = SimpleNamespace(detect=lambda pixels: [WEDGE] if pixels.max() else [])
    monkeypatch.setattr(module, "network_in", lambda file: bright)

    def interval(name: str, *pictures: str) -> list[float]:
        return validate(tmp_path, pictures_of(tmp_path / name, *pictures)).figures["mask"]["intervals"]["map50"]

    # In each case the network finds one of two wedges, so cases say the same whichever are drawn.
    low, high = interval("two", "a_001_0", "a_002_0", "b_001_0", "b_002_0")
    assert low == pytest.approx(high)
    low, high = interval("four", "a_001_0", "b_001_0", "c_001_0", "d_001_0")
    assert low < high
