"""``orthoai synth`` makes the cases that were asked for, goes on where it stopped, and never mixes two recipes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from orthoai.cli.exits import BAD_INPUT, DONE
from orthoai.cli.main import main
from orthoai_training.dataset import find_cases
from orthoai_training.synth.command import FEMUR
from orthoai_training.synth.limbs import FIELDS, LimbRecipe
from orthoai_training.synth.options import FIELD_NAMES

SMALL = ("--field", "hips", "--spacing", "8", "8", "10")


def synth(out: Path, *words: str) -> int:
    return main(["synth", "femur", "-o", str(out), *words])


def test_cases_are_written_and_a_second_call_adds_only_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "cases"
    assert synth(out, "--count", "1", "--seed", "4", *SMALL, "--metal", "0") == DONE
    assert "case 1 of 1" in capsys.readouterr().err
    (case,) = find_cases(out)
    image, labels = case.load()
    assert image.geometry.spacing == pytest.approx((8, 8, 10))
    assert case.meta["field"] == "hips"
    assert case.meta["seed"] == 400_000
    assert set(np.unique(labels.voxels)) <= {0, 1, 2}
    written = (case.path / "image.nii.gz").stat().st_mtime_ns
    assert synth(out, "--count", "2", "--seed", "4", *SMALL, "--metal", "0", "--quiet") == DONE
    assert capsys.readouterr().err == ""
    assert len(find_cases(out)) == 2
    assert (case.path / "image.nii.gz").stat().st_mtime_ns == written


def test_options_reach_the_recipe(tmp_path: Path) -> None:
    words = (*SMALL, "--oblique", "10", "--any-axes", "--metal", "1", "--quiet")
    assert synth(tmp_path / "cases", "--count", "1", *words) == DONE
    (case,) = find_cases(tmp_path / "cases")
    assert case.meta["metal"]
    assert np.abs(case.image().geometry.directions).max(axis=0).min() < 0.9999
    recipe = json.loads((tmp_path / "cases" / "simulated.json").read_text())
    assert (recipe["oblique"], recipe["any_axes"], recipe["spacing"]) == (10.0, True, [8.0, 8.0, 10.0])


@pytest.mark.parametrize("other", [("--seed", "1"), ("--metal", "0.5")])
def test_a_folder_of_another_recipe_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], other: tuple[str, str]
) -> None:
    recipe = {"task": "femur", "seed": 0, "metal": 0.12}
    (tmp_path / "simulated.json").write_text(json.dumps(recipe))
    assert synth(tmp_path, "--count", "1", *SMALL, *other) == BAD_INPUT
    assert "cases of other options or another seed" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["simulated.json"]


def test_a_folder_with_other_files_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    assert synth(tmp_path, "--count", "1", *SMALL) == BAD_INPUT
    assert "holds other files" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--count", "0"), "--count a number above 0"),
        (("--count", "1", "--seed", "-1"), "another --seed"),
        (("--count", "1", "--metal", "1.5"), "give --metal"),
        (("--count", "1", "--real-share", "-0.1"), "give --real-share"),
        (("--count", "1", "--oblique", "60"), "--oblique 0 to 45"),
        (("--count", "1", "--spacing", "1", "1", "0"), "0.2 to 20 mm"),
        (("--count", "1", "--spacing", "1", "nan", "1"), "0.2 to 20 mm"),
    ],
)
def test_numbers_that_make_no_sense_are_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    assert synth(tmp_path / "cases", *words) == BAD_INPUT
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "cases").exists()


def test_shapes_that_are_not_there_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--count", "1", *SMALL, "--shapes", str(tmp_path / "bones"), "--real-share", "1")
    assert synth(tmp_path / "cases", *words) == BAD_INPUT
    assert "There are no bones in bones" in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="this computer has a GPU")
def test_a_missing_gpu_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert synth(tmp_path / "cases", "--count", "1", "--device", "cuda") == BAD_INPUT
    assert "no CUDA GPU" in capsys.readouterr().err


def test_help_names_the_fields_and_defaults_that_the_recipe_has() -> None:
    assert FIELD_NAMES == FIELDS
    parser = argparse.ArgumentParser()
    FEMUR.add_arguments(parser)
    text = " ".join(parser.format_help().split())
    assert f"chance per leg of a prosthesis or nail; default: {LimbRecipe().metal}" in text
    assert f"share of cases with real bones; default: {LimbRecipe().real_share}" in text
    assert f"largest tilt of the scan's axes; default: {LimbRecipe().oblique:g}" in text
