"""Figures of answers that are right, wrong and missing by design."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.detect.instance import Instance
from orthoai.finding import Finding, Measurement, Place
from orthoai.result import Extra, Provenance, Result
from orthoai.spine.measured import MeasuredBody
from orthoai.tasks.ovf.join import JoinedBody
from orthoai.tasks.ovf.labels import CLASSES, NORMAL, UNCLEAR
from orthoai.tasks.ovf.pipeline import Spine
from orthoai.tasks.ovf.slices import Seen, Shares, SliceBody
from orthoai_training.ovf.evaluation.confusion import confusion_matrix
from orthoai_training.ovf.evaluation.matching import Measure, PictureAnswer, box_iou
from orthoai_training.ovf.evaluation.outputs import csv_text, picture_table, vertebra_table
from orthoai_training.ovf.evaluation.plots import save_confusion, save_curves
from orthoai_training.ovf.evaluation.precision import picture_figures
from orthoai_training.ovf.evaluation.told import told_answers
from orthoai_training.ovf.evaluation.vertebra_summary import vertebra_figures, vote_calibration
from orthoai_training.ovf.evaluation.vertebrae import HEIGHTS, case_score
from orthoai_training.ovf.pictures import Outline
from orthoai_training.ovf.scenes import CaseScene, case_scene
from ovf_blocks import BODIES, blocks_case

SHAPE = (80, 60)


def outline(kind: str, x0: float, y0: float, x1: float, y1: float) -> Outline:
    return Outline(CLASSES.index(kind), np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64))


def instance(kind: str, score: float, x0: int, y0: int, x1: int, y1: int, others: float = 0.0) -> Instance:
    mask = np.zeros(SHAPE, bool)
    mask[y0:y1, x0:x1] = True
    scores = tuple(score if name == kind else others for name in CLASSES)
    return Instance(kind, score, (x0, y0, x1, y1), mask, scores)


def answer(truths: list[Outline], found: list[Instance], case: str = "a", ignore: np.ndarray | None = None):
    return PictureAnswer.of(case, truths, found, ignore, SHAPE)


def test_perfect_answers_have_perfect_figures() -> None:
    pictures = [
        answer([outline(kind, 10, 10, 30, 30)], [instance(kind, 0.9, 10, 10, 30, 30)], kind) for kind in CLASSES
    ]
    for measure in Measure:
        found = picture_figures(pictures, measure)
        every = found.by_class["all"]
        assert (every.precision, every.recall, every.map50, every.map50_95) == (1, 1, 1, 1)
        assert every.instances == 3 and found.by_class["normal"].instances == 1


def test_a_shifted_box_counts_up_to_its_iou() -> None:
    # 20 x 20 shifted by 4: 16/24 = 0.667 IoU: right at 0.50, 0.55, 0.60, 0.65 of the ten thresholds.
    picture = answer([outline("wedge", 10, 10, 30, 30)], [instance("wedge", 0.9, 14, 10, 34, 30)])
    found = picture_figures([picture], Measure.BOX).by_class["wedge"]
    assert found.map50 == 1.0 and found.map50_95 == pytest.approx(0.4)


def test_a_wrong_class_is_a_miss_and_a_false_one() -> None:
    picture = answer([outline("wedge", 10, 10, 30, 30)], [instance("crush", 0.8, 10, 10, 30, 30)])
    table = confusion_matrix([picture])
    assert table[CLASSES.index("crush"), CLASSES.index("wedge")] == 1 and table.sum() == 1
    assert picture_figures([picture], Measure.MASK).by_class["wedge"].map50 == 0.0


def test_a_second_class_score_counts_as_in_ultralytics_validation() -> None:
    picture = answer([outline("wedge", 10, 10, 30, 30)], [instance("crush", 0.8, 10, 10, 30, 30, others=0.1)])
    assert picture_figures([picture], Measure.MASK).by_class["wedge"].map50 == 1.0


def test_false_ones_before_right_ones_lower_the_precision() -> None:
    picture = answer(
        [outline("crush", 10, 10, 30, 30)],
        [instance("crush", 0.9, 40, 40, 55, 60), instance("crush", 0.6, 10, 10, 30, 30)],
    )
    assert picture_figures([picture], Measure.BOX).by_class["crush"].map50 == pytest.approx(0.5)


def test_what_lies_on_ignored_bodies_counts_neither_way() -> None:
    ignore = np.zeros(SHAPE, bool)
    ignore[40:60, 40:55] = True
    truths, found = (
        [outline("crush", 10, 10, 30, 30)],
        [
            instance("crush", 0.9, 40, 40, 55, 60),
            instance("crush", 0.6, 10, 10, 30, 30),
        ],
    )
    picture = answer(truths, found, ignore=ignore)
    assert picture_figures([picture], Measure.BOX).by_class["crush"].map50 == 1.0
    assert confusion_matrix([picture])[:, -1].sum() == 0


def test_missed_and_false_instances_are_background_in_the_confusion_matrix() -> None:
    picture = answer([outline("biconcave", 10, 10, 30, 30)], [instance("normal", 0.7, 40, 40, 55, 60)])
    table = confusion_matrix([picture])
    assert table[-1, CLASSES.index("biconcave")] == 1 and table[CLASSES.index("normal"), -1] == 1


def test_pictures_without_anything_change_nothing() -> None:
    empty = answer([], [])
    full = answer([outline("wedge", 10, 10, 30, 30)], [instance("wedge", 0.9, 10, 10, 30, 30)])
    assert picture_figures([full, empty], Measure.BOX).by_class["wedge"].map50 == 1.0
    assert box_iou(np.zeros((0, 4)), np.zeros((2, 4))).shape == (0, 2)


def test_curves_and_tables_are_written(tmp_path: Path) -> None:
    full = answer([outline("wedge", 10, 10, 30, 30)], [instance("wedge", 0.9, 10, 10, 30, 30)])
    figures = {measure: picture_figures([full], measure) for measure in Measure}
    made = save_curves(figures[Measure.BOX].curves, Measure.BOX, tmp_path)
    made.append(save_confusion(confusion_matrix([full]), tmp_path / "confusion.png", "Confusion"))
    assert len(made) == 5 and all(path.stat().st_size > 5_000 for path in made)
    text = "\n".join(picture_table(figures))
    assert "0.859" in text and "0.779" in text and "| Box | wedge | 1 | 1.000 |" in text


# Vertebrae


def result_on(case, findings: list[Finding], labels: dict[int, int], error_mm: float = 0.0) -> Result:
    """All bodies seen and measured.

    Args:
        labels: VerSe number to the value that its body has in the segmentation.
        error_mm: of all heights.
    """
    table = np.zeros(256, np.uint8)
    for number, value in labels.items():
        table[number] = value
    made = Provenance("0", "m", {}, "cpu", "float32", {}, "2026-01-01T00:00:00Z")
    return Result(
        "ovf",
        case.volume.source,
        case.volume.geometry,
        (),
        table[case.bodies],
        {1: "crush"},
        tuple(findings),
        "",
        made,
        {"detect": 1.0},
        (Extra("vertebrae", case.bodies, {number: f"L{number - 19}" for number in BODIES}),),
        {
            f"L{number - 19}": {
                **{f"{site}_height": Measurement(high - low + error_mm, "mm") for site in HEIGHTS},
                "genant_grade": Measurement(2.0 * (number == 21), "1"),
            }
            for number, (low, high) in BODIES.items()
        },
    )


def seen(scene: CaseScene) -> Spine:
    """The true bodies as the task would have found them."""
    bodies = []
    for block in sorted(scene.blocks, key=lambda block: -block.id):
        mask = block.occupancy > 0.5
        slices = tuple(
            SliceBody(block.start[0] + n, 0.9, (0.0, 0.0, 0.0, 0.9), block.start[1], block.start[2], plane)
            for n, plane in enumerate(mask)
        )
        body = JoinedBody(slices)
        bodies.append(MeasuredBody(f"L{block.id - 19}", body, (0.0, 0.0, 0.0), None, False, None, False))
    return Spine(scene.stack, Seen((), np.zeros(0, np.uint8)), tuple(bodies), (NORMAL,) * len(bodies), tuple(bodies))


def finding_on(number: int, label: str, probability: float = 0.9) -> Finding:
    low, high = BODIES[number]
    return Finding(f"L{number - 19}", label, probability, 0.1, {}, Place((30.0, 35.0, (low + high) / 2)))


@pytest.mark.parametrize("codes", ["LPS", "PIL"])
def test_a_right_run_has_right_figures(codes: str) -> None:
    case = blocks_case(codes)
    score = case_score(case, "one", result_on(case, [finding_on(21, "crush")], {21: 1}, error_mm=0.4))
    assert score.dice == {"crush": 1.0, "fracture": 1.0} and score.elsewhere == 0
    figures = vertebra_figures([score])
    assert (figures.vertebrae, figures.fractures, figures.missed, figures.false_findings) == (3, 1, 0, 0)
    assert figures.figures["class accuracy, all vertebrae"].mean == 1.0
    assert figures.figures["grade exact, all vertebrae"].mean == 1.0
    assert figures.figures["anterior height error (mm)"].largest == pytest.approx(0.4)
    assert figures.figures["all heights within 1 mm"].mean == 1.0
    assert figures.figures["heights measured"].mean == 1.0


def test_heights_count_for_every_vertebra_and_for_fractured_ones_alone() -> None:
    case = blocks_case()
    result = result_on(case, [finding_on(21, "crush")], {21: 1})
    result.structures["L1"]["anterior_height"] = Measurement(15.0, "mm")
    del result.structures["L3"]["genant_grade"]
    figures = vertebra_figures([case_score(case, "one", result)]).figures
    assert figures["anterior height within 1 mm"].mean == pytest.approx(2 / 3)
    assert figures["anterior height within 1 mm, fractured vertebrae"].mean == 1.0
    assert figures["anterior height within 1 mm, slices up to 3 mm"].mean == pytest.approx(2 / 3)
    assert figures["grade exact, all vertebrae"].mean == pytest.approx(2 / 3)
    unseen = replace(result, extras=(Extra("vertebrae", np.zeros_like(case.bodies)),))
    assert vertebra_figures([case_score(case, "one", unseen)]).figures["heights measured"].mean == 0.0


@pytest.mark.parametrize("codes", ["LPS", "PIL"])
def test_the_tasks_answer_per_picture_has_the_voted_class_and_the_masks_outline(codes: str) -> None:
    case = blocks_case(codes)
    scene = case_scene(case)
    right = told_answers(scene, result_on(case, [finding_on(21, "crush", 0.8)], {21: 1}), seen(scene), "one", 3)
    assert len(right) == 3
    for measure in Measure:
        found = picture_figures(right, measure).by_class
        assert found["crush"].map50_95 == found["normal"].map50_95 == 1.0
    wrong = told_answers(scene, result_on(case, [finding_on(21, "wedge", 0.8)], {21: 2}), seen(scene), "one", 3)
    assert picture_figures(wrong, Measure.BOX).by_class["crush"].map50 == 0.0
    assert confusion_matrix(wrong)[CLASSES.index("wedge"), CLASSES.index("crush")] == 3


def test_the_tasks_outline_per_picture_runs_between_the_voxels_of_the_working_grid() -> None:
    case = blocks_case()
    scene = case_scene(case)
    spine = seen(scene)
    blocks = {f"L{block.id - 19}": block for block in scene.blocks}

    def with_shares(body: MeasuredBody[JoinedBody]) -> MeasuredBody[JoinedBody]:
        slices = zip(body.body.slices, blocks[body.name].occupancy, strict=True)
        return replace(
            body,
            body=JoinedBody(tuple(replace(one, shares=Shares(one.row, one.col, plane)) for one, plane in slices)),
        )

    exact = replace(spine, bodies=tuple(with_shares(body) for body in spine.bodies))
    worst = {}
    for name, each in (("masks", spine), ("shares", exact)):
        answers = told_answers(scene, result_on(case, [], {}), each, "one", 3)
        worst[name] = min(float(answer.box_iou.max(axis=0).min()) for answer in answers)
    assert worst["masks"] < 0.99 < 0.9999 < worst["shares"]


def test_a_ct_without_bone_answers_nothing() -> None:
    case = blocks_case()
    answers = told_answers(case_scene(case), result_on(case, [], {}), None, "one", 2)
    assert len(answers) == 2 and all(not answer.scores.size and answer.true_kinds.size for answer in answers)


def test_missed_false_and_misplaced_findings_are_counted() -> None:
    case = blocks_case()
    nowhere = Finding("spine", "wedge", 0.8, place=Place((5.0, 2.0, 5.0)))
    score = case_score(case, "one", result_on(case, [finding_on(20, "wedge"), nowhere], {20: 2}))
    figures = vertebra_figures([score])
    assert figures.missed == 1 and figures.false_findings == 2 and score.elsewhere == 1
    assert score.dice == {"crush": 0.0, "wedge": 0.0, "fracture": 0.0}
    assert figures.figures["false findings per vertebra"].mean == pytest.approx(2 / 3)
    assert figures.figures["class accuracy, all vertebrae"].mean == pytest.approx(1 / 3)


def test_a_cut_vertebra_is_no_miss_but_may_be_a_false_finding() -> None:
    case = blocks_case(whole=False)
    score = case_score(case, "one", result_on(case, [finding_on(22, "wedge")], {}))
    figures = vertebra_figures([score])
    assert figures.vertebrae == 2 and figures.false_findings == 1 and figures.missed == 1


@pytest.mark.parametrize(("number", "worth"), [(20, 0.0), (21, 1.0)], ids=["sound", "crushed"])
def test_an_unclear_finding_is_right_where_the_vertebra_is_broken(number: int, worth: float) -> None:
    case = blocks_case()
    score = case_score(case, "one", result_on(case, [finding_on(number, UNCLEAR, 0.7)], {}))
    # It is drawn as no fracture, and its probability is that of one.
    assert {each.found for each in score.vertebrae} == {NORMAL}
    assert vote_calibration([score] * 60).formula(0.7) == pytest.approx(worth, abs=0.05)


def test_the_table_of_vertebrae_has_a_line_for_each() -> None:
    case = blocks_case()
    score = case_score(case, "one", result_on(case, [finding_on(21, "crush")], {21: 1}))
    lines = csv_text(score.vertebrae).splitlines()
    assert len(lines) == 4 and lines[2].startswith("one,simulated,1.00,L2,1,,crush,crush,0.900,0.100,2,2,12.000")
    text = "\n".join(vertebra_table({"simulated": vertebra_figures([score])}))
    assert "| Vertebrae (fractured) | 3 (1) |" in text and "3D Dice, crush" in text
