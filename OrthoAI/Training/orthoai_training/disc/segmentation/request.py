"""From the SPIDER sets and reviewed cases to trained segmenters, their files and the weights of their ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.models.onnx_network import OnnxNetwork
from orthoai.progress import Progress
from orthoai.tasks.disc.segment import SliceSegmenter
from orthoai.tasks.disc.session import Member

from orthoai_training.disc.data.lessons import Lessons, taught
from orthoai_training.disc.data.patients import PatientsRequest
from orthoai_training.disc.data.pictures import read_pictures
from orthoai_training.disc.data.sources import check_sources
from orthoai_training.disc.data.split import Part
from orthoai_training.disc.data.volumes import read_volumes
from orthoai_training.disc.ensemble import ensemble_teacher, members_of
from orthoai_training.disc.run_record import RunRecord, claim_patients, holds_run
from orthoai_training.disc.segmentation.export import NETWORK_FILE, export_segmenter
from orthoai_training.disc.segmentation.pseudo import pseudo_labeled
from orthoai_training.disc.segmentation.recipe import COMPACT, PAPER_EPOCHS, PAPER_PIXELS, SliceRecipe, paper_recipe
from orthoai_training.disc.segmentation.reviewed import reviewed_slices, tells_background, validating_slices
from orthoai_training.disc.segmentation.saved import SavedSegmenter
from orthoai_training.disc.segmentation.slices import LabeledSlices
from orthoai_training.disc.segmentation.trainer import SegmenterRun, TrainedSegmenter, train_slices
from orthoai_training.disc.start import GOING_ON, check_start, disc_model, first_weights
from orthoai_training.earlier_run import claim_start, earlier_run
from orthoai_training.learning.precision import choose_precision
from orthoai_training.text_files import write_json
from orthoai_training.train.blend import blend_files, check_blend
from orthoai_training.train.weighting import STEPS, Weighting, search_dice

ROLE, ARCHITECTURE = "segmenter", "compact_unet"
"""Of the compact network, in a model's card."""

PICTURE_REPEATS = 2
"""How often a self-labeled picture stands in the list of training slices, against once for a slice of a volume."""

SEARCH_PIXELS = 40_000
"""Validation pixels on which ensemble weights are searched, drawn so that half show a structure."""


@dataclass(frozen=True)
class SegmenterRequest(PatientsRequest):
    """What to train.

    Attributes:
        data: folder with the SPIDER sets; None for reviewed cases alone.
        out: gets run.json and one folder per network, with weights.safetensors, metrics.json and, but for
            PSPNet, segmenter.onnx.
        architectures: "compact" or names of the paper's grid; of several, ensemble.json gets the best weights.
        loss: "dice_focal", or "cross_entropy" for the ablation.
        fold: round of the cross-validation; None is the fixed split.
        first: an exported segmenter that labels the training patients' pictures (self-training); None leaves them out.
        recipe: of the compact network; the others follow the paper.
        pixels: side of a crop for the paper's networks, a multiple of 32; None is the paper's.
        epochs: of every network; None is its recipe's.
        teacher: run of several segmenters, whose ensemble teaches by a recipe with ``distill``.
        start: name or folder of a model whose segmenter is trained on; None starts from nothing.
        blend: with ``start``, share of the trained weights in the exported network, the rest are ``start``'s (see
            :mod:`orthoai_training.train.blend`).
        reviewed: folder of reviewed cases; None for none.

    Raises:
        InputError: a ``start`` for networks that become no model, a ``blend`` without one, nothing to learn from, or
            what SPIDER alone has.
    """

    data: Path | None
    out: Path
    architectures: tuple[str, ...] = ("compact",)
    loss: str = "dice_focal"
    pretrained: bool = True
    fold: int | None = None
    first: Path | None = None
    recipe: SliceRecipe = COMPACT
    pixels: int | None = None
    epochs: int | None = None
    teacher: Path | None = None
    device: str = "auto"
    seed: int = 0
    minutes: float | None = None
    resume: bool = False
    start: str | None = None
    blend: float = 1.0
    reviewed: Path | None = None

    def __post_init__(self) -> None:
        check_start(self.start, self.makes_model)
        check_blend(self.blend, self.start)
        check_sources(self.data, self.reviewed, self.fold, self.first)

    @property
    def makes_model(self) -> bool:
        """Whether a run can take the network: it works on slices as they are, between their neighbors."""
        return self.architectures == ("compact",) and self.fold is None

    @cached_property
    def lessons(self) -> Lessons[LabeledSlices]:
        """What the reviewed cases teach."""
        parts = self.reviewed_cases
        return Lessons(taught(parts.train, reviewed_slices), taught(parts.validation, validating_slices))

    def recipe_of(self, architecture: str) -> SliceRecipe:
        """The recipe of one network."""
        if architecture == "compact":
            return replace(self.recipe, loss=self.loss, epochs=self.epochs or self.recipe.epochs)
        pixels, epochs = self.pixels or PAPER_PIXELS, self.epochs or PAPER_EPOCHS
        return paper_recipe(architecture, self.loss, self.pretrained, pixels, epochs)


