"""Folders of training runs, measured and set in tables."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from shutil import copytree

import pytest
from command_words import parsed
from orthoai.errors import InputError
from orthoai_training.disc import networks_command
from orthoai_training.disc.classification.recipe import COMPACT as GRADER
from orthoai_training.disc.classification.request import GraderRequest
from orthoai_training.disc.classification.train import train_graders
from orthoai_training.disc.data.split import PatientSplit, fixed_split
from orthoai_training.disc.grid.grades import measure_grades
from orthoai_training.disc.grid.masks import MaskFigures, measure_masks
from orthoai_training.disc.grid.report import RunsRequest, report_runs
from orthoai_training.disc.grid.runs import ENSEMBLE, FOLDS, read_runs
from orthoai_training.disc.grid.tables import comma_separated, mask_table
from orthoai_training.disc.run_record import RunRecord
from orthoai_training.disc.segmentation import train as segmenter_training
from orthoai_training.disc.segmentation.recipe import COMPACT
from orthoai_training.disc.segmentation.request import SegmenterRequest
from orthoai_training.disc.segmentation.train import train_segmenters

SHORT = replace(COMPACT, crop=(64, 64), batch=4, epochs=1, warmup_steps=0)


@pytest.fixture
def segmenters(spider, tmp_path):
    """Builder of a run of the compact segmenter."""

    def build(name: str = "segmenters", **options):
        folder = tmp_path / name
        train_segmenters(SegmenterRequest(spider, folder, recipe=SHORT, device="cpu", **options))
        return folder

    return build


@pytest.fixture
def folds(monkeypatch):
    """Two folds of the tiny set: what is validation in one is the test in the other."""
    fixed = fixed_split()
    turned = PatientSplit(fixed.train, fixed.test, fixed.validation, fixed.folds)
    monkeypatch.setattr(PatientSplit, "fold", lambda self, number: (fixed, turned)[number])


def add_ensemble(folder, names, weights):
    """As if ``names`` were trained in the run: they are copies of its only network."""
    (own,) = RunRecord.read(folder).networks
    for name in names:
        (folder / own).rename(folder / name) if name == names[-1] else copytree(folder / own, folder / name)
    replace(RunRecord.read(folder), networks=tuple(names)).write(folder)
    (folder / "ensemble.json").write_text(json.dumps({"members": names, "weights": weights}))


def test_a_run_says_whom_it_may_be_measured_on(tmp_path):
    RunRecord("classifier", ("vgg16",), fold=2, roi=False).write(tmp_path)
    (run,) = read_runs([tmp_path])
    assert run.record == RunRecord("classifier", ("vgg16",), 2, False)
    assert run.record.split.test == fixed_split().folds[2] and run.label == FOLDS
    with pytest.raises(InputError, match="each fold once"):
        read_runs([tmp_path, copytree(tmp_path, tmp_path / "again")])
    with pytest.raises(InputError, match="has ended"):
        read_runs([tmp_path / "nothing"])


@pytest.mark.parametrize(
    "changes", [[], None, {"fold": 99}, {"fold": -1}, {"fold": 1.0}, {"kind": "poem"}, {"networks": [1]}]
)
def test_a_damaged_run_is_named(tmp_path, changes):
    RunRecord("classifier", ("vgg16",), fold=2).write(tmp_path)
    file = tmp_path / "run.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes} if changes else changes))
    with pytest.raises(InputError, match="damaged"):
        read_runs([tmp_path])


def test_a_network_without_readable_figures_is_named(tmp_path):
    RunRecord("classifier", ("vgg16",)).write(tmp_path)
    (run,) = read_runs([tmp_path])
    (tmp_path / "vgg16").mkdir()
    for text in ("{", "[]", "[" * 100_000):
        (tmp_path / "vgg16" / "metrics.json").write_text(text)
        with pytest.raises(InputError, match="no readable metrics"):
            run.metrics("vgg16")


def test_segmenters_and_their_ensemble_are_measured_on_the_part(spider, segmenters):
    folder = segmenters()
    add_ensemble(folder, ["one", "two", "three"], [0.5, 0.5, 0.0])
    found = measure_masks(read_runs([folder]), spider, "test")
    assert [one.network for one in found] == ["one", "two", "three", ENSEMBLE]
    assert all(tuple(one.cases) == fixed_split().test[:2] for one in found)
    # An average of the same answers is that answer.
    assert found[3].cases == found[0].cases
    assert found[3].megabytes == pytest.approx(2 * found[0].megabytes)
    assert found[0].steps == 1 and found[3].steps is None


def test_iou_follows_from_dice():
    one = MaskFigures("run", "net", 1.0, 1, 1.0, {1: {"vertebra": 0.5, "disc": 1.0, "canal": None}})
    assert one.iou.mean == pytest.approx((1 / 3 + 1) / 2)
    assert one.dice["mean"].mean == pytest.approx(0.75)


def test_folds_are_pooled_by_patient(spider, segmenters, folds):
    runs = [segmenters(f"fold-{number}", fold=number) for number in (0, 1)]
    (found,) = measure_masks(read_runs(runs), spider, "test")
    assert found.run == FOLDS and found.network == "compact"
    assert set(found.cases) == {*fixed_split().test[:2], *fixed_split().validation[:2]}


def test_runs_of_one_name_are_measured_apart(spider, segmenters):
    folder = segmenters("a/run")
    other = copytree(folder, folder.parents[1] / "b" / "run")
    # As an earlier version left it: the weights of two networks beside one.
    (other / "ensemble.json").write_text(json.dumps({"members": ["one", "two"], "weights": [0.5, 0.5]}))
    found = measure_masks(read_runs([folder, other]), spider, "test")
    assert [one.run for one in found] == ["a/run", "b/run"]
    assert found[0].cases == found[1].cases and len(found[0].cases) == 2


def test_graders_of_one_name_answer_once(spider, tmp_path):
    recipe = replace(GRADER, epochs=1, batch=4)
    folder = tmp_path / "a" / "run"
    train_graders(GraderRequest(spider, folder, recipe=recipe, device="cpu"))
    other = copytree(folder, tmp_path / "b" / "run")
    found = measure_grades(read_runs([folder, other]), spider, "test")
    assert [(one.network.run, one.scores.discs) for one in found] == [("a/run", 4), ("b/run", 4)]


def test_no_run_stands_for_the_pooled_folds(tmp_path):
    (tmp_path / FOLDS).mkdir()
    RunRecord("segmenter", ("compact",)).write(tmp_path / FOLDS)
    (run,) = read_runs([tmp_path / FOLDS])
    assert run.label == f"{tmp_path.name}/{FOLDS}"
    with pytest.raises(InputError, match="same folder"):
        read_runs([tmp_path / FOLDS, tmp_path / "." / FOLDS])


def test_a_report_has_figures_and_tables_of_both_kinds(spider, segmenters, tmp_path):
    recipe = replace(GRADER, epochs=1, batch=4)
    graders = tmp_path / "graders"
    train_graders(GraderRequest(spider, graders, members=2, recipe=recipe, device="cpu"))
    report_runs(RunsRequest(spider, [segmenters(), graders], tmp_path / "found.json", "test"))
    found = json.loads((tmp_path / "found.json").read_text())
    assert [one["network"]["name"] for one in found["classifiers"]] == ["compact-0", "compact-1", ENSEMBLE]
    assert all(one["scores"]["discs"] == 4 and one["scores"]["herniated"] == 2 for one in found["classifiers"])
    assert 0 <= found["segmenters"][0]["dice"]["mean"]["mean"] <= 1
    masks, grades = (tmp_path / "found.md").read_text().split("\n\n")
    assert masks.startswith("| run | network |") and len(masks.splitlines()) == 3
    assert "| graders | ensemble | 4 | 2 |" in grades
    assert "segmenters,compact,2," in (tmp_path / "found.csv").read_text()


def test_folds_of_classifiers_are_pooled_with_their_own_thresholds(spider, tmp_path, folds):
    runs = [tmp_path / f"fold-{number}" for number in (0, 1)]
    for number, folder in enumerate(runs):
        recipe = replace(GRADER, epochs=1, batch=4)
        train_graders(GraderRequest(spider, folder, recipe=recipe, device="cpu", fold=number))
    report_runs(RunsRequest(spider, runs, tmp_path / "found.json", "test"))
    (found,) = json.loads((tmp_path / "found.json").read_text())["classifiers"]
    assert (found["scores"]["discs"], found["scores"]["patients"], found["network"]["epochs"]) == (8, 4, 1)
    with pytest.raises(InputError, match="--located"):
        report_runs(RunsRequest(spider, runs, tmp_path / "found.json", "test", segmenter=tmp_path))


def test_cells_keep_their_columns_in_csv():
    figures = MaskFigures("a, b", "net", 1.0, 7, 2.0, {1: {"vertebra": 0.5, "disc": 1.0, "canal": 0.6}})
    header, row = csv.reader(comma_separated(mask_table([figures])).splitlines())
    assert dict(zip(header, row, strict=True)) == {
        "run": "a, b", "network": "net", "patients": "1", "vertebra": "0.500", "disc": "1.000", "canal": "0.600",
        "mean Dice": "0.700", "mean IoU": "0.587", "MB": "1.0", "steps": "7", "s": "2",
    }  # fmt: skip


def test_the_command_measures_runs_and_refuses_a_fold(monkeypatch, tmp_path):
    from orthoai_training.disc.grid import report

    seen = []
    monkeypatch.setattr(report, "report_runs", lambda request, progress: seen.append(request))
    arguments = networks_command.add_measure_arguments
    words = ["-o", tmp_path / "f.json", "--data", "data", "--networks", "a", "b", "--part", "test"]
    assert networks_command.measure(parsed(arguments, *words)) == 0
    (request,) = seen
    assert [folder.name for folder in request.runs] == ["a", "b"] and request.part == "test"
    assert request.segmenter is None
    with pytest.raises(InputError, match="--fold"):
        networks_command.measure(parsed(arguments, *words, "--fold", 1))


def test_a_compact_network_learns_from_a_run(spider, segmenters, monkeypatch):
    teacher = segmenters()
    add_ensemble(teacher, ["one", "two"], [0.4, 0.6])
    asked = []
    original = segmenter_training.ensemble_teacher

    def watched(members, device):
        teach = original(members, device)
        return lambda picture: asked.append(picture.shape) or teach(picture)

    monkeypatch.setattr(segmenter_training, "ensemble_teacher", watched)
    student = replace(SHORT, distill=0.5)
    trained = train_segmenters(
        SegmenterRequest(spider, teacher.with_name("student"), recipe=student, teacher=teacher, device="cpu")
    )
    assert len(asked) == trained["compact"].metrics["steps"]
