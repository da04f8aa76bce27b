"""From trained networks to a model folder, also over several calls of the command.

Each finished network leaves OUT/<part>/part.json; a model is made of those, and of the model that the training started
from where a network was not trained.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orthoai_training.dataset import CaseFolder, Split
from orthoai_training.detector.recipe import DetectorRecipe
from orthoai_training.train.credits import case_sources, credits_for
from orthoai_training.train.model_folder import ModelParts, Part, write_model_folder
from orthoai_training.train.recipes import Recipe, SegmenterRecipe
from orthoai_training.train.request import DETECTOR, SEGMENTERS, TrainRequest, segmenter_recipe
from orthoai_training.train.start import Start, lineage_entries

PART_FILE = "part.json"
"""What the model card says of a finished network."""


def keep(folder: Path, part: Part, first: Mapping[str, Any] | None) -> None:
    """Note in ``folder`` that its network is trained; ``first``: what it began from (:func:`first_of`)."""
    content = {"file": part.file.name, "metrics": dict(part.metrics), **({"first": first} if first else {})}
    (folder / PART_FILE).write_text(json.dumps(content, indent=1))


def first_of(recipe: Recipe, part: str, start: Start) -> dict[str, Any] | None:
    """What ``part`` began from, and whom that model names; a later call may start another part elsewhere."""
    if part == DETECTOR:
        role, begun = DETECTOR, start.detector is not None
    else:
        role, begun = "segmenter", start.weights_for(segmenter_recipe(recipe, part)) is not None
    return {"lineage": start.lineage(role), "attribution": list(start.model.metadata.attribution)} if begun else None


def _kept(folder: Path, recipe: DetectorRecipe | SegmenterRecipe) -> Part | None:
    content = _content(folder)
    return Part(folder / content["file"], recipe, content["metrics"]) if content else None


def _content(folder: Path) -> dict[str, Any]:
    """Of the part's file; empty where it is not trained yet."""
    file = folder / PART_FILE
    return json.loads(file.read_text()) if file.exists() else {}


def assemble(
    request: TrainRequest,
    part: str,
    recipe: Recipe,
    used: Sequence[CaseFolder],
    split: Split,
    start: Start | None,
) -> Path | None:
    """The model folder of ``part``; None while a network of it is missing.

    Args:
        used: the cases of ``split`` that were trained on.
        start: the model that this call starts from; it lends the network that is not trained.
    """
    two_stages = part != "single-stage"
    kept = {
        "segmenter": _kept(request.out / part, segmenter_recipe(recipe, part)),
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
            "segmenter": start.segmenter(segmenter_recipe(recipe, part).architecture),
            DETECTOR: start.detector,
        }
        for role in [role for role in lent if kept[role] is None and lent[role] is not None]:
            kept[role], lineages[role] = lent[role], start.lineage(role)
            named += start.model.metadata.attribution
    segmenter, detector = kept["segmenter"], kept[DETECTOR]
    if segmenter is None or (detector is None and two_stages):
        return None
    name, description = SEGMENTERS[part]
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
