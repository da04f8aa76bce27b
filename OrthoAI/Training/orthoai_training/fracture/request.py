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
from dataclasses import dataclass, replace
from pathlib import Path

from orthoai.errors import InputError
from orthoai.output import made_folder
from orthoai.progress import Progress

from orthoai_training.case_seeds import case_seed, refuse_tests
from orthoai_training.dataset import CaseFolder, Split, cases_named
from orthoai_training.earlier_run import claim_cases, claim_start, refuse_earlier_run
from orthoai_training.fracture.cases import find_spine_cases
from orthoai_training.fracture.export import export_fracture
from orthoai_training.fracture.plane_network import ONNX_FILE, first_weights, keep_first, start_from
from orthoai_training.fracture.recipe import FractureRecipe, get_recipe
from orthoai_training.fracture.simulate import spine_options
from orthoai_training.fracture.slices import PLANES, cut_slices
from orthoai_training.fracture.trainer import FractureRun, train_fracture
from orthoai_training.kept_split import kept_split
from orthoai_training.learning.run_folder import Learned
from orthoai_training.shared_options import check_minutes
from orthoai_training.spine_ct.credits import refuse_share_alike
from orthoai_training.train.blend import blend_files, check_blend
from orthoai_training.train.start import Start

VALIDATION_SHARE, TEST_SHARE = 0.1, 0.2
"""Of the cases (paper: "Model Training Parameters")."""


@dataclass(frozen=True)
class FractureRequest:
    """What to train, on what, and for how long.

    Attributes:
        out: folder of the run.
        recipe: "paper" or "compact".
        planes: of them, one network each.
        data: folder of cases; None to simulate.
        simulate: how many cases to simulate. shapes, textures: folders for the simulation.
        slices: where the slices of the cases lie or are put; None is OUT/slices.
        minutes: per network; None trains all epochs.
        steps: per network, in place of the epochs and of an early stop: the same for all, however busy the machine.
        batch: crops per step; None is the recipe's.
        test_slices: of each held-out case, evenly spread, on which a table measures; None is all.
        resume: go on with what ``out`` holds.
        start: name or folder of a model whose networks are trained on; the new model takes over the one that is not
            trained. None starts from nothing.
        blend: with ``start``, share of the trained weights in the result, the rest are those it started from; 1 takes
            the trained ones alone.
    """

    out: Path
    recipe: str = "compact"
    planes: tuple[str, ...] = PLANES
    data: Path | None = None
    simulate: int | None = None
    shapes: tuple[Path, ...] = ()
    textures: tuple[Path, ...] = ()
    slices: Path | None = None
    minutes: float | None = None
    steps: int | None = None
    batch: int | None = None
    test_slices: int | None = None
    resume: bool = False
    device: str = "auto"
    seed: int = 0
    start: str | None = None
    blend: float = 1.0

    def __post_init__(self) -> None:
        if (self.data is None) == (self.simulate is None):
            raise InputError("Give either --data with a folder of cases or --simulate with a number of them.")
        if self.simulate is not None and self.simulate < 3:
            raise InputError("Training, validation and test need a case each: give --simulate a number above 2.")
        if self.minutes is not None:
            check_minutes(self.minutes)
        if self.minutes is not None and self.steps is not None:
            raise InputError("A run ends after a time or after a number of steps: give --minutes or --steps.")
        if self.steps is not None and self.steps < 1:
            raise InputError("Training takes at least one step: give --steps a number above 0.")
        # Batch normalization has nothing to compare a single crop with.
        if self.batch is not None and self.batch < 2:
            raise InputError("A step takes at least two crops: give --batch a number above 1.")
        if self.test_slices is not None and self.test_slices < 1:
            raise InputError("At least one slice per case must be measured: give --test-slices a number above 0.")
        if self.simulate is not None:
            refuse_tests(case_seed(self.seed, number) for number in range(self.simulate))
        check_blend(self.blend, self.start)
        refuse_share_alike((*self.shapes, *self.textures))

    @property
    def chosen(self) -> FractureRecipe:
        """The recipe with the request's own steps and batch."""
        recipe = get_recipe(self.recipe)
        recipe = recipe if self.batch is None else replace(recipe, batch=self.batch)
        return recipe if self.steps is None else replace(recipe, steps=self.steps, early_stop=0)

    @property
    def first(self) -> Start | None:
        """The model that ``start`` names. Raises InputError when there is none of this task."""
        return None if self.start is None else start_from(self.start)

    @property
    def slices_folder(self) -> Path:
        """Where the slices lie."""
        return self.slices or self.out / "slices"


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
    cases, split = prepared_cases(request, progress)
    trained = {}
    for plane in request.planes:
        folder, first = request.out / plane, None if start is None else first_weights(start, plane)
        claim_start(folder, first)
        trained[plane] = train_one(request, recipe, plane, cases, split, folder, progress, first)
        export_fracture(recipe.network, recipe.name, trained[plane].weights, folder / ONNX_FILE)
        if start is not None and first is not None:
            keep_first(folder, start, plane, request.blend)
            blend_files(first, folder / ONNX_FILE, request.blend, folder / ONNX_FILE)
    return trained


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


def with_network(recipe: FractureRecipe, network: str) -> FractureRecipe:
    """The same recipe for another network."""
    return replace(recipe, network=network)
