"""A made-up spine CT with bodies of known heights, and results about it without any network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.finding import Finding, Measurement, Place
from orthoai.geometry import Geometry
from orthoai.result import Extra, Provenance, Result
from orthoai.volume import Volume

LABELS = {1: "crush", 2: "wedge", 3: "biconcave"}

GRID = Geometry(shape=(200, 110, 30), spacing=(3.0, 1.0, 1.0), origin=(-43.5, -60.0, 400.0))
"""LPS, 90 x 110 x 200 mm."""

NAMES = ("L3", "L2", "L1", "T12", "T11", "T10")
"""From the feet upward."""

DEPTH_MM, HEIGHT_MM, STEP_MM = 34.0, 24.0, 32.0

SHARES = {
    "normal": (1.0, 1.0, 1.0),
    "wedge": (0.62, 0.82, 1.0),
    "biconcave": (0.95, 0.6, 1.0),
    "crush": (0.65, 0.6, 0.7),
}
"""Anterior, middle and posterior height of each class as a share of HEIGHT_MM."""

PROVENANCE = Provenance(
    "0.1.0", "vertebral_fractures", {"detector": "ab" * 32}, "cpu", "float32", {"onnxruntime": "1.20"},
    "2026-11-20T22:37:00Z",
)  # fmt: skip


def heights(label: str) -> tuple[float, float, float]:
    anterior, middle, posterior = (share * HEIGHT_MM for share in SHARES[label])
    return anterior, middle, posterior


def body(number: int, label: str) -> NDArray[np.bool_]:
    """Body ``number`` from the feet on GRID (K, J, I); its front is at j = 38, and it leans forward further up."""
    k, j, i = np.ogrid[: GRID.shape[0], : GRID.shape[1], : GRID.shape[2]]
    share = (j - 38 + 2 * number) / DEPTH_MM
    anterior, middle, posterior = heights(label)
    # The sites lie at 10, 50 and 90 % of the depth; straight from one to the next.
    height = np.interp(share, (0.1, 0.5, 0.9), (anterior, middle, posterior))
    center = 20 + number * STEP_MM
    return (np.abs(k - center) <= height / 2) & (share >= 0) & (share <= 1) & (np.abs(i - 14.5) <= 6.5)


def spine(classes: dict[str, str]) -> tuple[Volume, NDArray[np.uint8]]:
    """The CT, LPS, and the label map of what is broken in it; ``classes`` by the level's name, others are normal."""
    noise = np.random.default_rng(0)
    voxels = np.full(GRID.shape, 40.0)
    voxels[:, :4] = -1000
    labels = np.zeros(GRID.shape, np.uint8)
    values = {name: value for value, name in LABELS.items()}
    for number, level in enumerate(NAMES):
        label = classes.get(level, "normal")
        mask = body(number, label)
        voxels[mask] = 220
        shell = mask & ~(np.roll(mask, 1, 0) & np.roll(mask, -1, 0) & np.roll(mask, 1, 1) & np.roll(mask, -1, 1))
        voxels[shell] = 700
        voxels[np.roll(mask, 48, 1) & (np.arange(110)[:, None] < 100)] = 350
        if label != "normal":
            labels[mask] = values[label]
    voxels += noise.normal(0, 35, GRID.shape)
    return Volume(voxels.astype(np.int16), GRID, "CT"), labels


def finding(level: str, label: str, flags: tuple[str, ...] = ()) -> Finding:
    anterior, middle, posterior = heights(label)
    k = 20 + NAMES.index(level) * STEP_MM
    center = GRID.index_to_lps((14.5, 38 - 2 * NAMES.index(level) + DEPTH_MM / 2, k))
    loss = 1 - min(SHARES[label])
    measured = {
        "anterior_height": Measurement(anterior, "mm"),
        "middle_height": Measurement(middle, "mm"),
        "posterior_height": Measurement(posterior, "mm"),
        "anterior_ratio": Measurement(anterior / posterior, "1"),
        "middle_ratio": Measurement(middle / posterior, "1"),
        "posterior_ratio": Measurement(posterior / HEIGHT_MM, "1"),
        "height_loss": Measurement(loss, "1"),
        "genant_grade": Measurement(float(sum(loss >= cut for cut in (0.2, 0.25, 0.4))), "1"),
    }
    place = Place((float(center[0]), float(center[1]), float(center[2])), round(k))
    return Finding(level, label, 0.92, 0.04, measured, place, (f"genant_{label}", *flags))


def result(mask: NDArray[np.uint8], findings: tuple[Finding, ...], attention: bool = True, **changes: Any) -> Result:
    """A result of the ovf task; boxes carry the class."""
    boxes = []
    for each in findings:
        box = Box.around(each.label, body(NAMES.index(each.structure), each.label), GRID, each.probability)
        boxes += [] if box is None else [box]
    heat = np.zeros(GRID.shape, np.uint8)
    k, j, _ = np.ogrid[: GRID.shape[0], : GRID.shape[1], : GRID.shape[2]]
    for each in findings:
        center = 20 + NAMES.index(each.structure) * STEP_MM
        spot = 255 * np.exp(-((k - center) ** 2 + (j - 48) ** 2) / 250)
        heat = np.maximum(heat, spot.astype(np.uint8) * np.ones(GRID.shape, np.uint8))
    content: dict[str, Any] = {
        "task": "ovf",
        "source": Volume(mask, GRID).source,
        "geometry": GRID,
        "boxes": tuple(boxes),
        "segmentation": mask,
        "labels": LABELS,
        "findings": findings,
        "message": f"Found {len(findings)} fractured vertebrae.",
        "provenance": PROVENANCE,
        "timings_s": {"detect": 1.2, "measure": 0.4},
        "extras": (Extra("attention", heat),) if attention else (),
    }
    return Result(**(content | changes))


BROKEN = {"L1": "wedge", "T12": "crush", "T11": "biconcave", "L3": "wedge"}


def broken(**changes: Any) -> tuple[Volume, Result]:
    """Four fractures; the network and the measurement disagree about one."""
    volume, labels = spine(BROKEN)
    findings = tuple(
        finding(level, label, ("look_again", "cut_by_field_of_view") if level == "T12" else ())
        for level, label in BROKEN.items()
    )
    return volume, result(labels, findings, **changes)
