"""From an approved review to a case on disk: off the GUI thread, with one end, nothing half-written."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from orthoai.dataset import save_case
from orthoai.errors import InputError
from orthoai.review import Review, Verdict
from orthoai.volume import Volume
from orthoai.worker.events import Crashed, Failed, FailureKind, Finished, Progressed
from OrthoAILib.Review.ExportController import CASE_KEPT, ExportController
from OrthoAILib.Review.ExportRequest import ExportRequest


class ManualTimer:
    """Ticks when the test says so."""

    def __init__(self, callback, milliseconds: int) -> None:
        self.callback, self.running = callback, False

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False


class FakeClient:
    """A worker that answers what the test queues."""

    def __init__(self) -> None:
        self.requests, self.events, self.closed = [], [], False

    def export(self, request) -> str:
        self.requests.append(request)
        return "7"

    def poll(self) -> list:
        events, self.events = self.events, []
        return events

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def exporting(smallResult):
    """A controller with fakes around it; ``told`` collects its signals."""
    told, timers, client = [], [], FakeClient()

    def build(save) -> SimpleNamespace:
        def timer(callback, milliseconds):
            timers.append(ManualTimer(callback, milliseconds))
            return timers[-1]

        controller = ExportController(save, lambda: client, timer)
        for name in ("started", "saved", "finished", "failed"):
            getattr(controller, name).connect(lambda *arguments, name=name: told.append((name, *arguments)))
        return SimpleNamespace(controller=controller, told=told, client=client, timer=timers[-1])

    return build


@pytest.fixture
def request_of(smallResult, tmp_path):
    def build(verdict=Verdict.APPROVED, formats=()) -> ExportRequest:
        result = smallResult()
        volume = Volume(np.zeros(result.geometry.shape, np.int16), result.geometry, "CT")
        return ExportRequest(tmp_path / "training", volume, Review(result, verdict, reviewer="MH"), formats)

    return build


def tick(parts, until) -> None:
    deadline = time.monotonic() + 30
    while not until():
        assert time.monotonic() < deadline, "the export did not end"
        assert parts.timer.running, "nobody looks at the export any more"
        parts.timer.callback()
        time.sleep(0.002)


def names(parts) -> list[str]:
    return [entry[0] for entry in parts.told]


def test_a_case_is_written_and_verified_by_the_data_set(exporting, request_of):
    from orthoai.dataset import Dataset

    parts, request = exporting(save_case), request_of()
    assert parts.controller.start(request)
    tick(parts, lambda: not parts.controller.isBusy)
    assert names(parts) == ["started", "saved", "finished"]
    dataset = Dataset(request.dataset)
    assert dataset.verify() == [] and [case.path for case in dataset.cases()] == [parts.told[-1][2]]
    assert np.array_equal(dataset.cases()[0].labels().voxels, request.review.result.segmentation)
    assert not parts.timer.running


def test_the_case_is_written_off_the_calling_thread(exporting, request_of):
    gate, threads = threading.Event(), []

    def save(dataset, volume, review):
        threads.append(threading.current_thread())
        gate.wait(30)
        return save_case(dataset, volume, review)

    parts = exporting(save)
    parts.controller.start(request_of())
    parts.timer.callback()
    assert parts.controller.isBusy and names(parts) == ["started"]
    assert not parts.controller.start(request_of())
    gate.set()
    tick(parts, lambda: not parts.controller.isBusy)
    assert threads[0] is not threading.main_thread() and names(parts) == ["started", "saved", "finished"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (InputError("The disk is full."), "The disk is full."),
        (MemoryError(), "The case could not be written (MemoryError); check the training set's folder."),
    ],
)
def test_a_failed_write_ends_in_one_sentence(exporting, request_of, error, sentence):
    def save(*_arguments):
        raise error

    parts = exporting(save)
    parts.controller.start(request_of(formats=("monai",)))
    tick(parts, lambda: not parts.controller.isBusy)
    assert parts.told[1:] == [("failed", sentence)] and parts.client.requests == []


def test_a_rejected_case_is_refused_by_the_training_set(exporting, request_of):
    parts, request = exporting(save_case), request_of(Verdict.REJECTED)
    parts.controller.start(request)
    tick(parts, lambda: not parts.controller.isBusy)
    assert names(parts) == ["started", "failed"] and "rejected" in parts.told[-1][1]
    assert not request.dataset.exists()


def test_formats_follow_the_case_through_a_worker_that_is_closed_afterwards(exporting, request_of):
    parts, request = exporting(save_case), request_of(formats=("monai", "yolo-detect"))
    said = []
    parts.controller.progressed.connect(said.append)
    parts.controller.start(request)
    tick(parts, lambda: parts.client.requests)
    (asked,) = parts.client.requests
    assert (asked.dataset, asked.formats, asked.output) == (request.dataset, request.formats, request.formatsFolder)
    assert names(parts) == ["started", "saved"]
    parts.client.events = [
        Progressed("7", "monai", 0.5, "case 1 of 2"),
        Finished("other", Path()),
        Finished("7", Path()),
    ]
    tick(parts, lambda: not parts.controller.isBusy)
    assert names(parts) == ["started", "saved", "finished"] and "case 1 of 2" in said
    assert parts.client.closed


@pytest.mark.parametrize(
    "event", [Failed("7", FailureKind.INPUT, "No boxes."), Crashed("7", "It ended."), Crashed(None, "It ended.")]
)
def test_when_only_the_formats_fail_the_case_is_kept_and_that_is_said(exporting, request_of, event):
    parts = exporting(save_case)
    parts.controller.start(request_of(formats=("monai",)))
    tick(parts, lambda: parts.client.requests)
    parts.client.events = [event]
    tick(parts, lambda: not parts.controller.isBusy)
    assert names(parts) == ["started", "saved", "failed"]
    assert parts.told[-1][1] == f"{CASE_KEPT} {event.message}" and parts.client.closed


def test_closing_waits_for_the_case_and_says_nothing(exporting, request_of):
    written = []

    def save(*arguments):
        time.sleep(0.05)
        written.append(True)
        return save_case(*arguments)

    parts = exporting(save)
    parts.controller.start(request_of())
    parts.controller.close()
    assert written == [True] and names(parts) == ["started"]
    assert not parts.controller.isBusy and not parts.timer.running


def test_a_volume_node_is_exported_with_its_own_voxels_and_identity(shown, tmp_path):
    from orthoai.dataset import Dataset, save_case
    from OrthoAILib.Bridge.VolumeBridge import VolumeBridge

    review = shown.bridge.review(shown.nodes, shown.volumeNode, Verdict.APPROVED)
    request = ExportRequest.ofNode(tmp_path, shown.volumeNode, VolumeBridge(), review, ())
    assert np.shares_memory(request.volume.voxels, VolumeBridge().voxels(shown.volumeNode))
    save_case(request.dataset, request.volume, request.review)
    (case,) = Dataset(tmp_path).cases()
    assert case.lineage.input_sha256 == shown.result.source.sha256
    assert case.image().geometry.matches(shown.result.geometry)
    assert np.array_equal(case.image().voxels, request.volume.voxels)
