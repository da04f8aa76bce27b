"""Recipes as they are read again from JSON, which knows lists alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orthoai_training.femur.detector.augment import ViewRecipe
from orthoai_training.femur.detector.recipe import DetectorRecipe
from orthoai_training.femur.recipes import Augmentation, SegmenterRecipe


def saved_detector(said: Mapping[str, Any]) -> DetectorRecipe:
    """Undo ``asdict`` of a detector's recipe, also after JSON."""
    return DetectorRecipe(**{**_tuples(said), "views": ViewRecipe(**_tuples(said["views"]))})


def saved_segmenter(said: Mapping[str, Any]) -> SegmenterRecipe:
    """Undo ``asdict`` of a segmenter's recipe, also after JSON."""
    return SegmenterRecipe(**{**_tuples(said), "augmentation": Augmentation(**_tuples(said["augmentation"]))})


def tupled(value: Any) -> Any:
    """A list as the tuple that it was before JSON; anything else as it is."""
    return tuple(value) if isinstance(value, list) else value


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tupled(value) for key, value in values.items()}
