"""The whole training of Segment Femur: cases, split, detector, segmenter, model folder.

OUT/cases/               simulated cases (not with own data)
OUT/split.json           which cases train, validate and test
OUT/crops/, OUT/volumes/ training crops per femur; whole volumes for the single-stage network
OUT/<part>/              one folder per network: checkpoint, metrics.json, TensorBoard events
OUT/model/<name>/        what ``orthoai run`` can use
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orthoai.errors import InputError
from orthoai.progress import Progress

from orthoai_training.dataset import CaseFolder, Split, find_cases, split_cases
from orthoai_training.detector.recipe import DetectorRecipe
from orthoai_training.segmenter.crops import cut_crops
from orthoai_training.segmenter.trainer import train_segmenter
from orthoai_training.train.credits import case_sources, credits_for
from orthoai_training.train.model_folder import ModelParts, Part, write_model_folder
from orthoai_training.train.recipes import Recipe, SegmenterRecipe, get_recipe
from orthoai_training.train.start import Start, lineage_entries

if TYPE_CHECKING:
    from orthoai_training.synth.limbs import LimbRecipe

DETECTOR = "detector"

SEGMENTERS = {
    "segmenter": ("femur_two_stage", "Femur segmentation in CT in two stages: YOLOv8 on projections, then SegResNet."),
    "single-stage": ("femur_single_stage", "SegResNet on the whole CT without stage 1, for comparison."),
    "transunet": ("femur_transunet", "YOLOv8 on projections, then a 3D TransUNet, for comparison."),
}
"""Networks that segment: the name and the description of the model each becomes."""

DETECTOR_SHARE = 0.3
"""Of the minutes, when detector and segmenter are trained in one go."""

FINE_SHARE = 0.5
"""Fine scans for the segmenter per coarse scan for the detector; each gives many patches."""

ONE_SIDED = 0.25
"""Chance that a training scan shows one leg: more than people have, as an empty socket looks much like a full one."""

DetectorTrainer = Callable[..., Part]


@dataclass(frozen=True)
class TrainRequest:
    """What to train, on what, and for how long.

    Attributes:
        out: folder of the run.
        recipe: "paper" or "compact".
        only: "detector", "segmenter", "single-stage" or "transunet"; None for detector and segmenter.
        data: folder of own cases; None to simulate.
        simulate: how many cases to simulate.
        shapes, textures: folders for the simulation.
        minutes: for all trainings of this request; None trains all epochs.
        resume: go on with what ``out`` holds.
        start: name or folder of a model whose networks are trained on; the new model takes over the one that is not
            trained. None starts from nothing.
    """

    out: Path
    recipe: str = "compact"
    only: str | None = None
    data: Path | None = None
    simulate: int | None = None
    shapes: tuple[Path, ...] = ()
    textures: tuple[Path, ...] = ()
    minutes: float | None = None
    resume: bool = False
    device: str = "auto"
    seed: int = 0
    start: str | None = None

    def __post_init__(self) -> None:
        if (self.data is None) == (self.simulate is None):
            raise InputError("Give either --data with a folder of cases or --simulate with a number of them.")
        if self.simulate is not None and self.simulate < 1:
            raise InputError("At least one case must be simulated: give --simulate a number above 0.")
        if self.minutes is not None and self.minutes <= 0:
            raise InputError("The time must be more than 0: give --minutes a positive number.")
        if self.only is not None and self.only not in (DETECTOR, *SEGMENTERS):
            raise InputError(f"There is no network named {self.only!r}: choose {', '.join((DETECTOR, *SEGMENTERS))}.")

    @property
    def parts(self) -> tuple[str, ...]:
        """The networks to train, in order."""
        return (DETECTOR, "segmenter") if self.only is None else (self.only,)

    @property
    def needs_cases(self) -> bool:
        """False where all training data are crops that are simulated one by one."""
        return self.data is not None or self.only not in ("segmenter", "transunet")

    def minutes_for(self, part: str) -> float | None:
        """The time for one network."""
        if self.minutes is None or self.only is not None:
            return self.minutes
        return self.minutes * (DETECTOR_SHARE if part == DETECTOR else 1 - DETECTOR_SHARE)


def train_femur(
    request: TrainRequest, progress: Progress | None = None, train_detector: DetectorTrainer | None = None
) -> list[Path]:
    """Do all of ``request``; returns the model folders that are complete now.

    A segmenter without a detector in ``out`` yet is trained and kept, and becomes a model once a detector is there.

    Args:
        train_detector: stands in for :func:`detector_part`, for tests.

    Raises:
        InputError: no cases, an earlier run in ``out`` without resume, no such device, ultralytics missing.
        Canceled: asked for by ``progress``; what is there can be resumed.
    """
    progress = progress or Progress()
    recipe = get_recipe(request.recipe)
    _refuse_earlier_run(request)
    request.out.mkdir(parents=True, exist_ok=True)
    cases = _cases(request, progress) if request.needs_cases else []
    split = _split(request, recipe, cases)
    train_detector = train_detector or detector_part
    start = Start.of(request.start) if request.start else None
    for part in request.parts:
        if part == DETECTOR:
            made = train_detector(request, recipe.detector, cases, split, progress, start)
        else:
            made = _segmenter_part(request, part, recipe, cases, split, start, progress)
        _keep(request.out / part, made, _first(recipe, part, start) if start else None)
    # A detector completes the models of whatever was trained before it.
    folders = [_assemble(request, part, recipe, cases, split, start) for part in SEGMENTERS]
    return [folder for folder in folders if folder is not None]


# Cases


def _cases(request: TrainRequest, progress: Progress) -> list[CaseFolder]:
    if request.data is not None:
        return find_cases(request.data)
    # Imported here: own data needs no simulator.
    from orthoai_training.train.simulate import PROJECTED_SPACING, simulate_cases

    assert request.simulate is not None
    limbs = replace(_limbs(request), spacing=PROJECTED_SPACING)
    simulate_cases(request.out / "cases", request.simulate, request.seed, limbs, progress=progress)
    return find_cases(request.out / "cases")


def _limbs(request: TrainRequest) -> LimbRecipe:
    from orthoai_training.synth.limbs import LimbRecipe

    return LimbRecipe(shapes=request.shapes, textures=request.textures, one_sided=ONE_SIDED)


def _split(request: TrainRequest, recipe: Recipe, cases: Sequence[CaseFolder]) -> Split:
    """The split of an earlier run in the same folder, so that no test case is ever trained on; else a new one."""
    file = request.out / "split.json"
    if file.exists():
        return Split.load(file)
    split = split_cases(cases, request.seed, recipe.validation_share, recipe.test_share)
    split.save(file)
    return split


def _subset(cases: Sequence[CaseFolder], names: Sequence[str]) -> list[CaseFolder]:
    return [case for case in cases if case.name in names]


# Networks


def detector_part(
    request: TrainRequest,
    recipe: DetectorRecipe,
    cases: Sequence[CaseFolder],
    split: Split,
    progress: Progress,
    start: Start | None,
) -> Part:
    """Draw the pictures, train YOLOv8 on them, export it as ONNX."""
    # Imported here: only this needs ultralytics.
    from orthoai_training.detector import ultralytics_engine
    from orthoai_training.detector.yolo_dataset import write_yolo_dataset

    out = request.out / DETECTOR
    pictures = write_yolo_dataset(
        out / "pictures",
        _subset(cases, split.train),
        _subset(cases, split.validation),
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
        backbone=start.detector.file if start and start.detector else None,
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
    start: Start | None,
    progress: Progress,
) -> Part:
    chosen = _segmenter_recipe(recipe, part)
    crops = request.out / ("volumes" if chosen.whole_volume else "crops")
    if request.simulate is not None and not chosen.whole_volume:
        _simulate_crops(request, recipe, chosen, crops, progress)
    else:
        cut_crops(_subset(cases, split.train + split.validation), split, chosen, crops, request.seed, progress)
    trained = train_segmenter(
        crops,
        chosen,
        request.out / part,
        device=request.device,
        seed=request.seed,
        minutes=request.minutes_for(part),
        progress=progress,
        resume=request.resume,
        start=start.weights_for(chosen) if start else None,
    )
    said = ("best_dice", "best_step", "steps", "training_s", "device", "precision", "train_crops", "validation_crops")
    return Part(trained.weights, chosen, {key: trained.metrics[key] for key in said})


def _simulate_crops(
    request: TrainRequest, recipe: Recipe, chosen: SegmenterRecipe, crops: Path, progress: Progress
) -> None:
    """Scans for the segmenter; beside coarse ones for the detector, half as many. Their seeds follow those."""
    from orthoai_training.train.simulate import simulate_crops

    assert request.simulate is not None
    count = max(2, round(request.simulate * FINE_SHARE)) if request.needs_cases else request.simulate
    validation = max(1, round(count * recipe.validation_share))
    simulate_crops(crops, count, validation, request.seed + 1, _limbs(request), chosen, progress)


def _segmenter_recipe(recipe: Recipe, part: str) -> SegmenterRecipe:
    return {"segmenter": recipe.segmenter, "single-stage": recipe.single_stage, "transunet": recipe.transunet}[part]


# Between two calls of the command

PART_FILE = "part.json"
"""What the model card says of a finished network."""


def _keep(folder: Path, part: Part, first: Mapping[str, Any] | None) -> None:
    content = {"file": part.file.name, "metrics": dict(part.metrics), **({"first": first} if first else {})}
    (folder / PART_FILE).write_text(json.dumps(content, indent=1))


def _first(recipe: Recipe, part: str, start: Start) -> dict[str, Any] | None:
    """What ``part`` began from, and whom that model names; a later call may start another part elsewhere."""
    if part == DETECTOR:
        role, begun = DETECTOR, start.detector is not None
    else:
        role, begun = "segmenter", start.weights_for(_segmenter_recipe(recipe, part)) is not None
    return {"lineage": start.lineage(role), "attribution": list(start.model.metadata.attribution)} if begun else None


def _kept(folder: Path, recipe: DetectorRecipe | SegmenterRecipe) -> Part | None:
    content = _content(folder)
    return Part(folder / content["file"], recipe, content["metrics"]) if content else None


def _content(folder: Path) -> dict[str, Any]:
    """Of the part's file; empty where it is not trained yet."""
    file = folder / PART_FILE
    return json.loads(file.read_text()) if file.exists() else {}


