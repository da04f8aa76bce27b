"""From the SPIDER sets and reviewed cases to trained segmenters, their files and the weights of their ensemble."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from orthoai.errors import InputError
from orthoai.models.learned import LearnedFrom
from orthoai.models.onnx_network import OnnxNetwork
from orthoai.progress import Progress
from orthoai.tasks.disc.segment import SliceSegmenter
from orthoai.tasks.disc.session import Member

from orthoai_training.disc.data.pictures import read_pictures
from orthoai_training.disc.data.split import Part
from orthoai_training.disc.data.volumes import read_volumes
from orthoai_training.disc.ensemble import ENSEMBLE_FILE, ensemble_teacher, members_of
from orthoai_training.disc.run_record import RunRecord, claim_patients, holds_run
from orthoai_training.disc.segmentation.ensemble_weights import described, ensemble_weights
from orthoai_training.disc.segmentation.export import NETWORK_FILE, export_segmenter
from orthoai_training.disc.segmentation.pseudo import pseudo_labeled
from orthoai_training.disc.segmentation.request import ARCHITECTURE, ROLE, SegmenterRequest
from orthoai_training.disc.segmentation.reviewed import tells_background
from orthoai_training.disc.segmentation.slices import LabeledSlices
from orthoai_training.disc.segmentation.trainer import SegmenterRun, TrainedSegmenter, train_slices
from orthoai_training.disc.start import GOING_ON, disc_model, first_weights
from orthoai_training.earlier_run import claim_start, earlier_run, is_filled
from orthoai_training.learned import learned_by, note_learned, noted
from orthoai_training.learning.precision import choose_precision
from orthoai_training.text_files import write_json
from orthoai_training.train.blend import blend_files

PICTURE_REPEATS = 2
"""How often a self-labeled picture stands in the list of training slices, against once for a slice of a volume."""


def train_segmenters(request: SegmenterRequest, progress: Progress | None = None) -> dict[str, TrainedSegmenter]:
    """Train every network of ``request``, one after the other, and search the ensemble's weights.

    Raises:
        InputError: no such data, an unknown network, a checkpoint of another recipe, an earlier run in ``out`` without
            resume or of other patients, or no such model to start from.
        Canceled: asked for through ``progress``.
    """
    if not request.resume and holds_run(request.out, request.architectures):
        raise earlier_run(request.out)
    train = _training_slices(request)
    held_out = [*_spider_slices(request, "validation"), *request.lessons.validation]
    teacher = None
    if request.teacher is not None:
        teacher = ensemble_teacher(members_of(request.teacher), choose_precision(request.device).device)
    claim_patients(request.out, "segmenter", request.fold, request.training_patients, request.reviewed_cases.names)
    first = None
    if request.start is not None:
        (first,) = first_weights(disc_model(request.start), ROLE, ARCHITECTURE)
    before = _learned_before(request, first)
    trained = {}
    for architecture in request.architectures:
        goes_on = is_filled(request.out / architecture)
        claim_start(request.out / architecture, first)
        note_learned(request.out / architecture, ROLE, [request.lessons.learned_from, *before], goes_on)
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
        write_json(request.out / ENSEMBLE_FILE, described(tuple(trained), weighting))
    else:
        # Of more networks, before the run went on with one.
        (request.out / ENSEMBLE_FILE).unlink(missing_ok=True)
    RunRecord("segmenter", tuple(trained), request.fold).write(request.out)
    return trained


def _learned_before(request: SegmenterRequest, first: Path | None) -> list[LearnedFrom | None]:
    """Of the networks whose weights, labels or answers are learned from, what those learned from."""
    files = [file for file in (first, request.first) if file is not None]
    teachers = [] if request.teacher is None else [member.folder for member in members_of(request.teacher)]
    return [*map(learned_by, files), *(noted(folder, ROLE) for folder in teachers)]


def _training_slices(request: SegmenterRequest) -> list[LabeledSlices]:
    """Those to train on, with the pictures that ``request.first`` labels."""
    slices = [*_spider_slices(request, "train"), *request.lessons.train]
    if request.data is None and not any(tells_background(case) for case in slices):
        raise InputError(
            f"No reviewed case of {request.reviewed} that trains marks vertebrae, discs and canal, so none tells what "
            "is background: add such cases, or the folder with the SPIDER sets to --data."
        )
    if request.first is not None and request.data is not None:
        labeler = SliceSegmenter([Member(OnnxNetwork(request.first), 1.0)])
        pictures = pseudo_labeled(labeler, read_pictures(request.data, request.split.part("train")))
        slices += pictures * PICTURE_REPEATS
    return slices


def _spider_slices(request: SegmenterRequest, part: Part) -> list[LabeledSlices]:
    """Of the volumes of ``part``."""
    if request.data is None:
        return []
    return [LabeledSlices.of(case) for case in read_volumes(request.data, request.split.part(part))]
