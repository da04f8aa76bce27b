"""The whole training of Segment Femur: cases, split, detector, segmenter, model folder.

OUT/request.json         on what it is trained, so that no later call mixes in other cases
OUT/cases/               simulated cases (not with own data)
OUT/split.json           which cases train, validate and test
OUT/crops/, OUT/volumes/ training crops per femur; whole volumes for the single-stage network
OUT/<part>/              one folder per network: checkpoint, metrics.json, TensorBoard events
OUT/model/<name>/        what ``orthoai run`` can use
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from orthoai.output import made_folder
from orthoai.progress import Progress

from orthoai_training.dataset import CaseFolder, Split, cases_named, find_cases
from orthoai_training.earlier_run import claim_cases, claim_run, claim_start, is_filled, refuse_earlier_run
from orthoai_training.femur.assemble import assemble, keep, model_folder
from orthoai_training.femur.detector.recipe import DetectorRecipe
from orthoai_training.femur.part import Part, blended, role_of
from orthoai_training.femur.recipes import Recipe, SegmenterRecipe, get_recipe
from orthoai_training.femur.request import DETECTOR, SEGMENTERS, TrainRequest, segmenter_recipe
from orthoai_training.femur.segmenter.crops import cut_crops
from orthoai_training.femur.segmenter.trainer import train_segmenter
from orthoai_training.femur.start import FemurStart
from orthoai_training.kept_split import kept_split
from orthoai_training.learned import learned_from, note_learned
from orthoai_training.train.model_folder import require_model_place

if TYPE_CHECKING:
    from orthoai_training.synth.limbs import LimbRecipe

FINE_SHARE = 0.5
"""Fine scans for the segmenter per coarse scan for the detector; each gives many patches."""

ONE_SIDED = 0.25
"""Chance that a training scan shows one leg: more than people have, as an empty socket looks much like a full one."""

DetectorTrainer = Callable[..., Part]


def train_femur(
    request: TrainRequest, progress: Progress | None = None, train_detector: DetectorTrainer | None = None
) -> list[Path]:
    """Do all of ``request``; returns the model folders that are complete now.

    A segmenter without a detector in ``out`` yet is trained and kept, and becomes a model once a detector is there.

    Args:
        train_detector: stands in for :func:`detector_part`, for tests.

    Raises:
        InputError: no cases, an earlier run in ``out`` without resume or on other cases, no such device, ultralytics
            missing.
        Canceled: asked for by ``progress``; what is there can be resumed.
    """
    progress = progress or Progress()
    recipe = get_recipe(request.recipe)
    for part in request.parts:
        refuse_earlier_run(request.out / part, request.resume)
    for part in SEGMENTERS:
        require_model_place(model_folder(request.out, part))
    # Before the cases: simulating them may take an hour.
    start = _start(request, recipe)
    made_folder(request.out)
    cases = _cases(request, progress)
    split = _split(request, recipe, cases)
    train_detector = train_detector or detector_part
    for part in request.parts:
        chosen = _recipe_of(recipe, part)
        first = start.weights_for(chosen) if start else None
        goes_on = is_filled(request.out / part)
        claim_start(request.out / part, first)
        own = learned_from(cases_named(cases, split.train), cases_named(cases, split.validation))
        before = [start.model.network(role_of(chosen)).learned_from] if start and first else []
        note_learned(request.out / part, role_of(chosen), [own, *before], goes_on)
        if part == DETECTOR:
            made = train_detector(request, recipe.detector, cases, split, progress, first)
        else:
            made = _segmenter_part(request, part, recipe, cases, split, progress, first)
        if first is not None and request.blend < 1:
            made = blended(first, made, request.blend, request.out / part)
        keep(request.out / part, made, recipe.name, start if first else None)
    # A detector completes the models of whatever was trained before it.
    used = cases_named(cases, split.train)
    folders = [assemble(request, part, recipe, used, split, start) for part in SEGMENTERS]
    return [folder for folder in folders if folder is not None]


def _recipe_of(recipe: Recipe, part: str) -> DetectorRecipe | SegmenterRecipe:
    return recipe.detector if part == DETECTOR else segmenter_recipe(recipe, part)


def _start(request: TrainRequest, recipe: Recipe) -> FemurStart | None:
    """The model to start from, which has what each network goes on from or takes over (InputError)."""
    if request.start is None:
        return None
    start = FemurStart.of(request.start)
    chosen = [_recipe_of(recipe, part) for part in request.parts]
    for each in chosen:
        start.weights_for(each)
    if request.only != "single-stage":
        start.require_lendable({"detector", "segmenter"} - {role_of(each) for each in chosen})
    return start


# Cases


def _cases(request: TrainRequest, progress: Progress) -> list[CaseFolder]:
    """Those to train on; none where all training data are crops that are simulated one by one.

    The folder is claimed after what may be mistyped is read, and before anything is made.
    """
    if request.data is not None:
        found = find_cases(request.data)
        claim_cases(request)
        return found
    # Imported here: own data needs no simulator.
    from orthoai_training.femur.simulate import PROJECTED_SPACING
    from orthoai_training.synth.cases import simulate_cases
    from orthoai_training.synth.limbs import require_sources

    assert request.simulate is not None
    limbs = replace(_limbs(request), spacing=PROJECTED_SPACING)
    require_sources(limbs)
    claim_cases(request)
    if not request.needs_cases:
        return []
    simulate_cases(request.out / "cases", request.simulate, request.seed, limbs, progress=progress)
    return find_cases(request.out / "cases")


def _limbs(request: TrainRequest) -> LimbRecipe:
    from orthoai_training.synth.limbs import LimbRecipe

    return LimbRecipe(shapes=request.shapes, textures=request.textures, one_sided=ONE_SIDED)


def _split(request: TrainRequest, recipe: Recipe, cases: Sequence[CaseFolder]) -> Split:
    """The split that the folder keeps; an empty one where there are no cases."""
    if not cases:
        return Split(request.seed, (), ())
    return kept_split(request.out, cases, request.seed, recipe.validation_share, recipe.test_share)


# Networks


def detector_part(
    request: TrainRequest,
    recipe: DetectorRecipe,
    cases: Sequence[CaseFolder],
    split: Split,
    progress: Progress,
    first: Path | None,
) -> Part:
    """Draw the pictures, train YOLOv8 on them from the detector ``first`` on, export it as ONNX.

    Raises:
        InputError: the detector to go on with was begun with another recipe or seed, or ultralytics is missing.
    """
    # Imported here: only this needs ultralytics.
    from orthoai_training.detector import ultralytics_engine
    from orthoai_training.femur.detector.dataset import write_yolo_dataset

    out = request.out / DETECTOR
    # Before the pictures of the earlier recipe are replaced. Runs from before this note have it where they ended.
    claim_run(out, {"recipe": asdict(recipe), "seed": request.seed}, "--recipe or --seed", ultralytics_engine.SUMMARY)
    pictures = write_yolo_dataset(
        out / "pictures",
        cases_named(cases, split.train),
        cases_named(cases, split.validation),
        recipe,
        seed=request.seed,
        progress=progress,
    )
    trained = ultralytics_engine.train(
        pictures.folder,
        recipe,
        out,
        device=request.device,
        seed=request.seed,
        resume=request.resume,
        backbone=first,
        minutes=request.minutes_for(DETECTOR),
        progress=progress,
    )
    file = ultralytics_engine.export_onnx(trained.weights, out / "detector.onnx", recipe.image_size)
    return Part(file, recipe, trained.metrics)


def _segmenter_part(
    request: TrainRequest,
    part: str,
    recipe: Recipe,
    cases: Sequence[CaseFolder],
    split: Split,
    progress: Progress,
    first: Path | None,
) -> Part:
    chosen = segmenter_recipe(recipe, part)
    crops = request.out / ("volumes" if chosen.whole_volume else "crops")
    if request.simulate is not None and not chosen.whole_volume:
        _simulate_crops(request, recipe, chosen, crops, progress)
    else:
        cut_crops(cases_named(cases, split.train + split.validation), split, chosen, crops, request.seed, progress)
    trained = train_segmenter(
        crops,
        chosen,
        request.out / part,
        device=request.device,
        seed=request.seed,
        minutes=request.minutes_for(part),
        progress=progress,
        resume=request.resume,
        start=first,
    )
    return Part(trained.weights, chosen, trained.facts("device", "precision", "train_crops", "validation_crops"))


def _simulate_crops(
    request: TrainRequest, recipe: Recipe, chosen: SegmenterRecipe, crops: Path, progress: Progress
) -> None:
    """Scans for the segmenter; beside coarse ones for the detector, half as many. Their seeds follow those."""
    from orthoai_training.femur.simulate import simulate_crops

    assert request.simulate is not None
    count = max(2, round(request.simulate * FINE_SHARE)) if request.needs_cases else request.simulate
    validation = max(1, round(count * recipe.validation_share))
    simulate_crops(crops, count, validation, request.seed + 1, _limbs(request), chosen, progress)
