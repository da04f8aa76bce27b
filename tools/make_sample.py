"""Simulate the sample CT that comes with the Slicer module, and its thumbnail.

    python tools/make_sample.py

It was run once: the file is shipped, so that a radiologist's first click needs neither a download nor torch. Bones,
tissue and scanner are all drawn by orthoai_training.synth from parametric shapes: the CT shows nobody, and it is under
OrthoAI's own license. When the simulator has changed, the voxels change, too: then take over the SHA-256 that this
prints into OrthoAILib/Sample/HipSample.py and the known volumes into Testing/Python/packaging/test_sample_data.py.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.io.write import write_volume
from orthoai.volume import Volume
from orthoai_training.synth.limbs import LimbCase, LimbRecipe, simulate_limb
from PIL import Image

RESOURCES = Path(__file__).resolve().parents[1] / "OrthoAI" / "Resources"

SEED = 0
"""Somebody who lies straight, with long thighs in the scan and little noise, which would not compress."""

RECIPE = LimbRecipe(field="hips", spacing=(2.0, 2.0, 2.0), width=(400, 280), metal=0.0, one_sided=0.0)

STEP_HU = 5
"""HU are rounded to this: half the file, and less than the noise."""

THUMBNAIL_WIDTH = 260
"""Pixels, as Sample Data shows it."""

WINDOW_HU = (-250.0, 1300.0)
TINTS = {1: (0.95, 0.62, 0.25), 2: (0.35, 0.72, 0.95)}
"""Colors of the left and the right femur in the thumbnail."""


def rounded(voxels: NDArray[np.int16]) -> NDArray[np.int16]:
    """HU in steps, and air without noise."""
    hu = (np.round(np.clip(voxels, -1000, 2000) / STEP_HU) * STEP_HU).astype(np.int16)
    hu[hu < -950] = -1000
    return hu


def thumbnail(case: LimbCase) -> Image.Image:
    """The brightest voxel from front to back, with the femora tinted; head up, the patient's right on the left."""
    low, high = WINDOW_HU
    gray = np.clip((case.volume.voxels.max(axis=1) - low) / (high - low), 0, 1)
    color = np.repeat(gray[..., None], 3, axis=2)
    for value, tint in TINTS.items():
        color[(case.labels == value).any(axis=1)] *= np.asarray(tint)
    picture = Image.fromarray((color[::-1] * 255).astype(np.uint8))
    height = round(picture.height * THUMBNAIL_WIDTH / picture.width)
    return picture.resize((THUMBNAIL_WIDTH, height), Image.Resampling.LANCZOS)


def main() -> None:
    case = simulate_limb(RECIPE, SEED)
    path = RESOURCES / "Sample" / "OrthoAI_hips.nrrd"
    path.parent.mkdir(exist_ok=True)
    write_volume(Volume(rounded(case.volume.voxels), case.volume.geometry, "CT"), path)
    thumbnail(case).save(RESOURCES / "Icons" / "OrthoAI_hips.png", optimize=True)
    print("SHA256:" + hashlib.sha256(path.read_bytes()).hexdigest(), f"{path.stat().st_size / 1e6:.2f} MB")
    voxel_ml = float(np.prod(case.volume.geometry.spacing)) / 1000
    for value, name in ((1, "left"), (2, "right")):
        print(f"femur {name}: {(case.labels == value).sum() * voxel_ml:.1f} ml")


if __name__ == "__main__":
    main()
