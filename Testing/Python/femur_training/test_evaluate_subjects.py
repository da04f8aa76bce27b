"""Which cases are measured, and what the command makes of its words."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
from command_words import parsed
from evaluate_fakes import GRID, Shifted, rods, scan
from orthoai.cli.main import main
from orthoai.errors import InputError
from orthoai.io.write import write_labels, write_volume
from orthoai_training.case_seeds import SEED_STRIDE
from orthoai_training.data_kinds import FROM_REAL_SHAPES, REAL, SIMULATED
from orthoai_training.evaluate.command import COMMAND, command_line
from orthoai_training.femur.evaluation import command, subjects
from orthoai_training.femur.evaluation.run import EvaluationRequest, evaluate_femur
from orthoai_training.femur.evaluation.subjects import Folders, Simulation, kind_of
from orthoai_training.synth.limbs import LimbCase, LimbRecipe
from tiny_model import write_tiny_model


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, int]]:
    """Rods in place of simulated limbs; the list of (real share, seed) asked for."""
    asked: list[tuple[float, int]] = []

    def simulate(recipe: LimbRecipe, seed: int, device: str = "cpu") -> LimbCase:
        asked.append((recipe.real_share, seed))
        shapes = ["libhip/femur_m3_left"] if recipe.shapes and recipe.real_share else []
        meta = {"seed": seed, "field": "thighs", "shapes": shapes, "patient": "nobody"}
        return LimbCase(scan(rods()), rods(), np.zeros_like(rods()), meta)

    monkeypatch.setattr(subjects, "simulate_limb", simulate)
    return asked


def test_no_case_has_a_seed_that_a_training_run_uses():
    simulation = Simulation(30, 0, LimbRecipe())
    training = {seed * SEED_STRIDE + n for seed in range(3) for n in range(SEED_STRIDE // 2)}
    assert not training & {simulation.case_seed(n) for n in range(30)}
    assert str(simulation.case_seed(4)) in simulation.split(5)


@pytest.mark.parametrize(("share", "real"), [(0.0, 0), (0.4, 12), (1 / 3, 10), (0.5, 15), (1.0, 30)])
def test_the_share_of_real_femora_is_kept_exactly(drawn, share, real):
    simulation = Simulation(30, 1, LimbRecipe(real_share=share, shapes=(Path("bones"),)))
    kinds = [subject.load().kind for subject in simulation.subjects()]
    assert kinds.count(FROM_REAL_SHAPES) == real and kinds.count(SIMULATED) == 30 - real
    # Evenly: the first half holds half of them.
    assert abs(kinds[:15].count(FROM_REAL_SHAPES) - real / 2) <= 1


def test_a_case_is_the_same_for_any_number_of_cases(drawn):
    for count in (2, 5):
        list(Simulation(count, 3, LimbRecipe(real_share=0.4)).subjects())[1].load()
    assert drawn[0] == drawn[1] == (0.0, 3 * SEED_STRIDE + SEED_STRIDE // 2 + 1)


def test_cases_are_made_when_they_are_asked_for(drawn):
    made = list(Simulation(5, 0, LimbRecipe()).subjects())
    assert not drawn
    made[2].load()
    assert len(drawn) == 1


def test_a_record_keeps_nothing_that_could_name_a_patient(drawn):
    assert "patient" not in next(iter(Simulation(1, 0, LimbRecipe()).subjects())).load().meta


@pytest.mark.parametrize(
    ("meta", "kind"),
    [({}, REAL), ({"seed": 1, "shapes": []}, SIMULATED), ({"seed": 1, "shapes": ["a"]}, FROM_REAL_SHAPES)],
)
def test_the_kind_of_data_is_told_apart(meta, kind):
    assert kind_of(meta) == kind


def test_the_identity_changes_with_what_changes_the_cases_and_holds_no_path():
    def identity(**recipe: object) -> dict:
        return Simulation(3, 0, LimbRecipe(**recipe)).identity()  # type: ignore[arg-type]

    base = identity(shapes=(Path("/home/someone/meshes/libhip"),))
    assert "someone" not in json.dumps(base)
    assert base == identity(shapes=(Path("/home/another/meshes/libhip"),))
    assert base != identity(shapes=(Path("/home/someone/meshes/comodo"),))
    assert base != identity(shapes=(Path("/home/someone/meshes/libhip"),), field="hips")
    assert "someone" not in json.dumps(Folders(Path("/home/someone/cases")).identity())


@pytest.mark.parametrize(
    ("count", "seed", "share", "word"), [(0, 0, 0.5, "--simulate"), (3, -1, 0.5, "--seed"), (3, 0, 1.5, "--real-share")]
)
def test_impossible_simulations_are_refused(count, seed, share, word):
    with pytest.raises(InputError, match=word):
        Simulation(count, seed, LimbRecipe(real_share=share))


# The command


def asked(*words: str) -> argparse.Namespace:
    return parsed(COMMAND.add_arguments, "femur", "-o", "out", *words)


def test_the_tables_repeat_the_command():
    words = ("--simulate", "3", "--shapes", "a b", "--shapes", "c", "--real-share", "0.0", "--compare", "x", "y")
    line = command_line(asked(*words))
    assert line.startswith("orthoai evaluate femur --out out --simulate 3 --seed 0 --shapes 'a b' --shapes c")
    assert "--real-share 0.0" in line and "--compare x y" in line and "--texture" not in line


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--data", "d", "--field", "hips"), "--field belongs to --simulate"),
        (("--simulate", "2", "--spacing", "1", "0", "1"), "--spacing"),
        (("--simulate", "2", "--real-share", "0.5"), "--shapes"),
    ],
)
def test_words_that_do_not_go_together_are_refused(words, sentence):
    with pytest.raises(InputError, match=sentence):
        command._source(asked(*words))


@pytest.fixture
def own_case(tmp_path: Path) -> Path:
    """A folder with one case of two rods."""
    case = tmp_path / "cases" / "one"
    case.mkdir(parents=True)
    volume = scan(rods())
    write_volume(volume, case / "image.nii.gz")
    write_labels(rods(), volume.geometry, case / "labels.nii.gz")
    return case


@pytest.fixture
def tiny_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_tiny_model(tmp_path / "models")
    monkeypatch.setenv("ORTHOAI_MODELS", str(tmp_path / "models"))
    return tmp_path


def test_own_cases_are_measured_from_the_command_line(tiny_store, own_case, capsys):
    words = ["evaluate", "femur", "--data", str(tiny_store / "cases"), "-o", str(tiny_store / "out")]
    words += ["--model", "tiny", "--compare", "single-stage", "--device", "cpu"]
    assert main(words) == 0
    content = json.loads((tiny_store / "out" / "evaluation.json").read_text())
    assert content["kinds"] == {"real": 1}
    assert list(content["models"]) == ["tiny", "tiny (single-stage)"]
    assert "No patient data" not in (tiny_store / "out" / "tables.md").read_text()
    assert "one: 1 of 1" in capsys.readouterr().err


def test_a_corrected_case_is_measured_again(tmp_path, own_case):
    exact = Shifted("exact")
    for name in ("detector.onnx", "segmenter.safetensors"):
        (tmp_path / name).touch()
    exact.folder = tmp_path
    request = EvaluationRequest(tmp_path / "out", Folders(own_case.parent), device="cpu")

    def dice() -> float:
        return evaluate_femur(request, make_predictor=lambda *_: exact).groups["exact"]["all"].metrics["dice"].mean

    assert (dice(), dice(), exact.calls) == (1.0, 1.0, 1)
    # Two of the femora's sixteen planes belong to no femur after all.
    corrected = rods()
    corrected[22:] = 0
    write_labels(corrected, GRID, own_case / "labels.nii.gz")
    assert dice() == pytest.approx(2 * 14 / (14 + 16)) and exact.calls == 2


def test_an_unknown_model_is_one_sentence_and_leaves_nothing(tiny_store, capsys):
    words = ["evaluate", "femur", "--simulate", "1", "-o", str(tiny_store / "out"), "--model", "huge"]
    assert main(words) == 2
    assert 'There is no model "huge"' in capsys.readouterr().err
    assert not (tiny_store / "out").exists()
