"""A model's answer on one scan, in two stages or in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from time import process_time
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.geometry import Geometry
from orthoai.models.store import Model, ModelStore
from orthoai.progress import Progress
from orthoai.segment.components import largest_parts
from orthoai.segment.device import choose
from orthoai.segment.engine import Segmenter
from orthoai.segment.network import SegmenterSpec
from orthoai.stopwatch import Stopwatch
from orthoai.tasks import RunOptions
from orthoai.tasks.femur import TASK
from orthoai.tasks.femur.body import midline
from orthoai.tasks.femur.crop import with_margin
from orthoai.tasks.femur.pipeline import run
from orthoai.volume import Volume, restore_array

from orthoai_training.evaluate.network_facts import fingerprint, network_facts
from orthoai_training.evaluate.peak_memory import peak_memory

# Makes the comparators of the training known to the engine that builds networks.
from orthoai_training.femur.segmenter import networks as _networks  # noqa: F401

SINGLE_STAGE = "single-stage"
"""Instead of a model's name: the main model's own segmenter on the whole scan, without stage 1."""

LOAD = "Load"
"""The stage that reads weights; it happens once per process and does not count as inference."""


@dataclass(frozen=True)
class Prediction:
    """What a model says about one scan.

    Attributes:
        labels: uint8 (K, J, I) on the scan's own grid: 1 femur_left, 2 femur_right.
        boxes: in the scan's index space, at most one per side.
        timings_s: by stage.
        peak_rss_mb: the process's memory during the run.
        raw: femur or not, before parts and sides are chosen; only of single-stage models.
        cpu_s: processor seconds of all threads, loading included; other than the clock's they do not grow on a shared
            machine. A graphics card's work is not in them.
        segmented_l: liters of the scan that the segmenter looked at.
    """

    labels: NDArray[np.uint8]
    boxes: tuple[Box, ...]
    timings_s: Mapping[str, float] = field(default_factory=dict)
    peak_rss_mb: float = 0.0
    raw: NDArray[np.bool_] | None = None
    cpu_s: float | None = None
    segmented_l: float | None = None

    @property
    def inference_s(self) -> float:
        """Seconds without loading the networks."""
        return sum(seconds for stage, seconds in self.timings_s.items() if stage != LOAD)


class Predictor(Protocol):
    """A model in use."""

    name: str
    model: Model

    def predict(self, volume: Volume, progress: Progress) -> Prediction:
        """The answer on one scan."""
        ...


@dataclass
class TwoStage:
    """What ``orthoai run femur`` does.

    The boxes are those that a run reports: fused from both projections; one in which stage 2 finds no bone is left out.
    """

    name: str
    model: Model
    device: str = "auto"

    def predict(self, volume: Volume, progress: Progress) -> Prediction:
        """The run's segmentation and boxes."""
        with peak_memory() as peak:
            options = RunOptions(device=self.device, model=str(self.model.folder))
            start = process_time()
            result = run(volume, options, progress)
            return Prediction(
                result.segmentation,
                result.boxes,
                result.timings_s,
                peak(),
                cpu_s=process_time() - start,
                segmented_l=sum(crop_liters(box, volume.geometry) for box in result.boxes),
            )


@dataclass
class SingleStage:
    """A segmenter on the whole scan, as the paper's "Non-Two-Stage SegResNet".

    Sides are told apart by the body's midline (the scan's middle where it is not in view); of each side the largest
    part stays, as after two stages.
    """

    name: str
    model: Model
    device: str = "auto"
    _segmenter: Segmenter | None = None

    def predict(self, volume: Volume, progress: Progress) -> Prediction:
        """The segmenter's answer, and the boxes around it."""
        watch, start = Stopwatch(), process_time()
        with peak_memory() as peak:
            with watch.stage(LOAD):
                if self._segmenter is None:
                    entry = self.model.network("segmenter")
                    spec = SegmenterSpec.from_metadata(entry.to_json())
                    self._segmenter = Segmenter(spec, self.model.weights("segmenter"), choose(self.device))
                _ = self._segmenter.network
            lps = volume.reoriented("LPS")
            with watch.stage("Segment"):
                mask = self._segmenter.foreground(lps, progress, "Segment")
            with watch.stage("Assemble"):
                labels = split_sides(mask, lps)
            memory, cpu_s = peak(), process_time() - start
        geometry = volume.geometry
        boxes = [Box.around(name, labels == value, lps.geometry) for value, name in TASK.label_table.items()]
        return Prediction(
            restore_array(labels, geometry, "LPS"),
            tuple(box.on(lps.geometry, geometry) for box in boxes if box),
            watch.seconds,
            memory,
            restore_array(mask, geometry, "LPS"),
            cpu_s,
            segmented_l=_liters(geometry, geometry.size),
        )


