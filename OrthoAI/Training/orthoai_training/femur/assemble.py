"""From trained networks to a model folder, also over several calls of the command.

Each finished network leaves OUT/<part>/part.json; a model is made of those, and of the model that the training started
from where a network was not trained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from orthoai_training.dataset import CaseFolder, Split
from orthoai_training.femur.detector.recipe import DetectorRecipe
from orthoai_training.femur.model_folder import ModelParts, write_model_folder
from orthoai_training.femur.part import Part
from orthoai_training.femur.recipes import Recipe, SegmenterRecipe
from orthoai_training.femur.request import DETECTOR, SEGMENTERS, TrainRequest, segmenter_recipe
from orthoai_training.femur.saved_recipe import saved_detector, saved_segmenter
from orthoai_training.femur.start import FemurStart, lineage_entries
from orthoai_training.learned import noted
from orthoai_training.text_files import read_json, write_json
from orthoai_training.train.credits import case_sources, credits_for

PART_FILE = "part.json"
"""What the model card says of a finished network."""

AND = " and "
"""Between the recipes of a model whose networks were trained by two."""


@dataclass(frozen=True)
class _Ready:
    """A network for a model: trained in this run, or lent by the model that it started from.

    Attributes:
        recipe: name of the recipe it was trained by; of a lent one, what the model says.
        lineage: of the model that it went on from or is taken from (:meth:`Start.lineage`); None for one from nothing.
        makers: whom that model names.
    """

    part: Part
    recipe: str
    lineage: Mapping[str, Any] | None
    makers: Sequence[str]


def keep(folder: Path, part: Part, recipe: str, start: FemurStart | None) -> None:
    """Note in ``folder`` that ``part`` is trained, so that a later call, which may differ in all of this, has it.

    Args:
        recipe: name of the recipe. start: what the part went on from.
    """
    content: dict[str, Any] = {
        "file": part.file.name,
        "metrics": dict(part.metrics),
        "recipe": {"name": recipe, "settings": asdict(part.recipe)},
    }
    if start is not None:
        content["first"] = {"lineage": start.lineage(part.role), "attribution": list(start.model.metadata.attribution)}
    write_json(folder / PART_FILE, content)


def _kept(folder: Path, now: DetectorRecipe | SegmenterRecipe, name: str) -> _Ready | None:
    """The network in ``folder`` with the recipe it was trained by; None where it is not trained yet.

    Args:
        now, name: the recipe of this call, and its name, for a network of an OrthoAI that did not note its own.
    """
    content = read_json(folder / PART_FILE)
    if content is None:
        return None
    said, first = content.get("recipe"), content.get("first", {})
    if said is not None:
        read = saved_detector if isinstance(now, DetectorRecipe) else saved_segmenter
        now, name = read(said["settings"]), said["name"]
    part = Part(folder / content["file"], now, content["metrics"])
    part = replace(part, learned_from=noted(folder, part.role))
    return _Ready(part, name, first.get("lineage"), first.get("attribution", ()))


def _lent(start: FemurStart, part: Part | None) -> _Ready | None:
    makers = start.model.metadata.attribution
    return None if part is None else _Ready(part, start.recipe_name, start.lineage(part.role), makers)


def assemble(
    request: TrainRequest,
    part: str,
    recipe: Recipe,
    used: Sequence[CaseFolder],
    split: Split,
    start: FemurStart | None,
) -> Path | None:
    """The model folder of ``part``; None while a network of it is missing.

    Args:
        used: the cases of ``split`` that were trained on.
        start: the model that this call starts from; it lends the network that is not trained.
    """
    two_stages = part != "single-stage"
    own = segmenter_recipe(recipe, part)
    segmenter = _kept(request.out / part, own, recipe.name)
    detector = _kept(request.out / DETECTOR, recipe.detector, recipe.name) if two_stages else None
    if start is not None and two_stages and (segmenter or detector):
        segmenter = segmenter or _lent(start, start.segmenter(own.architecture))
        detector = detector or _lent(start, start.detector)
    if segmenter is None or (detector is None and two_stages):
        return None
    name, description = SEGMENTERS[part]
    sources = [*map(str, (*request.shapes, *request.textures)), *case_sources(used)]
    lineages = lineage_entries(segmenter.lineage, detector.lineage if detector else None)
    recipes = (name for one in (segmenter, detector) if one for name in one.recipe.split(AND))
    named = (*segmenter.makers, *(detector.makers if detector else ()))
    parts = ModelParts(
        name,
        description,
        segmenter.part,
        detector.part if detector else None,
        AND.join(dict.fromkeys(recipes)),
        _data(request, used, split) | lineages,
        tuple(dict.fromkeys((*named, *credits_for(sources)))),
    )
    folder = model_folder(request.out, part)
    write_model_folder(parts, folder)
    return folder


def model_folder(out: Path, part: str) -> Path:
    """Where the model of ``part``, one of SEGMENTERS, goes in the run's folder ``out``."""
    return out / "model" / SEGMENTERS[part][0]


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
