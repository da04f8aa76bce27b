"""The whole training of Segment Spine Fractures: cases, split, slices, one network per plane, model folder.

OUT/request.json         on what it is trained, so that no later call mixes in other cases
OUT/cases/               simulated cases (not with own data)
OUT/split.json           which cases train, validate and test: 70, 10 and 20 %, by case
OUT/slices/<plane>/      slices of each case
OUT/<plane>/             checkpoint, metrics.json, weights, network.onnx, and what it went on from
OUT/fusion.json          how the planes are put together
OUT/model/spine_fracture what ``orthoai run`` can use, once both planes are there
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orthoai.output import beside, made_folder
from orthoai.progress import Progress

from orthoai_training.case_seeds import refuse_tests
from orthoai_training.dataset import CaseFolder, Split, cases_named
from orthoai_training.earlier_run import claim_cases, claim_start, is_filled, refuse_earlier_run
from orthoai_training.fracture.cases import find_spine_cases
from orthoai_training.fracture.export import export_fracture
from orthoai_training.fracture.model_folder import model_folder
from orthoai_training.fracture.plane_network import ONNX_FILE, first_weights, keep_first
from orthoai_training.fracture.recipe import FractureRecipe
from orthoai_training.fracture.request import FractureRequest
from orthoai_training.fracture.simulate import spine_options
from orthoai_training.fracture.slices import cut_slices
from orthoai_training.fracture.trainer import FractureRun, train_fracture
from orthoai_training.kept_split import kept_split
from orthoai_training.learned import learned_from, note_learned
from orthoai_training.learning.run_folder import Learned
from orthoai_training.spine_ct.credits import refuse_share_alike
from orthoai_training.train.blend import blend_files
from orthoai_training.train.model_folder import require_model_place
from orthoai_training.train.start import Start

VALIDATION_SHARE, TEST_SHARE = 0.1, 0.2
"""Of the cases (paper: "Model Training Parameters")."""


def train_planes(request: FractureRequest, progress: Progress | None = None) -> dict[str, Learned]:
    """Train one network per plane and export it.

    Raises:
        InputError: no cases, an earlier run in ``out`` without resume or on other cases, no such device, a model to
            start from whose networks are others.
        Canceled: asked for by ``progress``; what is there can be resumed.
    """
    progress = progress or Progress()
    # First: simulating cases may take an hour.
    recipe, start = request.chosen, request.first
    for plane in request.planes:
        refuse_earlier_run(request.out / plane, request.resume)
    require_model_place(model_folder(request.out))
    cases, split = prepared_cases(request, progress)
    own = learned_from(cases_named(cases, split.train), cases_named(cases, split.validation))
    trained = {}
    for plane in request.planes:
        folder, first = request.out / plane, None if start is None else first_weights(start, plane)
        goes_on = is_filled(folder)
        claim_start(folder, first)
        before = [] if start is None or first is None else [start.model.network(plane).learned_from]
        note_learned(folder, plane, [own, *before], goes_on)
        trained[plane] = train_one(request, recipe, plane, cases, split, folder, progress, first)
        _export(request, plane, trained[plane].weights, start, first)
    return trained


def _export(request: FractureRequest, plane: str, weights: Path, start: Start | None, first: Path | None) -> None:
    """The network of a plane, with what it went on from, ``first`` of ``start``.

    It appears last: a plane that has it is done, and a later call makes a model of it.
    """
    folder, recipe = request.out / plane, request.chosen
    file = folder / ONNX_FILE
    file.unlink(missing_ok=True)
    aside = beside(file)
    try:
        export_fracture(recipe.network, recipe.name, weights, aside)
        if start is not None and first is not None:
            keep_first(folder, start, plane, request.blend)
            blend_files(first, aside, request.blend, aside)
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)


def train_one(
    request: FractureRequest,
    recipe: FractureRecipe,
    plane: str,
    cases: Sequence[CaseFolder],
    split: Split,
    folder: Path,
    progress: Progress,
    first: Path | None = None,
) -> Learned:
    """Train one network of one plane into ``folder``, from the weights in ``first`` (ONNX), if any."""
    run = FractureRun(
        cut_slices(cases_named(cases, split.train), plane, request.slices_folder, progress),
        cut_slices(cases_named(cases, split.validation), plane, request.slices_folder, progress),
        plane,
        recipe,
        folder,
        device=request.device,
        seed=request.seed,
        minutes=request.minutes,
        resume=request.resume,
        first=first,
    )
    return train_fracture(run, progress)


def prepared_cases(request: FractureRequest, progress: Progress) -> tuple[list[CaseFolder], Split]:
    """The cases, simulated where asked for, and the split, which a further call for the same folder keeps.

    Raises:
        InputError: no cases, other ones than the folder was begun with, or one of its split is gone.
    """
    made_folder(request.out)
    folder = request.data
    if folder is None:
        # Heavy, and not needed for own data.
        from orthoai_training.spine_ct.cases import simulate_cases
        from orthoai_training.spine_ct.simulate import require_sources

        assert request.simulate is not None
        folder = request.out / "cases"
        options = spine_options(request.shapes, request.textures, shape_variety=1.0)
        require_sources(options)
        claim_cases(request)
        simulate_cases(folder, request.simulate, request.seed, options, "fracture", progress)
    cases = find_spine_cases(folder)
    refuse_tests(case.meta.get("seed") for case in cases)
    refuse_share_alike(str(name) for case in cases for name in case.meta.get("shapes") or ())
    claim_cases(request)
    split = kept_split(request.out, cases, request.seed, VALIDATION_SHARE, TEST_SHARE, may_grow=True)
    # Cases that came later belong to no part.
    known = {*split.train, *split.validation, *split.test}
    return [case for case in cases if case.name in known], split
