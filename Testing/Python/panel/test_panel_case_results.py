"""A case of a worklist opens with what is known of it: its review in the training set, or a result made beforehand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.box import Box
from orthoai.io.image_folder import READY_FOLDER
from orthoai.io.write import write_labels, write_volume
from orthoai.ready import ready_folder
from orthoai.result import Extra, Provenance, Result
from orthoai.review import Verdict
from orthoai.volume import Volume

LABELS = {"femur": {1: "femur_left", 2: "femur_right"}, "ovf": {1: "crush", 2: "wedge", 3: "biconcave"}}


def legsImage() -> Volume:
    from femur_fakes import legs

    return legs()[0]


def makeReady(folder: Path, name: str, task: str = "femur") -> Result:
    """As ``orthoai run TASK FOLDER --each -o FOLDER/orthoai-results`` leaves a case."""
    from femur_fakes import legs
    from orthoai.io.read import read_volume

    volume, labels = read_volume(folder / name), legs()[1]
    boxes = (Box.around(label, labels == value, volume.geometry, 0.9) for value, label in LABELS[task].items())
    provenance = Provenance("0.1.0", "model_a", {"detector": "00"}, "cpu", "float32", {}, "2025-11-20T22:37:00Z")
    result = Result(
        task=task,
        source=volume.source,
        geometry=volume.geometry,
        boxes=tuple(box for box in boxes if box is not None),
        segmentation=labels,
        labels=LABELS[task],
        findings=(),
        message="Found two.",
        provenance=provenance,
        extras=(Extra("vertebrae", labels, {1: "1", 2: "2"}),) if task == "ovf" else (),
    )
    place = ready_folder(folder / READY_FOLDER, task, name)
    place.mkdir(parents=True)
    write_labels(labels, volume.geometry, place / "segmentation.nii.gz")
    for extra in result.extras:
        write_labels(extra.voxels, volume.geometry, place / f"{extra.name}.nii.gz")
    (place / "result.json").write_text(result.to_json(["segmentation.nii.gz"]), "utf-8")
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A worklist of two CTs of legs, run beforehand."""
    from femur_fakes import legs

    folder = tmp_path / "cases"
    folder.mkdir()
    for number, name in enumerate(("case1.nii.gz", "case2.nrrd")):
        volume, _ = legs()
        write_volume(volume.with_voxels((volume.voxels + number).astype(np.int16)), folder / name)
        makeReady(folder, name)
    return folder


def openNext(bench, folder: Path) -> None:
    bench.panel.reviewPanel.walk._onFolderChosen(str(folder))
    bench.panel.reviewPanel.worklist.askNext()
    assert bench.host.processEvents(until=lambda: not bench.panel.known.isBusy)
    bench.host.processEvents()


def shownMask(bench, name: str) -> np.ndarray:
    import slicer

    return slicer.util.arrayFromSegmentBinaryLabelmap(bench.result.segmentation, name, bench.result.volumeNode)


def results() -> list:
    import slicer
    from OrthoAILib.Bridge.ResultBridge import ResultBridge

    return ResultBridge(slicer.mrmlScene).load()


def test_a_case_opens_with_the_result_that_was_made_beforehand(openPanel, folder):
    from femur_fakes import legs

    bench = openPanel(volume=False)
    openNext(bench, folder)
    assert bench.message == "Segment Femur was run beforehand."
    assert (shownMask(bench, "femur_left") > 0).sum() == (legs()[1] == 1).sum()
    assert len(bench.result.boxes) == 2
    first = bench.result
    assert bench.panel.reviewPanel.session.nodes == first
    openNext(bench, folder)
    assert bench.result.resultId != first.resultId and bench.result.volumeNode.GetName() == "case2"
    assert len(results()) == 1


def export(bench, dataset: Path, **words) -> Path:
    """Approve what is on screen and put it into the training set."""
    import slicer
    from orthoai.dataset import save_case
    from OrthoAILib.Bridge.ReviewBridge import ReviewBridge
    from OrthoAILib.Bridge.VolumeBridge import VolumeBridge
    from OrthoAILib.Review.ExportRequest import ExportRequest

    nodes = bench.result
    review = ReviewBridge(slicer.mrmlScene).review(nodes, nodes.volumeNode, Verdict.APPROVED)
    request = ExportRequest.ofNode(dataset, nodes.volumeNode, VolumeBridge(), replace(review, **words), ())
    return save_case(request.dataset, request.volume, request.review)


