"""Dice and IoU by the formulas, and what is measured on a case."""

from __future__ import annotations

import json
from dataclasses import replace
from shutil import copytree

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.models.calibration import Calibration as VoteCalibration
from orthoai.spine.stack import Stack
from orthoai.tasks.fracture.evidence import Evidence
from orthoai_training.fracture.cases import FRACTURE, FractureCase
from orthoai_training.fracture.comparison import PAPER
from orthoai_training.fracture.evaluation.case_score import CaseScore, false_findings, score_case
from orthoai_training.fracture.evaluation.measure import Answer, EvaluationRequest, evaluate_fracture
from orthoai_training.fracture.evaluation.outputs import draw, tables
from orthoai_training.fracture.evaluation.sources import Folders, Simulated
from orthoai_training.fracture.evaluation.summary import summarize
from orthoai_training.fracture.fitted_evidence import JudgedBody, best_likely, fit_with_height, fitted_evidence
from orthoai_training.fracture.fusion import best_fusion, best_votes, sampled, votes
from orthoai_training.fracture.losses import dice_bce
from orthoai_training.fracture.planes_of_case import PlanesOfCase
from orthoai_training.fracture.scores import NOTHING, Counts


def test_counts_of_known_masks():
    truth, found = np.zeros((2, 10), bool), np.zeros((2, 10), bool)
    truth[0, :6], found[0, 2:10] = True, True
    counts = Counts.of(truth, found)
    assert (counts.dice, counts.iou) == (pytest.approx(8 / 14), pytest.approx(4 / 10))


def test_iou_follows_from_dice_and_never_exceeds_it():
    random = np.random.default_rng(0)
    for _ in range(50):
        counts = Counts.of(random.random(40) > random.random(), random.random(40) > random.random())
        if counts.dice is not None and counts.iou is not None:
            assert counts.iou == pytest.approx(counts.dice / (2 - counts.dice))
            assert counts.iou <= counts.dice


def test_the_papers_tables_do_not_follow_from_its_formulas():
    dice, iou = PAPER["msff"]
    assert iou > dice


def test_nothing_true_and_nothing_found_has_no_dice():
    assert NOTHING.dice is None and NOTHING.iou is None


def test_a_case_is_scored_body_by_body(make_case):
    case = FractureCase.of(make_case(0, (0, 1)), "a")
    mask = case.bodies == 22
    mask |= case.bodies == 20
    score = score_case(case, mask, {"Segment": 1.0}, 2.0, 100.0)
    assert (score.fractured, score.found, score.sound, score.marked) == (2, 1, 1, 1)
    assert score.false_findings == 1
    assert CaseScore.from_json(json.loads(json.dumps(score.to_json()))) == score


def test_a_perfect_answer_is_perfect(make_case):
    case = FractureCase.of(make_case(), "a")
    score = score_case(case, case.labels == FRACTURE, {}, 1.0, 0.0)
    assert (score.dice, score.iou, score.hd95_mm, score.false_findings) == (1.0, 1.0, 0.0, 0)


def test_small_pieces_are_no_findings():
    truth, mask = np.zeros((9, 9, 9), bool), np.zeros((9, 9, 9), bool)
    mask[2:5, 2:5, 2:5] = True
    assert [false_findings(truth, mask, voxel) for voxel in (1.0, 10.0)] == [0, 1]


def test_groups_keep_kinds_apart(make_case):
    case = FractureCase.of(make_case(), "a")
    score = score_case(case, case.labels == FRACTURE, {}, 1.0, 0.0)
    groups = summarize([score, replace(score, kind="simulated from real shapes", dice=0.5)])
    assert list(groups) == ["all", "simulated", "simulated from real shapes"]
    assert groups["all"].metrics["dice"].mean == pytest.approx(0.75)
    assert groups["simulated"].metrics["dice"].mean == 1.0


