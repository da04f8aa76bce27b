"""A volume is written in a thread, whose file goes when nobody wants it anymore."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from orthoai.io.digest import values_sha256
from OrthoAILib.Run.VolumeExport import VolumeExport
from panel_run_fakes import GRID


class Writer:
    """Writes once ``gate`` is open, and keeps the sum of the voxels."""

    def __init__(self) -> None:
        self.gate, self.sum = threading.Event(), 0

    def __call__(self, voxels: Any, geometry: Any, path: Path, progress: Any) -> None:
        assert self.gate.wait(10)
        self.sum = int(voxels.sum())
        path.write_bytes(b"voxels")


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
def export(writer: Writer, tmp_path: Path) -> VolumeExport:
    return VolumeExport(writer, np.ones(GRID.shape), GRID, tmp_path / "volume.nrrd")


def test_the_voxels_live_as_long_as_they_are_written(writer: Writer, export: VolumeExport) -> None:
    writer.gate.set()
    assert export.digest() == values_sha256(np.ones(GRID.shape, np.uint8))
    assert writer.sum == 24 and export.isDone and export.isUsable


def test_a_file_that_is_abandoned_before_it_is_written_is_removed(writer: Writer, export: VolumeExport) -> None:
    export.abandon()
    writer.gate.set()
    assert export.digest() == "" and not export.path.exists() and not export.isUsable


def test_a_file_that_is_abandoned_once_it_is_written_is_removed(writer: Writer, export: VolumeExport) -> None:
    writer.gate.set()
    export.digest()
    export.abandon()
    assert not export.path.exists()


def test_a_file_that_is_abandoned_in_the_moment_it_is_told_is_removed(writer: Writer, export: VolumeExport) -> None:
    class Told(threading.Event):
        def set(self) -> None:
            export.abandon()
            super().set()

    export._written = Told()
    writer.gate.set()
    export.digest()
    assert not export.path.exists()