def erase(bench, name: str) -> None:
    import slicer

    mask = slicer.util.arrayFromSegmentBinaryLabelmap(bench.result.segmentation, name, bench.result.volumeNode)
    slicer.util.updateSegmentBinaryLabelmapFromArray(
        np.zeros_like(mask), bench.result.segmentation, name, bench.result.volumeNode
    )


def openAgain(bench, folder: Path, dataset: Path) -> None:
    """Another reviewer, on another day."""
    import slicer

    slicer.mrmlScene.Clear()
    node = bench.module.widget.logic.getParameterNode()
    node.exportFolder, node.reviewer = str(dataset), "Dr. B"
    (folder / "orthoai-worklist.json").unlink(missing_ok=True)
    bench.panel.reviewPanel.walk._row.setFolders("", "")
    openNext(bench, folder)


def test_a_case_is_the_same_in_the_training_set_whether_it_was_run_beforehand_or_by_a_click(
    openPanel, folder, tmp_path
):
    from orthoai.dataset import Dataset

    bench = openPanel("pipeline", volume=False)
    openNext(bench, folder)
    for _ in range(2):
        export(bench, tmp_path / "set")
        assert bench.result.imageDigest
        bench.run()
    (case,) = Dataset(tmp_path / "set").cases()
    assert case.lineage.revision == 2


def test_a_case_that_was_exported_opens_as_it_was_reviewed_and_goes_on_from_there(openPanel, folder, tmp_path):
    from orthoai.dataset import Dataset

    bench = openPanel(volume=False)
    openNext(bench, folder)
    erase(bench, "femur_right")
    export(bench, tmp_path / "set", reviewer="Dr. A", comment="left only", verdict=Verdict.CORRECTED, time_spent_s=60)
    openAgain(bench, folder, tmp_path / "set")
    assert bench.message == (
        "Revision 1 of the training set is shown (corrected by Dr. A): decide again to replace it."
    )
    assert len(results()) == 1  # Not the result that was made beforehand, too.
    assert shownMask(bench, "femur_left").any() and not shownMask(bench, "femur_right").any()
    state = bench.panel.reviewPanel.session.state
    assert (state.verdict, state.comment, state.reviewer, state.revision) == (None, "left only", "Dr. B", 1)
    assert state.isSaved and state.timeSpent >= 60 and state.trainingSets == (str(tmp_path / "set"),)
    export(bench, tmp_path / "set", reviewer="Dr. B", revision=2)
    (case,) = Dataset(tmp_path / "set").cases()
    assert (case.lineage.revision, case.lineage.parent_revision, case.review().changes) == (2, 1, ())
    assert not (case.labels().voxels == 2).any()


def test_the_vertebral_bodies_of_an_exported_case_come_back_with_it(openPanel, folder, tmp_path):
    from orthoai.dataset import Dataset

    (folder / READY_FOLDER / "femur").rename(tmp_path / "away")
    makeReady(folder, "case1.nii.gz", "ovf")
    bench = openPanel(volume=False)
    openNext(bench, folder)
    export(bench, tmp_path / "set")
    bodies = Dataset(tmp_path / "set").cases()[0].vertebrae().voxels
    openAgain(bench, folder, tmp_path / "set")
    assert "Revision 1" in bench.message
    export(bench, tmp_path / "set", comment="again")
    (case,) = Dataset(tmp_path / "set").cases()
    assert case.lineage.revision == 2
    np.testing.assert_array_equal(case.vertebrae().voxels, bodies)


def test_a_damaged_case_of_the_training_set_is_told(openPanel, folder, tmp_path):
    bench = openPanel(volume=False)
    openNext(bench, folder)
    (export(bench, tmp_path / "set") / "review.json").write_text("{")
    openAgain(bench, folder, tmp_path / "set")
    assert "This review.json is damaged" in bench.message and bench.result is None


