"""From two trained planes to a model that ``orthoai run`` can use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orthoai.progress import Progress
from orthoai.tasks.fracture.engines import OnnxSlices

from orthoai_training.dataset import CaseFolder, Split
from orthoai_training.fracture.credits import spine_credits
from orthoai_training.fracture.fusion import search_fusion
from orthoai_training.fracture.model_folder import NAME, write_fracture_model
from orthoai_training.fracture.recipe import get_recipe
from orthoai_training.fracture.request import ONNX_FILE, FractureRequest, part_of, prepared_cases
from orthoai_training.fracture.slices import PLANES
from orthoai_training.train.credits import case_sources

FUSION_FILE = "fusion.json"


def assemble(request: FractureRequest, progress: Progress | None = None) -> Path | None:
    """Search weight and threshold and write OUT/model/spine_fracture; None while a plane is not trained yet."""
    runs = {plane: request.out / plane for plane in PLANES}
    if not all((run / ONNX_FILE).exists() for run in runs.values()):
        return None
    progress = progress or Progress()
    recipe = get_recipe(request.recipe)
    cases, split = prepared_cases(request, progress)
    networks = {plane: OnnxSlices(run / ONNX_FILE) for plane, run in runs.items()}
    fusion = search_fusion(networks, part_of(cases, split.validation), progress)
    (request.out / FUSION_FILE).write_text(json.dumps(fusion.to_json(), indent=1))
    used = part_of(cases, split.train)
    sources = [*map(str, (*request.shapes, *request.textures)), *case_sources(used)]
    folder = request.out / "model" / NAME
    write_fracture_model(runs, recipe, fusion, _data(request, used, split), spine_credits(sources), folder)
    return folder


def _data(request: FractureRequest, used: Sequence[CaseFolder], split: Split) -> dict[str, Any]:
    """What the card says of the data."""
    kinds: dict[str, int] = {}
    for case in used:
        kind = str(case.meta.get("kind", "real"))
        kinds[kind] = kinds.get(kind, 0) + 1
    return {
        "train_cases": len(split.train),
        "train_cases_by_kind": kinds,
        "validation_cases": len(split.validation),
        "test_cases_held_out": len(split.test),
        "seed": request.seed,
    }
