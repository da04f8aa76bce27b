"""What is asked of one call of ``orthoai train fracture``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from orthoai.errors import InputError

from orthoai_training.case_seeds import case_seed, refuse_tests
from orthoai_training.fracture.plane_network import start_from
from orthoai_training.fracture.recipe import FractureRecipe, get_recipe
from orthoai_training.fracture.slices import PLANES
from orthoai_training.spine_ct.credits import refuse_share_alike
from orthoai_training.train.case_request import CaseRequest
from orthoai_training.train.start import Start


@dataclass(frozen=True)
class FractureRequest(CaseRequest):
    """What to train, on what, and for how long. The minutes are for each network.

    Attributes:
        planes: of them, one network each.
        slices: where the slices of the cases lie or are put; None is OUT/slices.
        steps: per network, in place of the epochs and of an early stop: the same for all, however busy the machine.
        batch: crops per step; None is the recipe's.
        test_slices: of each held-out case, evenly spread, on which a table measures; None is all.
    """

    planes: tuple[str, ...] = PLANES
    slices: Path | None = None
    steps: int | None = None
    batch: int | None = None
    test_slices: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.simulate is not None and self.simulate < 3:
            raise InputError("Training, validation and test need a case each: give --simulate a number above 2.")
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