def test_the_next_open_case_is_the_one_whose_result_is_least_certain(openPanel, folder):
    from orthoai.finding import Finding

    write_volume(legsImage(), folder / "case3.mha")
    for name, probability in (("case1.nii.gz", 0.9), ("case2.nrrd", 0.6)):
        place = ready_folder(folder / READY_FOLDER, "femur", name) / "result.json"
        result = replace(Result.from_json(place.read_text()), findings=(Finding("femur_left", "present", probability),))
        place.write_text(result.to_json())
    bench = openPanel(volume=False)
    bench.panel.reviewPanel.walk._onFolderChosen(str(folder))
    row = bench.panel.reviewPanel.worklist
    assert bench.host.processEvents(until=lambda: bool(row._doubts.known))
    assert row._doubts.known == {"case1.nii.gz": pytest.approx(0.1), "case2.nrrd": pytest.approx(0.4)}
    seen = []
    for _ in range(3):
        row.askNextOpen()
        assert bench.host.processEvents(until=lambda: not bench.panel.known.isBusy)
        bench.host.processEvents()
        seen.append(bench.module.widget.logic.getParameterNode().inputVolume.GetName())
        row._worklist.record(Verdict.REJECTED)
    assert seen == ["case2", "case1", "case3"]


def test_an_image_that_was_replaced_since_does_not_get_the_result_of_the_other(openPanel, folder):
    from orthoai.io.read import read_volume

    image = read_volume(folder / "case1.nii.gz")
    write_volume(image.with_voxels(image.voxels + np.int16(7)), folder / "case1.nii.gz")
    bench = openPanel(volume=False)
    openNext(bench, folder)
    assert "is of another image" in bench.message
    assert bench.result is None and results() == []


@pytest.mark.parametrize("damage", ["result.json", "segmentation.nii.gz"])
def test_a_damaged_result_is_told_and_the_case_can_be_run(openPanel, folder, damage):
    (ready_folder(folder / READY_FOLDER, "femur", "case1.nii.gz") / damage).write_bytes(b"cut")
    bench = openPanel("pipeline", volume=False)
    openNext(bench, folder)
    assert bench.message and bench.result is None
    assert bench.run() is not None


def test_of_several_tasks_the_one_that_was_run_last_stays_on_screen(openPanel, folder):
    makeReady(folder, "case1.nii.gz", "ovf")
    bench = openPanel(volume=False)
    bench.module.widget.logic.getParameterNode().task = "femur"
    openNext(bench, folder)
    assert [nodes.taskName for nodes in results()] == ["ovf", "femur"]
    assert bench.result.taskName == "femur"
    assert results()[0].vertebrae is not None


@pytest.mark.parametrize("what", ["the case is left", "the scene is closed", "a task is run"])
def test_what_is_still_being_read_is_dropped_when(openPanel, folder, what):
    from threading import Event

    import slicer

    bench = openPanel(volume=False)
    go, read = Event(), bench.panel.known._read

    def slowly(*arguments):
        go.wait(30)
        return read(*arguments)

    bench.panel.known._read = slowly
    bench.panel.reviewPanel.walk._onFolderChosen(str(folder))
    bench.panel.reviewPanel.worklist.askNext()
    assert bench.panel.known.isBusy
    if what == "the case is left":
        (folder / READY_FOLDER).rename(folder / "away")
        bench.panel.reviewPanel.worklist.askNext()
    elif what == "the scene is closed":
        slicer.mrmlScene.Clear()
    else:
        bench.run()
    go.set()
    assert bench.host.processEvents(until=lambda: not bench.panel.known.isBusy)
    bench.host.processEvents()
    assert len(results()) == (1 if what == "a task is run" else 0)


def test_the_way_to_the_next_case_stays_in_sight_when_a_case_has_no_result(openPanel, folder):
    import shutil

    import slicer

    shutil.rmtree(folder / "orthoai-results")
    bench = openPanel(volume=False)
    bench.panel.ui.reviewSection.collapsed = False
    openNext(bench, folder)
    assert bench.result is None
    assert not bench.panel.ui.reviewSection.collapsed and bench.panel.ui.resultSection.collapsed
    assert slicer.util.findChild(bench.panel.widget, "nextButton").enabled
    bench.run()
    openNext(bench, folder)
    assert bench.result is None and not bench.panel.ui.reviewSection.collapsed
