"""From the SPIDER sets and reviewed cases to trained classifiers, their files and the weights of their ensemble."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.progress import Progress
from orthoai.tasks.disc.classify import HERNIATION
from orthoai.tasks.disc.engines import suspect_of

from orthoai_training.disc.classification.batches import GradedBatch, plain_batch
from orthoai_training.disc.classification.export import NETWORK_FILE, export_grader
from orthoai_training.disc.classification.graded_discs import graded_discs
from orthoai_training.disc.classification.networks import DiscGrader
from orthoai_training.disc.classification.request import ARCHITECTURE, ROLE, GraderRequest
from orthoai_training.disc.classification.samples import GradedSample
from orthoai_training.disc.classification.scores import best_threshold
from orthoai_training.disc.classification.trainer import GraderRun, TrainedGrader, predicted, train_grader
from orthoai_training.disc.ensemble import ENSEMBLE_FILE
from orthoai_training.disc.run_record import RUN_FILE, RunRecord, claim_patients, holds_run
from orthoai_training.disc.start import GOING_ON, disc_model, first_weights
from orthoai_training.earlier_run import claim_run, claim_start, earlier_run, is_filled
from orthoai_training.identity import files_sha256
from orthoai_training.learned import learned_by, note_learned
from orthoai_training.text_files import write_json
from orthoai_training.train.weighting import Weighting, search_accuracy

LEAST_HERNIATED = 4
"""Held-out discs that must be herniated before another threshold takes the place of a model's own: SPIDER's validation
patients have as many, a few reviewed cases one or none."""


@dataclass(frozen=True)
class TrainedGraders:
    """Every member by its name, their weights in the ensemble, and the herniation probability from which it suspects a
    disc: that of the model gone on from where too few held-out discs tell; None where none is held out.
    """

    networks: dict[str, TrainedGrader]
    weights: tuple[float, ...]
    herniation_threshold: float | None


def train_graders(request: GraderRequest, progress: Progress | None = None) -> TrainedGraders:
    """Train every member, one after the other, and search the weights of the ensemble on validation discs.

    Raises:
        InputError: no such data, an unknown network, a checkpoint of another recipe, an earlier run in ``out`` without
            resume, of other patients or other members, or no such model to start from.
        Canceled: asked for through ``progress``.
    """
    if not request.resume and holds_run(request.out, request.networks):
        raise earlier_run(request.out)
    train = graded_discs(request, request.split.part("train"), with_volumes=True)
    train += chain.from_iterable(request.lessons.train)
    held_out = graded_discs(request, request.split.part("validation"))
    held_out += chain.from_iterable(request.lessons.validation)
    if request.data is None and not train:
        raise InputError(
            f"No reviewed case of {request.reviewed} that trains has a disc with its box: add such cases, or the "
            "folder with the SPIDER sets to --data."
        )
    model = None if request.start is None else disc_model(request.start)
    firsts: Sequence[Path | None] = [None] * request.members
    if model is not None:
        firsts = first_weights(model, ROLE, ARCHITECTURE, request.members)
    all_go_on = None not in firsts and set(request.architectures) == {"compact"}
    if request.data is None and not all_go_on:
        raise InputError(
            "Reviewed cases alone tell too few Pfirrmann grades: add the folder with the SPIDER sets to --data, or go "
            "on from a model with compact classifiers with --start."
        )
    claim_patients(request.out, "classifier", request.fold, request.training_patients, request.reviewed_cases.names)
    _claim_members(request)
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
            resume=request.resume,
        )
        files = [file for file in (first, request.segmenter) if file is not None]
        goes_on = is_filled(run.out_dir)
        claim_start(run.out_dir, first)
        note_learned(run.out_dir, ROLE, [request.lessons.learned_from, *map(learned_by, files)], goes_on)
        trained[name] = train_grader(run, progress)
        export_grader(trained[name].network, run.out_dir / NETWORK_FILE)
    told = suspect_of(model) if model is not None and all_go_on else None
    weighed = _weighed(request.out, trained, held_out, told)
    RunRecord("classifier", tuple(trained), request.fold, request.roi).write(request.out)
    return weighed


def _claim_members(request: GraderRequest) -> None:
    """Raise InputError where ``out`` was begun with other networks, or other crops of the discs."""
    labeler = None if request.segmenter is None else list(files_sha256([request.segmenter]).values())
    asked = {"networks": list(request.networks), "roi": request.roi, "first": labeler}
    claim_run(request.out, asked, "--networks, --members, --no-roi or --first", RUN_FILE)


def _weighed(
    out: Path, trained: Mapping[str, TrainedGrader], held_out: Sequence[GradedSample], threshold: float | None
) -> TrainedGraders:
    """The members with the weights that are best on ``held_out``, which ``out`` then tells; alike where that is empty.

    Args:
        threshold: of the model gone on from; None where there is none.
    """
    if not held_out:
        return TrainedGraders(dict(trained), (1 / len(trained),) * len(trained), threshold)
    batch = plain_batch(held_out)
    shares = herniation_shares([one.network for one in trained.values()], batch)
    herniated = batch.herniated.numpy().astype(bool)
    weighting = search_accuracy(np.stack([1 - shares, shares], axis=-1), herniated.astype(np.int64))
    if threshold is None or (herniated.sum() >= LEAST_HERNIATED and not herniated.all()):
        threshold = best_threshold(herniated, weighting.weights @ shares)
    if len(trained) > 1:
        write_json(out / ENSEMBLE_FILE, _described(trained, weighting))
    return TrainedGraders(dict(trained), tuple(weighting.weights.tolist()), threshold)


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
