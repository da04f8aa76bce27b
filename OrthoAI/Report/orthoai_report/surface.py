"""The 3D surface picture, rendered in a child process.

Off-screen rendering can take its process down on a machine without a GL library. A run must survive that, so VTK lives
in a child with a time limit, and a failure becomes a sentence in the picture.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.progress import Progress

from orthoai_report.profiles import LabelProfile
from orthoai_report.subject import Subject
from orthoai_report.theme import PANEL_RGB

CHILD = (sys.executable, "-m", "orthoai_report.surface_process")
"""How to start the renderer; the scene's folder is appended."""

LIMIT_S = 90.0
"""Seconds after which the renderer is given up."""

POLL_S = 0.05
"""Seconds between two looks at the renderer and the cancel flag."""

MAX_VOXELS = 256
"""Voxels per axis of the masks that go to the renderer."""

ADVICE = "on Debian or Ubuntu, install libegl1 and libgl1-mesa-dri"
"""What to do where there is no GL library."""


@dataclass(frozen=True)
class View:
    """One camera.

    Attributes:
        name: what stands under the picture.
        width, height: pixels.
        toward: LPS direction in which the camera looks.
        letters: patient directions at the left and right edge.
    """

    name: str
    width: int
    height: int
    toward: tuple[int, int, int]
    letters: tuple[str, str]


# Superior is up in all of them. They have the shape of their panels, at twice the pixels.
VIEWS = (
    View("Anterior", 764, 782, (0, 1, 0), ("R", "L")),
    View("Right lateral", 368, 782, (1, 0, 0), ("P", "A")),
    View("Left lateral", 368, 782, (-1, 0, 0), ("A", "P")),
)


@dataclass(frozen=True)
class Surfaces:
    """Pictures of the 3D surfaces, or why there are none.

    Attributes:
        pictures: (height, width, 3) uint8 by view name, as large as each fits.
        reason: a sentence when ``pictures`` is empty.
    """

    pictures: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    reason: str = ""


def render_surfaces(
    subject: Subject,
    progress: Progress | None = None,
    child: Sequence[str] = CHILD,
    limit_s: float = LIMIT_S,
) -> Surfaces:
    """Render the masks of ``subject`` from the front and from both sides.

    Args:
        subject: input and masks.
        progress: asked for a cancel all the time.
        child: command of the renderer.
        limit_s: seconds that it may take.

    Raises:
        Canceled: a cancel was asked for; the renderer has ended.
    """
    progress = progress or Progress()
    if subject.is_flat:
        return Surfaces(reason="3D view not available for a single picture.")
    if not subject.profiles:
        return Surfaces(reason="Nothing to show in 3D.")
    trouble = ""
    try:
        with tempfile.TemporaryDirectory(prefix="orthoai-surface-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            _write_scene(subject, folder, progress)
            for environment in _environments():
                trouble = _run_child([*child, str(folder)], environment, limit_s, progress)
                if not trouble:
                    return _read_pictures(folder)
    except OSError:  # A full disk of temporary files is no reason to lose the result, which may lie on another one.
        trouble = "the folder for temporary files cannot be written."
    return Surfaces(reason=f"3D view not available on this machine: {trouble}")


def coarse_mask(subject: Subject, profile: LabelProfile) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """One label as a small gray volume.

    Blocks of voxels are averaged, so the surface at half height stays smooth and in place.

    Returns:
        (K, J, I) uint8, 0..255, at most MAX_VOXELS + 2 per axis with an empty rim that closes surfaces at the edge of
        the field of view; and the 4x4 matrix from its (i, j, k, 1) to LPS mm.
    """
    first, last = (np.asarray(bound) for bound in profile.bounds)
    step = np.maximum(1, -(-(last - first) // MAX_VOXELS))
    blocks = -(-(last - first) // step)
    coarse = np.zeros(tuple((blocks + 2)[::-1]), np.uint8)
    (i0, j0, k0), (i1, j1, k1) = first, last
    for n in range(blocks[2]):
        k = k0 + n * step[2]
        hit = subject.labels[k : min(k + step[2], k1), j0:j1, i0:i1] == profile.value
        depth = np.count_nonzero(hit, axis=0) / step[2]
        padded = np.pad(depth, [(0, blocks[m] * step[m] - depth.shape[1 - m]) for m in (1, 0)])
        share = padded.reshape(blocks[1], step[1], blocks[0], step[0]).mean(axis=(1, 3))
        coarse[n + 1, 1:-1, 1:-1] = np.rint(255 * share)
    matrix = np.eye(4)
    matrix[:3, :3] = subject.geometry.affine[:3, :3] * step
    # The center of block 0 lies (step - 1) / 2 voxels into the label; index 0 is the rim before it.
    matrix[:3, 3] = subject.geometry.index_to_lps(first + (step - 1) / 2 - step)
    return coarse, matrix


def _write_scene(subject: Subject, folder: Path, progress: Progress) -> None:
    surfaces = []
    for profile in subject.profiles:
        progress.check()
        mask, matrix = coarse_mask(subject, profile)
        file = f"{profile.value}.npy"
        np.save(folder / file, mask, allow_pickle=False)
        color = subject.palette.rgb(profile.name)
        surfaces.append({"file": file, "matrix": matrix.ravel().tolist(), "color": color})
    views = [
        {"file": f"view{n}.npy", "width": view.width, "height": view.height, "toward": view.toward}
        for n, view in enumerate(VIEWS)
    ]
    scene = {"surfaces": surfaces, "views": views, "background": PANEL_RGB}
    (folder / "scene.json").write_text(json.dumps(scene), encoding="utf-8")


def _read_pictures(folder: Path) -> Surfaces:
    try:
        pictures = {view.name: np.load(folder / f"view{n}.npy", allow_pickle=False) for n, view in enumerate(VIEWS)}
    except (OSError, ValueError):
        return Surfaces(reason="3D view not available on this machine: the renderer made no picture.")
    return Surfaces(pictures)


def _environments() -> Iterator[dict[str, str]]:
    """Without a window system first: an X server may be slow, remote or gone. With it where that failed."""
    environment = dict(os.environ)
    package = str(Path(__file__).resolve().parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (package, environment.get("PYTHONPATH", ""))))
    windows = {name: environment.pop(name) for name in ("DISPLAY", "WAYLAND_DISPLAY") if name in environment}
    yield environment
    if windows:
        yield environment | windows


def _run_child(command: Sequence[str], environment: dict[str, str], limit_s: float, progress: Progress) -> str:
    """Run the renderer; the empty string when it went well, else what went wrong."""
    try:
        child = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        return f"the renderer does not start ({error.strerror or type(error).__name__})."
    end = time.monotonic() + limit_s
    try:
        while True:
            try:
                return _trouble(child.wait(POLL_S))
            except subprocess.TimeoutExpired:
                progress.check()
            if time.monotonic() > end:
                return f"the renderer took more than {limit_s:.0f} s."
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def _trouble(code: int) -> str:
    if code == 0:
        return ""
    if code < 0:
        return f"the renderer stopped ({signal.Signals(-code).name}); {ADVICE}."
    return f"the renderer failed; {ADVICE}."
