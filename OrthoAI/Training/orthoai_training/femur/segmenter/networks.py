"""What a recipe trains, in the terms that inference and model cards use.

Importing this module makes the comparator known to :mod:`orthoai.segment.network`.
"""

from __future__ import annotations

from orthoai.segment.network import ARCHITECTURES, SegmenterSpec

from orthoai_training.femur.recipes import SegmenterRecipe
from orthoai_training.femur.segmenter.transunet import TransUNet3d


def _transunet(spec: SegmenterSpec) -> TransUNet3d:
    return TransUNet3d(patch=spec.patch, filters=spec.init_filters, dropout=spec.dropout)


ARCHITECTURES["transunet"] = _transunet


def spec_of(recipe: SegmenterRecipe) -> SegmenterSpec:
    """The network of ``recipe`` and its input, as a model card keeps it."""
    return SegmenterSpec(
        architecture=recipe.architecture,
        init_filters=recipe.init_filters,
        blocks_down=recipe.blocks_down,
        blocks_up=recipe.blocks_up,
        dropout=recipe.dropout,
        spacing_mm=recipe.spacing_mm,
        intensity_range_hu=recipe.intensity_range_hu,
        patch=recipe.patch,
    )
