"""From the SPIDER sets and reviewed cases to trained classifiers, their files and the weights of their ensemble."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.models.onnx_network import OnnxNetwork
from orthoai.progress import Progress
from orthoai.tasks.disc.classify import HERNIATION
from orthoai.tasks.disc.engines import suspect_of
from orthoai.tasks.disc.segment import SliceSegmenter
from orthoai.tasks.disc.session import Member

from orthoai_training.disc.classification.batches import GradedBatch, plain_batch
from orthoai_training.disc.classification.export import NETWORK_FILE, export_grader
from orthoai_training.disc.classification.locate import located
from orthoai_training.disc.classification.networks import DiscGrader
from orthoai_training.disc.classification.recipe import (
    COMPACT,
    PAPER_EPOCHS,
    PAPER_PIXELS,
    GraderRecipe,
    paper_recipe,
)
from orthoai_training.disc.classification.samples import (
    Center,
    GradedSample,
    picture_samples,
    reviewed_samples,
    volume_samples,
    whole_picture_samples,
)
from orthoai_training.disc.classification.scores import best_threshold
from orthoai_training.disc.classification.trainer import GraderRun, TrainedGrader, predicted, train_grader
from orthoai_training.disc.data.lessons import Lessons, taught
from orthoai_training.disc.data.patients import PatientsRequest
from orthoai_training.disc.data.pictures import PictureCase, read_pictures
from orthoai_training.disc.data.sources import check_sources
from orthoai_training.disc.data.volumes import read_volumes
from orthoai_training.disc.run_record import RunRecord, claim_patients, holds_run
from orthoai_training.disc.start import GOING_ON, check_start, disc_model, first_weights
from orthoai_training.text_files import write_json
from orthoai_training.train.weighting import Weighting, search_accuracy

ROLE, ARCHITECTURE = "classifier", "compact_cnn"
"""Of the compact networks, in a model's card."""

LEAST_HERNIATED = 4
"""Held-out discs that must be herniated before another threshold takes the place of a model's own: SPIDER's validation
patients have as many, a few reviewed cases one or none."""


@dataclass(frozen=True)
class GraderRequest(PatientsRequest):
    """What to train.

    Attributes:
        data: folder with the SPIDER sets; None for reviewed cases alone.
        out: gets one folder per member, with weights.safetensors, metrics.json and classifier.onnx, and ensemble.json
            and run.json.
        architectures: "compact" or names of the paper's backbones.
        members: networks per architecture, which differ in their seed.
        fine_tuning, roi: False for the ablations of the paper's Table 1: the head alone; whole pictures, not discs.
        fold: round of the cross-validation; None is the fixed split.
        segmenter: an exported segmenter that finds the discs of pictures without boxes; None leaves those out.
        recipe: of the compact network; the others follow the paper.
        pixels: side of the input of the paper's networks; None is the paper's.
        epochs: of every network, the head's included; None is its recipe's.
        start: name or folder of a model whose compact classifiers are trained on; None starts from nothing.
        reviewed: folder of reviewed cases; None for none.

    Raises:
        InputError: a ``start`` for networks that become no model, nothing to learn from, or what SPIDER alone has.
    """

    data: Path | None
    out: Path
    architectures: tuple[str, ...] = ("compact",)
    members: int = 1
    fine_tuning: bool = True
    roi: bool = True
    pretrained: bool = True
    fold: int | None = None
    segmenter: Path | None = None
    recipe: GraderRecipe = COMPACT
    pixels: int | None = None
    epochs: int | None = None
    device: str = "auto"
    seed: int = 0
    start: str | None = None
    reviewed: Path | None = None

    def __post_init__(self) -> None:
        check_start(self.start, self.makes_model)
        check_sources(self.data, self.reviewed, self.fold, self.segmenter)
        if self.reviewed is not None and not self.roi:
            raise InputError("Reviewed cases teach single discs: leave them out of --data, or leave out --no-roi.")

    @property
    def makes_model(self) -> bool:
        """Whether a run can take the networks: they grade discs, not whole pictures."""
        return self.roi and self.fold is None

    @cached_property
    def lessons(self) -> Lessons[list[GradedSample]]:
        """The discs of the reviewed cases."""
        parts = self.reviewed_cases
        return Lessons(taught(parts.train, reviewed_samples), taught(parts.validation, reviewed_samples))

    @property
    def networks(self) -> dict[str, tuple[str, int]]:
        """Architecture and member of each network, by its name, which is also its folder's."""
        return {
            architecture if self.members == 1 else f"{architecture}-{member}": (architecture, member)
            for architecture in self.architectures
            for member in range(self.members)
        }

    def recipe_of(self, architecture: str) -> GraderRecipe:
        """The recipe of one network."""
        if architecture == "compact":
            return replace(self.recipe, epochs=self.epochs or self.recipe.epochs)
        pixels, epochs = self.pixels or PAPER_PIXELS, self.epochs or PAPER_EPOCHS
        return paper_recipe(architecture, self.fine_tuning, self.pretrained, pixels, epochs)


