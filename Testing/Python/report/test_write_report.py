"""One call writes the two files."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import orthoai_report
import pytest
from matplotlib.image import imread
from orthoai.errors import Canceled
from orthoai.progress import Progress


def test_a_run_gets_a_picture_and_a_page(legs, make_result, tmp_path):
    seen = []
    progress = Progress(on_report=lambda stage, fraction, message: seen.append((stage, fraction)))
    orthoai_report.write_report(legs[0], make_result(*legs), tmp_path, progress=progress)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["overview.png", "report.html"]
    assert imread(tmp_path / "overview.png").shape[:2] == (1000, 1600)
    assert "Both femora found." in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert {stage for stage, _ in seen} == {"report"}
    assert [fraction for _, fraction in seen] == sorted(fraction for _, fraction in seen)
    assert seen[-1][1] == 1.0


def test_projections_that_the_caller_has_are_used(legs, make_result, tmp_path, monkeypatch):
    from orthoai.drr import parallel

    volume = legs[0]
    drrs = parallel.parallel_drrs(volume)
    monkeypatch.setattr(parallel, "parallel_drrs", lambda *args, **kwargs: pytest.fail("projected again"))
    orthoai_report.write_report(volume, make_result(*legs), tmp_path, drrs=drrs)
    assert (tmp_path / "report.html").exists()


def test_an_empty_result_gets_a_report_too(legs, make_result, tmp_path):
    volume, labels = legs
    orthoai_report.write_report(volume, make_result(volume, labels * 0, "No femur found."), tmp_path)
    assert "No femur found." in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_cancel_stops_the_report(legs, make_result, tmp_path):
    with pytest.raises(Canceled):
        orthoai_report.write_report(legs[0], make_result(*legs), tmp_path, Progress(is_canceled=lambda: True))
    assert list(tmp_path.iterdir()) == []


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, orthoai_report; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "matplotlib", "vtkmodules", "torch"} & {name.split(".")[0] for name in modules}


def test_writing_a_report_leaves_vtk_out_of_this_process(legs, make_result, tmp_path):
    code = "import sys, orthoai_report.write; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "vtkmodules" not in modules
    assert "matplotlib.pyplot" not in modules


@pytest.mark.realdata
def test_the_real_ct_gets_a_report(real_data, make_result, tmp_path):
    from orthoai.io.read import read_volume

    folder = real_data / "ts_example"
    volume = read_volume(folder / "example_ct.nii.gz")
    bones = read_volume(folder / "example_ct_bones_TSv1_remapped.nii.gz").voxels
    labels = (bones == 31) + 2 * (bones == 32).astype(np.uint8)
    orthoai_report.write_report(volume, make_result(volume, labels), tmp_path)
    assert imread(tmp_path / "overview.png")[..., :3].std() > 0.1