def test_a_sound_case_with_a_false_finding_stays_sound_also_where_bodies_are_not_known(make_case):
    ill, sound = (
        replace(FractureCase.of(make_case(0, chosen), "a"), bodies=None, kind="real") for chosen in ((1,), ())
    )
    truth = ill.labels == FRACTURE
    answers = ((ill, truth), (sound, np.zeros_like(truth)), (sound, truth))
    scores = [score_case(case, mask, {}, 1.0, 0.0) for case, mask in answers]
    group = summarize(scores)["all"]
    assert (group.clean, group.quiet, group.false_findings) == (2, 1, 1)
    assert group.metrics["dice"].mean == 1.0
    assert "| - | - | 1 |" in tables({"all": group}, "", "", "")
    dots = draw(scores).axes[0].collections[0].get_offsets()
    assert dots[:, 1].tolist() == [1.0]


def found_all(volume, progress):
    return Answer(volume.voxels > 200, {})


def test_an_evaluation_writes_its_outputs_and_goes_on_where_it_stopped(tmp_path, case_folder):
    asked = []

    def predict(volume, progress):
        asked.append(volume)
        return Answer(volume.voxels > 200, {})

    request = EvaluationRequest(tmp_path / "out", Folders(case_folder), limit=3, command="orthoai evaluate fracture")
    first = evaluate_fracture(request, predict=predict)
    again = evaluate_fracture(replace(request, limit=10**20), predict=predict)
    assert len(asked) == 10 and again[:3] == first
    assert {"cases.csv", "scores.json", "tables.md", "figure.png"} <= {file.name for file in request.out.iterdir()}
    assert "cannot exceed" in (request.out / "tables.md").read_text()
    with pytest.raises(InputError, match="another --out"):
        evaluate_fracture(replace(request, source=Simulated(1)), predict=predict)


def test_a_folder_of_the_same_name_elsewhere_holds_other_cases(tmp_path, case_folder):
    request = EvaluationRequest(tmp_path / "out", Folders(case_folder), limit=1)
    evaluate_fracture(request, predict=found_all)
    elsewhere = copytree(case_folder, tmp_path / "elsewhere" / case_folder.name)
    with pytest.raises(InputError, match="other cases"):
        evaluate_fracture(replace(request, source=Folders(elsewhere)), predict=found_all)


def test_a_folder_of_something_else_is_refused(tmp_path, case_folder):
    request = EvaluationRequest(tmp_path / "out", Folders(case_folder), limit=1)
    request.out.mkdir()
    (request.out / "request.json").write_text("{")
    with pytest.raises(InputError, match="another --out"):
        evaluate_fracture(request, predict=found_all)
    (request.out / "request.json").rename(request.out / "letter.txt")
    with pytest.raises(InputError, match="other files"):
        evaluate_fracture(request, predict=found_all)
    assert [file.name for file in request.out.iterdir()] == ["letter.txt"]


def test_a_corrected_case_is_measured_again(tmp_path, case_folder):
    request = EvaluationRequest(tmp_path / "out", Folders(case_folder), limit=2)
    before = evaluate_fracture(request, predict=found_all)
    meta = case_folder / "spine_0001" / "case.json"
    meta.write_text(meta.read_text().replace('"crush"', '"normal"'))
    after = evaluate_fracture(request, predict=found_all)
    assert after[0] == before[0]
    assert (before[1].fractured, after[1].fractured) == (1, 0)


def test_a_weighting_that_only_one_plane_can_win():
    random = np.random.default_rng(0)
    truth = random.random(4000) > 0.7
    good = np.where(truth, 0.75, 0.15).astype(np.float32)
    noise = random.random(4000).astype(np.float32)
    weights, threshold, dice, own = best_fusion(np.stack([good, noise]), truth)
    assert dice == 1.0 and weights[0] > 0.5 and 0.2 <= threshold <= 0.8 and own[0] > own[1]


def test_fusion_looks_at_all_true_and_all_likely_voxels():
    shares = np.zeros((2, 1, 2, 3), np.float16)
    shares[1, 0, 0, 0] = 0.6
    truth = np.zeros((1, 2, 3), bool)
    truth[0, 1, 2] = True
    found, kept = sampled([(shares, truth)])
    assert found.shape == (2, 2) and kept.tolist() == [False, True]