def train_segmenters(request: SegmenterRequest, progress: Progress | None = None) -> dict[str, TrainedSegmenter]:
    """Train every network of ``request``, one after the other, and search the ensemble's weights.

    Raises:
        InputError: no such data, an unknown network, a checkpoint of another recipe, an earlier run in ``out`` without
            resume or of other patients, or no such model to start from.
        Canceled: asked for through ``progress``.
    """
    if not request.resume and holds_run(request.out, request.architectures):
        raise earlier_run(request.out)
    split = request.split
    train = [*_spider_slices(request, "train"), *request.lessons.train]
    held_out = [*_spider_slices(request, "validation"), *request.lessons.validation]
    if request.data is None and not any(tells_background(case) for case in train):
        raise InputError(
            f"No reviewed case of {request.reviewed} that trains marks vertebrae, discs and canal, so none tells what "
            "is background: add such cases, or the folder with the SPIDER sets to --data."
        )
    if request.first is not None and request.data is not None:
        labeler = SliceSegmenter([Member(OnnxNetwork(request.first), 1.0)])
        pictures = pseudo_labeled(labeler, read_pictures(request.data, split.part("train")))
        train += pictures * PICTURE_REPEATS
    teacher = None
    if request.teacher is not None:
        teacher = ensemble_teacher(members_of(request.teacher), choose_precision(request.device).device)
    patients = () if request.data is None else split.part("train")
    claim_patients(request.out, "segmenter", request.fold, patients, request.reviewed_cases.names)
    first = None
    if request.start is not None:
        (first,) = first_weights(disc_model(request.start), ROLE, ARCHITECTURE)
    trained = {}
    for architecture in request.architectures:
        claim_start(request.out / architecture, first)
        recipe = request.recipe_of(architecture)
        run = SegmenterRun(
            train,
            held_out,
            recipe if first is None else replace(recipe, learning_rate=GOING_ON * recipe.learning_rate),
            request.out / architecture,
            device=request.device,
            seed=request.seed,
            minutes=request.minutes,
            resume=request.resume,
            teacher=teacher,
            first=first,
        )
        trained[architecture] = train_slices(run, progress)
        if trained[architecture].exportable:
            file = export_segmenter(architecture, trained[architecture].weights, run.out_dir / NETWORK_FILE)
            if first is not None and request.blend < 1:
                blend_files(first, file, request.blend, file)
    if len(trained) > 1:
        folders = [one.weights.parent for one in trained.values()]
        weighting = ensemble_weights(folders, held_out, request.device, request.seed)
        write_json(request.out / "ensemble.json", _described(tuple(trained), weighting))
    else:
        # Of more networks, before the run went on with one.
        (request.out / "ensemble.json").unlink(missing_ok=True)
    RunRecord("segmenter", tuple(trained), request.fold).write(request.out)
    return trained


def _spider_slices(request: SegmenterRequest, part: Part) -> list[LabeledSlices]:
    """Of the volumes of ``part``."""
    if request.data is None:
        return []
    return [LabeledSlices.of(case) for case in read_volumes(request.data, request.split.part(part))]


def ensemble_weights(
    folders: Sequence[Path], held_out: list[LabeledSlices], device: str = "auto", seed: int = 0, steps: int = STEPS
) -> Weighting:
    """The best weights of the networks in ``folders`` on a sample of the pixels of ``held_out``."""
    precision = choose_precision(device)
    picks = [_sample(case, SEARCH_PIXELS // len(held_out), seed) for case in held_out]
    truth = np.concatenate([case.labels.ravel()[pick] for case, pick in zip(held_out, picks, strict=True)])
    shares = []
    for folder in folders:
        network = SavedSegmenter.load(folder, precision.device)
        parts = []
        for case, pick in zip(held_out, picks, strict=True):
            found = network.probabilities(case.image, precision)
            parts.append(np.moveaxis(found, 1, -1).reshape(-1, found.shape[1])[pick])
        shares.append(np.concatenate(parts))
    return search_dice(np.stack(shares), truth.astype(np.int64), steps)


def _sample(case: LabeledSlices, count: int, seed: int) -> NDArray[np.int64]:
    """Flat indices of pixels, half of them on a structure."""
    random = np.random.default_rng(seed)
    labels = case.labels.ravel()
    halves = (np.flatnonzero(labels > 0), np.flatnonzero(labels == 0))
    return np.concatenate([random.choice(half, min(len(half), count // 2), replace=False) for half in halves])


def _described(names: tuple[str, ...], weighting: Weighting) -> dict:
    return {key: value if isinstance(value, float) else value.tolist() for key, value in asdict(weighting).items()} | {
        "members": names
    }
