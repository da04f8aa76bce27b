"""The pictures of one stage as a YOLO data set folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

import numpy as np
from orthoai.errors import InputError
from orthoai.progress import Progress
from orthoai.tasks.disc.locate import DISC_CLASS, LUMBAR

from orthoai_training.detector.dataset_folder import TRAIN, VALIDATION, staged_dataset, write_picture
from orthoai_training.disc.detection.augment import (
    Picture,
    SceneAugmentation,
    plain_discs,
    plain_lumbar,
    random_discs,
    random_lumbar,
)
from orthoai_training.disc.detection.recipe import StageRecipe
from orthoai_training.disc.detection.scene import Scene


class Stage(Enum):
    """The two detectors; the value is the network's role in the model."""

    LUMBAR = "lumbar"
    DISCS = "discs"

    @property
    def label(self) -> str:
        """The one class of this stage."""
        return LUMBAR if self is Stage.LUMBAR else DISC_CLASS

    @property
    def plain(self) -> Callable[[Scene], Picture | None]:
        """The picture that inference would see."""
        return plain_lumbar if self is Stage.LUMBAR else plain_discs

    @property
    def random(self) -> Callable[[Scene, SceneAugmentation, np.random.Generator], Picture | None]:
        """A random picture."""
        return random_lumbar if self is Stage.LUMBAR else random_discs


def write_dataset(
    folder: Path,
    stage: Stage,
    train: Sequence[Scene],
    validation: Sequence[Scene],
    recipe: StageRecipe,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Path:
    """Draw the pictures of all scenes into ``folder``, which must not exist; it appears whole or not at all.

    Validation scenes are drawn plain. The same scenes, recipe and seed give the same pictures in any order of scenes.

    Raises:
        InputError: no scene to train on, or a patient on both sides.
        Canceled: asked for by ``progress``.
    """
    if not train or not validation:
        raise InputError("Training a disc detector needs pictures to train on and others to validate on.")
    shared = {scene.patient for scene in train} & {scene.patient for scene in validation}
    if shared:
        raise InputError(f"Patient {min(shared)} is in training and validation: split by patient.")
    progress = progress or Progress()
    with staged_dataset(folder, (stage.label,), progress) as staged:
        for done, scene in enumerate(train):
            progress.report("pictures", done / len(train))
            _write(staged, TRAIN, [stage.plain(scene), *_variants(stage, scene, recipe, seed)], stage, recipe)
        for scene in validation:
            _write(staged, VALIDATION, [stage.plain(scene)], stage, recipe)
    return folder.resolve()


def _variants(stage: Stage, scene: Scene, recipe: StageRecipe, seed: int) -> list[Picture | None]:
    # From the name, so that a scene's pictures do not depend on which other scenes there are.
    random = np.random.default_rng([seed, *scene.name.encode()])
    count = recipe.picture_variants if scene.name.startswith("picture") else recipe.slice_variants
    return [stage.random(scene, recipe.augmentation, random) for _ in range(count)]


def _write(folder: Path, split: str, pictures: Sequence[Picture | None], stage: Stage, recipe: StageRecipe) -> None:
    for number, picture in enumerate(pictures):
        if picture is not None:
            name = f"{picture.name}_{number:02d}"
            size = recipe.yolo.image_size
            write_picture(folder, split, name, picture.pixels, picture.boxes, (stage.label,), size)