@dataclass(frozen=True)
class TrainedGraders:
    """Every member by its name, their weights in the ensemble, and the herniation probability from which it suspects a
    disc: that of the model gone on from where too few held-out discs tell; None where none is held out.
    """

    networks: dict[str, TrainedGrader]
    weights: tuple[float, ...]
    herniation_threshold: float | None


def graded_discs(request: GraderRequest, patients: Iterable[int], with_volumes: bool = False) -> list[GradedSample]:
    """The graded discs of SPIDER's ``patients``; with ``roi`` off, their whole pictures."""
    if request.data is None:
        return []
    chosen = frozenset(patients)
    cases = list(read_pictures(request.data, chosen))
    if not request.roi:
        return list(whole_picture_samples(cases))
    found = list(picture_samples(cases, _places(request.segmenter, cases)))
    return found + list(volume_samples(read_volumes(request.data, chosen))) if with_volumes else found


def train_graders(request: GraderRequest, progress: Progress | None = None) -> TrainedGraders:
    """Train every member, one after the other, and search the weights of the ensemble on validation discs.

    Raises:
        InputError: no such data, an unknown network, an earlier run in ``out``, no such model to start from.
        Canceled: asked for through ``progress``.
    """
    if holds_run(request.out, request.networks):
        raise InputError(
            f"{request.out} already holds a training run, and classifiers train in one go: choose another --out."
        )
    split = request.split
    train = graded_discs(request, split.part("train"), with_volumes=True)
    train += chain.from_iterable(request.lessons.train)
    held_out = graded_discs(request, split.part("validation"))
    held_out += chain.from_iterable(request.lessons.validation)
    if request.data is None and not train:
        raise InputError(
            f"No reviewed case of {request.reviewed} that trains has a disc with its box: add such cases, or the "
            "folder with the SPIDER sets to --data."
        )
    firsts: list[Path | None] = [None] * request.members
    model = None if request.start is None else disc_model(request.start)
    if model is not None:
        firsts = first_weights(model, ROLE, ARCHITECTURE, request.members)
    all_go_on = None not in firsts and set(request.architectures) == {"compact"}
    if request.data is None and not all_go_on:
        raise InputError(
            "Reviewed cases alone tell too few Pfirrmann grades: add the folder with the SPIDER sets to --data, or go "
            "on from a model with compact classifiers with --start."
        )
    patients = () if request.data is None else split.part("train")
    claim_patients(request.out, "classifier", request.fold, patients, request.reviewed_cases.names)
    trained = {}
    for name, (architecture, member) in request.networks.items():
        recipe, first = request.recipe_of(architecture), firsts[member] if architecture == "compact" else None
        run = GraderRun(
            train,
            held_out,
            recipe if first is None else replace(recipe, learning_rate=GOING_ON * recipe.learning_rate),
            request.out / name,
            device=request.device,
            seed=request.seed + member,
            first=first,
        )
        trained[name] = train_grader(run, progress)
        export_grader(trained[name].network, run.out_dir / NETWORK_FILE)
    networks = [one.network for one in trained.values()]
    weights: tuple[float, ...] = (1 / len(trained),) * len(trained)
    threshold = suspect_of(model) if model is not None and all_go_on else None
    if held_out:
        batch = plain_batch(held_out)
        shares, herniated = herniation_shares(networks, batch), batch.herniated.numpy().astype(bool)
        weighting = search_accuracy(np.stack([1 - shares, shares], axis=-1), herniated.astype(np.int64))
        weights = tuple(weighting.weights.tolist())
        if threshold is None or (herniated.sum() >= LEAST_HERNIATED and not herniated.all()):
            threshold = best_threshold(herniated, weighting.weights @ shares)
        if len(trained) > 1:
            write_json(request.out / "ensemble.json", _described(trained, weighting))
    RunRecord("classifier", tuple(trained), request.fold, request.roi).write(request.out)
    return TrainedGraders(trained, weights, threshold)


def herniation_shares(networks: Iterable[DiscGrader], batch: GradedBatch) -> NDArray[np.float32]:
    """The probability that each of ``networks`` gives to a herniation in each disc (M, B)."""
    return np.stack([torch.sigmoid(predicted(network, batch)[:, HERNIATION]).numpy() for network in networks])


def _described(names: Iterable[str], weighting: Weighting) -> dict[str, Any]:
    """The weights with the most right answers to "herniated or not", as in the paper."""
    return {
        "members": list(names),
        "weights": weighting.weights.tolist(),
        "herniation_accuracy": weighting.score,
        "member_accuracies": weighting.member_scores.tolist(),
    }


def _places(segmenter: Path | None, cases: list[PictureCase]) -> Mapping[int, Mapping[int, Center]]:
    """Where the discs of pictures without boxes are."""
    if segmenter is None:
        return {}
    network = SliceSegmenter([Member(OnnxNetwork(segmenter), 1.0)])
    return located(network, [case for case in cases if not case.is_boxed])
