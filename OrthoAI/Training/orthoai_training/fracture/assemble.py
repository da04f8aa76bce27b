"""From the trained planes to a model that ``orthoai run`` can use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from orthoai.progress import Progress
from orthoai.tasks.fracture.engines import OnnxSlices

from orthoai_training.data_kinds import REAL
from orthoai_training.dataset import CaseFolder, Split, cases_named, has_verdict
from orthoai_training.fracture.fitted_evidence import FittedEvidence
from orthoai_training.fracture.fusion import Fusion, search_fusion
from orthoai_training.fracture.model_folder import KINDS, model_folder, write_fracture_model
from orthoai_training.fracture.plane_network import PlaneNetwork
from orthoai_training.fracture.request import FractureRequest
from orthoai_training.fracture.slices import PLANES
from orthoai_training.fracture.train import prepared_cases
from orthoai_training.spine_ct.credits import spine_credits
from orthoai_training.text_files import write_json
from orthoai_training.train.credits import case_sources, first_credits
from orthoai_training.train.start import Start

FUSION_FILE = "fusion.json"


def assemble(request: FractureRequest, progress: Progress | None = None) -> Path | None:
    """Search weights and threshold and write OUT/model/spine_fracture; None while a plane is not trained yet.

    A plane that is not trained is taken from the model that the request starts from, if there is one; where that gives
    it no weight it stays without.
    """
    start = request.first
    networks = {plane: _network(request, plane, start) for plane in PLANES}
    found = {plane: network for plane, network in networks.items() if network is not None}
    if len(found) < len(PLANES) or all(network.lent_weight is not None for network in found.values()):
        return None
    progress = progress or Progress()
    cases, split = prepared_cases(request, progress)
    searched = {plane: OnnxSlices(network.file) for plane, network in found.items() if network.lent_weight != 0}
    fusion = search_fusion(searched, cases_named(cases, split.validation), progress)
    if start is not None and fusion.evidence.with_height is None:
        fusion = _with_evidence_of(start, fusion)
    write_json(request.out / FUSION_FILE, fusion.to_json())
    used = cases_named(cases, split.train)
    credits = spine_credits([*map(str, (*request.shapes, *request.textures)), *case_sources(used)])
    inherited = [line for network in found.values() for line in network.makers]
    folder = model_folder(request.out)
    lineage = {plane: network.lineage for plane, network in found.items() if network.lineage is not None}
    data = {**_data(request, used, split), **({"started_from": lineage} if lineage else {})}
    write_fracture_model(found, fusion, data, (*credits, *first_credits(inherited, credits)), folder)
    return folder


def _network(request: FractureRequest, plane: str, start: Start | None) -> PlaneNetwork | None:
    own = PlaneNetwork.trained(request.out / plane)
    return PlaneNetwork.lent(start, plane) if own is None and start is not None else own


def _with_evidence_of(start: Start, fusion: Fusion) -> Fusion:
    """``fusion`` with what the model says a vote is worth, where the cases are too few to tell."""
    settings = next(iter(start.model.metadata.networks.values())).settings
    evidence = FittedEvidence.from_card(settings)
    if evidence is None:
        return fusion
    return replace(fusion, threshold=float(settings.get("threshold", fusion.threshold)), evidence=evidence)


def _data(request: FractureRequest, used: Sequence[CaseFolder], split: Split) -> dict[str, Any]:
    """What the card says of the data."""
    kinds: dict[str, int] = {}
    for case in used:
        kind = str(case.meta.get("kind", "reviewed" if has_verdict(case.meta) else REAL))
        kinds[kind] = kinds.get(kind, 0) + 1
    return {
        "train_cases": len(split.train),
        KINDS: kinds,
        "validation_cases": len(split.validation),
        "test_cases_held_out": len(split.test),
        "seed": request.seed,
    }