def test_votes_know_whether_they_are_right():
    bodies = np.zeros((12, 80, 60), np.float16)
    bodies[:, 10:30, 15:45], bodies[:, 45:65, 15:45] = 0.9, 0.9
    shares = np.zeros((2, *bodies.shape), np.float16)
    shares[0, :, 10:30, 15:45], shares[1, :, 45:65, 15:45] = 0.8, 0.2
    truth = np.zeros(bodies.shape, bool)
    truth[:, 10:30, 15:45] = True
    # Sagittal: columns run backward, rows downward.
    grid = Geometry(bodies.shape, (1.0, 1.0, 3.0), (0.0, 0.0, 0.0), (0, 0, -1, 1, 0, 0, 0, -1, 0))
    case = PlanesOfCase(Stack(np.zeros(grid.shape, np.float32), grid, grid), shares, bodies, truth)
    scores, right = votes([case], 0.5)
    order = np.argsort(right)
    assert right[order].tolist() == [False, True]
    assert scores[order] == pytest.approx(np.array([[0.0, 0.2], [0.8, 0.0]]), abs=0.01)
    few, many = (fitted_evidence([case] * count, np.array([0.75, 0.25]), 0.5) for count in (5, 15))
    # Weighed, the votes are 0.05 and 0.6.
    assert few.calibration.formula(0.05) == pytest.approx(0.05) and many.calibration.answers == 30
    assert many.calibration.formula(0.05) < 0.05 and many.calibration.formula(0.6) > 0.9


def test_a_loss_of_height_raises_what_a_vote_is_worth():
    random = np.random.default_rng(0)
    judged = []
    for _ in range(120):
        right = bool(random.random() > 0.6)
        vote = float(np.clip((0.6 if right else 0.4) + random.normal(0, 0.2), 0.01, 0.99))
        judged.append((vote, 0.3 if right else float(random.normal(0, 0.05)), right))
    fitted = fit_with_height(judged)
    assert fitted is not None and fitted.a > 0 and fitted.c > 5
    assert fitted(0.5, 0.3) > 0.8 and fitted(0.5, 0.0) < 0.2
    assert fit_with_height(judged[:5]) is None


def test_the_probability_to_call_from_is_that_of_the_best_dice():
    evidence = Evidence(VoteCalibration())

    def case(*bodies: tuple[float, bool]) -> list[JudgedBody]:
        return [JudgedBody(vote, None, 100, is_fractured) for vote, is_fractured in bodies]

    # A fracture with a vote of 0.33 is worth calling, a sound body with 0.18 is not.
    assert best_likely([case((0.9, True), (0.33, True), (0.18, False))] * 3, evidence) == 0.3
    # Where all agree, one half will do; so it does without any fracture.
    assert best_likely([case((0.99, True), (0.01, False))], evidence) == 0.5
    assert best_likely([case((0.9, False))], evidence) == 0.5


def test_the_plane_whose_votes_tell_bodies_apart_weighs_most():
    random = np.random.default_rng(0)
    right = random.random(80) > 0.7
    telling = np.clip(np.where(right, 0.7, 0.3) + random.normal(0, 0.15, 80), 0, 1)
    weights = best_votes(np.stack([telling, random.random(80)], 1), right)
    assert weights.sum() == pytest.approx(1) and weights[0] >= 0.8


def test_the_plane_that_finds_the_bodies_always_takes_part():
    random = np.random.default_rng(0)
    right = random.random(80) > 0.7
    telling = np.clip(np.where(right, 0.9, 0.1) + random.normal(0, 0.05, 80), 0, 1)
    weights = best_votes(np.stack([random.random(80), telling], 1), right)
    assert 0 < weights[0] < 0.5


def test_the_loss_falls_with_better_logits():
    import torch

    truth = torch.zeros(1, 8, 8)
    truth[0, 2:5, 2:5] = 1
    losses = [float(dice_bce((truth * 2 - 1) * sure, truth)) for sure in (-2.0, 0.0, 2.0, 8.0)]
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.05