def _refuse_earlier_run(request: TrainRequest) -> None:
    """An hour of training is never overwritten by a forgotten word."""
    if request.resume:
        return
    for part in request.parts:
        folder = request.out / part
        if folder.is_dir() and any(folder.iterdir()):
            raise InputError(f"{request.out} already holds a {part}: add --resume, or choose another --out.")


def _assemble(
    request: TrainRequest,
    part: str,
    recipe: Recipe,
    cases: Sequence[CaseFolder],
    split: Split,
    start: Start | None,
) -> Path | None:
    """The model folder of ``part``; None while a network of it is missing."""
    two_stages = part != "single-stage"
    kept = {
        "segmenter": _kept(request.out / part, _segmenter_recipe(recipe, part)),
        DETECTOR: _kept(request.out / DETECTOR, recipe.detector) if two_stages else None,
    }
    firsts = {
        role: _content(request.out / folder).get("first") if kept[role] else None
        for role, folder in (("segmenter", part), (DETECTOR, DETECTOR))
    }
    lineages = {role: first["lineage"] if first else None for role, first in firsts.items()}
    named = [maker for first in firsts.values() if first for maker in first["attribution"]]
    if start is not None and two_stages and any(kept.values()):
        lent = {
            "segmenter": start.segmenter(_segmenter_recipe(recipe, part).architecture),
            DETECTOR: start.detector,
        }
        for role in [role for role in lent if kept[role] is None and lent[role] is not None]:
            kept[role], lineages[role] = lent[role], start.lineage(role)
            named += start.model.metadata.attribution
    segmenter, detector = kept["segmenter"], kept[DETECTOR]
    if segmenter is None or (detector is None and two_stages):
        return None
    name, description = SEGMENTERS[part]
    used = _subset(cases, split.train)
    sources = [*map(str, (*request.shapes, *request.textures)), *case_sources(used)]
    data = _data(request, used, split) | lineage_entries(lineages["segmenter"], lineages[DETECTOR])
    makers = tuple(dict.fromkeys((*named, *credits_for(sources))))
    parts = ModelParts(name, description, segmenter, detector, recipe.name, data, makers)
    folder = request.out / "model" / name
    write_model_folder(parts, folder)
    return folder


def _data(request: TrainRequest, used: Sequence[CaseFolder], split: Split) -> dict[str, Any]:
    """What the model card says of the data. Without coarse cases all of it was simulated scan by scan."""
    if not used:
        return {"simulated_scans": request.simulate, "seed": request.seed}
    return {
        "train_cases": len(split.train),
        "validation_cases": len(split.validation),
        "test_cases_held_out": len(split.test),
        "simulated_train_cases": sum("seed" in case.meta for case in used),
        "seed": request.seed,
    }