def crop_liters(box: Box, geometry: Geometry) -> float:
    """Liters of the crop around ``box``, in the index space of ``geometry``, that stage 2 looks at."""
    start, stop = with_margin(box, geometry)
    return _liters(geometry, [high - low for low, high in zip(start, stop, strict=True)])


def _liters(geometry: Geometry, size: Iterable[int]) -> float:
    return prod(size) * geometry.voxel_volume / 1e6


def split_sides(mask: NDArray[np.bool_], volume_lps: Volume) -> NDArray[np.uint8]:
    """Labels (K, J, I) of a mask of both femora: the largest part left of the midline, and right of it."""
    middle_mm = midline(volume_lps)
    width, step = volume_lps.geometry.size[0], volume_lps.geometry.spacing[0]
    column = width / 2 if middle_mm is None else middle_mm / step + 0.5
    middle = int(np.clip(round(column), 0, width))
    labels = np.zeros(mask.shape, np.uint8)
    # In LPS order i grows to the patient's left.
    for value, half in ((1, slice(middle, None)), (2, slice(0, middle))):
        labels[..., half][largest_parts(mask[..., half])] = value
    return labels


def predictor(name: str, main: str | None, store: ModelStore, device: str) -> Predictor:
    """A model by name: in two stages when it has a detector, else in one.

    Args:
        name: of a model in ``store``, or :data:`SINGLE_STAGE`.
        main: the model whose segmenter that word means.

    Raises:
        InputError: unknown or damaged model, or no such device.
    """
    choose(device)
    model = store.verify(main or TASK.default_model if name == SINGLE_STAGE else name)
    if name == SINGLE_STAGE:
        return SingleStage(f"{model.name} ({SINGLE_STAGE})", model, device)
    kind = TwoStage if "detector" in model.metadata.networks else SingleStage
    return kind(model.name, model, device)


def named(predictors: Iterable[Predictor]) -> dict[str, Predictor]:
    """By their names in the tables; one that is given twice counts once.

    Of models whose cards share a name, such as a shipped one and its retraining, the first keeps it, and the others
    also tell their fingerprint, so that a later call finds their scores.
    """
    found: dict[str, Predictor] = {}
    for one in predictors:
        mark = fingerprint(one.model)
        is_same = one.name not in found or fingerprint(found[one.name].model) == mark
        found.setdefault(one.name if is_same else f"{one.name} ({mark})", one)
    return found


def model_facts(predictor: Predictor) -> dict[str, Any]:
    """What the tables say of a model: hashes, sizes on disk in MB (1e6 bytes), and how it was trained."""
    model, card = predictor.model, predictor.model.metadata
    used = ["segmenter"] if isinstance(predictor, SingleStage) else list(card.networks)
    trained = card.metrics.get("segmenter", {})
    return {
        **network_facts(model, used),
        "stages": 1 if isinstance(predictor, SingleStage) else 2,
        "architecture": card.networks["segmenter"].architecture,
        "patch": card.networks["segmenter"].settings.get("patch"),
        "training_s": {
            role: seconds
            for role in used
            if isinstance(seconds := card.metrics.get(role, {}).get("training_s"), int | float)
        },
        "best_dice": trained.get("best_dice"),
        "steps": trained.get("steps"),
        "training_data": card.training.get("data", {}),
    }
