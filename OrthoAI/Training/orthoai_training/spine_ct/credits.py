"""Whom the card of a model of the spine must name, and what no shipped weights may be trained on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from orthoai.errors import InputError

from orthoai_training.train.credits import SPIDER, credits_for

SPINES = {
    "mean_lumbar_L2_L5": "Mean lumbar vertebrae of a statistical shape model, A. Clouthier, morphable-lumbar-model, "
    "MIT (https://github.com/aclouthier/morphable-lumbar-model); posed, scaled and deformed.",
    "spider_t2space_dev": f"{SPIDER}; vertebral bodies of its masks, posed, scaled and deformed.",
    "sub-sample001": "Label map of a thoracolumbar spine, malekosh, MIT (https://github.com/malekosh/"
    "deep-learning-models-for-the-differentiation-of-osteoporotic-and-malignant-vertebral-fractures).",
}
"""By a word in the name of the source."""

SHARE_ALIKE = ("verse",)
"""Words in the names of sources under CC BY-SA: they may be measured on, and never trained on."""


def spine_credits(sources: Iterable[str]) -> tuple[str, ...]:
    """The lines for ``sources``, names or paths; each line once, in a fixed order."""
    names = list(sources)
    known = (line for word, line in SPINES.items() if any(word in name for name in names))
    return (*credits_for(names), *known)


def refuse_share_alike(sources: Iterable[str | Path]) -> None:
    """Raises InputError when one of ``sources`` is under a license that weights trained on it would inherit."""
    for source in sources:
        if any(word in Path(source).name.lower() for word in SHARE_ALIKE):
            raise InputError(f"{Path(source).name} is under CC BY-SA: use it with orthoai evaluate, not for training.")
