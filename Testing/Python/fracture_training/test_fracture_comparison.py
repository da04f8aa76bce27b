"""The paper's tables: every network gets the same steps, and a table says what was measured on what."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from orthoai.cli.exits import BAD_INPUT
from orthoai.cli.main import main
from orthoai.errors import Canceled, InputError
from orthoai.progress import Progress
from orthoai_training.fracture import comparison
from orthoai_training.fracture.comparison import file_name, make_table, markdown, row_of, spread
from orthoai_training.fracture.recipe import COMPACT, PAPER, CropAugmentation
from orthoai_training.fracture.request import FractureRequest
from orthoai_training.fracture.scores import Counts
from orthoai_training.fracture.slices import PlaneSlices
from orthoai_training.fracture.trainer import FractureRun, train_fracture
from orthoai_training.learning.checkpoint import recorded
from torch import nn

STILL = CropAugmentation(rotation_degrees=0, zoom=(1, 1), flip_probability=0, intensity=None)
QUICK = replace(
    COMPACT, crop={"sagittal": (32, 32)}, batch=2, warmup_steps=0, validation_tiles=1, augmentation=STILL, steps=6
)
METRICS = {"parameters": 1_400_000, "steps": 10, "training_s": 5.0, "step_cpu_s": 0.5}


@pytest.fixture
def tiny(monkeypatch) -> None:
    """Networks of one layer."""

    def build(name: str, recipe: str) -> nn.Module:
        return nn.Conv2d(1, 2, 3, padding=1)

    def load(name: str, recipe: str, weights) -> nn.Module:
        return build(name, recipe)

    monkeypatch.setattr("orthoai_training.fracture.trainer.build_network", build)
    monkeypatch.setattr(comparison, "load_network", load)
    monkeypatch.setattr("orthoai_training.fracture.request.get_recipe", lambda name: QUICK)


def test_a_number_of_steps_takes_the_place_of_epochs_and_early_stop():
    chosen = FractureRequest("out", recipe="paper", data="cases", steps=40, batch=4).chosen
    assert (chosen.steps, chosen.early_stop, chosen.batch) == (40, 0, 4)
    assert FractureRequest("out", recipe="paper", data="cases").chosen == PAPER


def test_steps_end_the_run_however_much_data_there_is(tmp_path, discs, tiny):
    for count in (1, 3):
        run = FractureRun([discs(n) for n in range(count)], [discs(9)], "sagittal", QUICK, tmp_path / str(count))
        assert train_fracture(run).metrics["steps"] == 6


def test_steps_outlast_a_network_that_learns_no_more(tmp_path, discs, tiny):
    recipe = replace(QUICK, learning_rate=0.0, validate_every=1, early_stop=2, ema_decay=0.0)
    run = FractureRun([discs(0)], [discs(9)], "sagittal", recipe, tmp_path / "stops")
    assert train_fracture(run).metrics["steps"] < 6
    run = replace(run, recipe=replace(recipe, early_stop=0), out_dir=tmp_path / "goes_on")
    assert train_fracture(run).metrics["steps"] == 6


def test_a_run_by_steps_resumes_with_the_same_number_only(tmp_path, discs, tiny):
    recipe = replace(QUICK, validate_every=2)
    run = FractureRun([discs(0)], [discs(9)], "sagittal", recipe, tmp_path, resume=True)
    calls = iter(range(100))
    with pytest.raises(Canceled):
        train_fracture(run, Progress(is_canceled=lambda: next(calls) >= 4))
    for other in (replace(recipe, steps=8), replace(recipe, steps=None)):
        with pytest.raises(InputError, match="another recipe"):
            train_fracture(replace(run, recipe=other))
    metrics = train_fracture(run).metrics
    assert metrics["steps"] == 6 and metrics["step_cpu_s"] > 0


def test_a_checkpoint_from_before_the_steps_still_fits():
    assert "steps" not in recorded(COMPACT) and recorded(QUICK)["steps"] == 6
    assert recorded(COMPACT)["epochs"] == 150


@pytest.mark.parametrize(
    "words",
    [
        ["--steps", "0", "--ablation"],
        ["--batch", "1", "--ablation"],
        ["--test-slices", "0", "--compare"],
        ["--test-slices", "2"],
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(tmp_path, words, capsys):
    assert main(["train", "fracture", "--data", "nowhere", "-o", str(tmp_path / "out"), *words]) == BAD_INPUT
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_time_and_a_number_of_steps_exclude_each_other(tmp_path):
    with pytest.raises(InputError, match="--minutes or --steps"):
        FractureRequest(tmp_path, data=tmp_path, minutes=1, steps=1)
    with pytest.raises(SystemExit):
        main(["train", "fracture", "--data", "c", "-o", "o", "--steps", "5", "--minutes", "1"])


def test_slices_of_a_case_are_spread_evenly():
    numbers = np.arange(20, dtype=np.uint8)[:, None, None]
    case = PlaneSlices("a", numbers, numbers + 1, True)
    picked = spread(case, 5)
    assert picked.pictures.ravel().tolist() == [2, 6, 10, 14, 18]
    assert (picked.labels == picked.pictures + 1).all()
    assert spread(case, None) is case and spread(case, 20) is case


def test_both_tables_share_one_training_of_our_network(tmp_path, case_folder, tiny, monkeypatch):
    monkeypatch.setattr(comparison, "TABLES", {"ablation": ("msff", "no FFM"), "compare": ("msff", "U-Net")})
    request = FractureRequest(tmp_path / "out", planes=("sagittal",), data=case_folder, steps=6, test_slices=3)
    rows = make_table(request, "ablation", Progress())
    assert [(row.network, row.steps) for row in rows] == [("msff", 6), ("no FFM", 6)]
    weights = tmp_path / "out" / "networks" / "msff" / "weights.safetensors"
    before = weights.stat().st_mtime_ns
    with pytest.raises(InputError, match="add --resume"):
        make_table(request, "compare", Progress())
    rows = make_table(replace(request, resume=True), "compare", Progress())
    assert [row.network for row in rows] == ["msff", "U-Net"] and weights.stat().st_mtime_ns == before
    assert rows[0].gain is None and rows[1].gain is not None
    content = json.loads((tmp_path / "out" / "compare.json").read_text())
    assert (content["steps"], content["batch"], content["test_slices"], content["cases"]) == (6, 2, 3, 2)
    about = (tmp_path / "out" / "compare.md").read_text()
    assert "6 steps of 2 crops" in about and "(3 each) of 2 held-out" in about


def test_the_gain_is_taken_case_by_case():
    ours = [Counts(8, 10, 10), Counts(0, 0, 2), Counts(4, 10, 10)]
    other = [Counts(9, 10, 10), Counts(0, 0, 0), Counts(0, 10, 0)]
    row = row_of("U-Net", other, ours, METRICS, 30.0)
    assert row.gain is not None and row.gain.count == 2
    assert (row.gain.largest, row.gain.smallest) == (pytest.approx(0.1), pytest.approx(-0.4))
    assert row.gain.mean == pytest.approx(-0.15)


def test_a_table_has_a_row_per_network_with_the_papers_figures():
    counts = [Counts(8, 10, 10), Counts(0, 0, 0), Counts(0, 0, 3)]
    row = row_of("U-Net", counts, [Counts(6, 10, 10), Counts(0, 0, 0), Counts(0, 0, 0)], METRICS, 30.0)
    assert (row.sound_cases, row.alarmed_cases) == (2, 1)
    assert row.dice is not None and row.dice.mean == pytest.approx(0.8)
    text = markdown([row], "Table", "about")
    assert "| U-Net | 0.8000 | 0.6667 | +0.2000 |" in text
    assert "| 1.40 M | 10 | 0.50 | 30 | 0.8326 | 0.8439 |" in text
    assert file_name("no RBRAB") == "no_rbrab" and file_name("U-Net++") == "unetpp"
    head, rule, *_ = (line for line in text.splitlines() if line.startswith("|"))
    assert head.count("|") == rule.count("|")
