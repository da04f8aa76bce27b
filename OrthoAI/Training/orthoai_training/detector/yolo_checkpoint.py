"""What ultralytics has left of a training that was stopped: it writes checkpoints in place, and a kill leaves half."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from zipfile import is_zipfile

import torch
from orthoai.errors import InputError

LAST, BEST = "last.pt", "best.pt"

FINISHED = -1
"""Epoch of a checkpoint after the last epoch, which holds no optimizer any longer and cannot be gone on with."""

FIGURES = "metrics/"
"""How the names of validation figures begin; losses have other ones."""


class Finished(NamedTuple):
    """The weights of a training whose epochs are done, their validation figures, and its seconds."""

    weights: Path
    metrics: dict[str, float]
    seconds: float


def checkpoint_of(folder: Path) -> Path | None:
    """The checkpoint in ``folder`` to go on from: the last one, or the best where that is cut off; None where there is
    none.

    Raises:
        InputError: all that are there are cut off.
    """
    there = [file for file in (folder / LAST, folder / BEST) if file.is_file()]
    whole = [file for file in there if is_zipfile(file)]
    if there and not whole:
        raise InputError(f"The checkpoints in {folder} are damaged: choose another --out.")
    return whole[0] if whole else None


def finished(checkpoint: Path) -> Finished | None:
    """What ``checkpoint`` says where its training was stopped after the last epoch, while the best weights were
    validated once more; None where epochs are left.

    ``checkpoint`` is a pickle, so only ever give it one made here; ultralytics has to be loaded.
    """
    content = torch.load(checkpoint, map_location="cpu", weights_only=False)
    if content["epoch"] != FINISHED:
        return None
    best = checkpoint.with_name(BEST)
    weights = best if is_zipfile(best) else checkpoint
    told = torch.load(weights, map_location="cpu", weights_only=False)["train_metrics"]
    figures = {name: float(value) for name, value in told.items() if name.startswith(FIGURES)}
    seconds = (content.get("train_results") or {}).get("time") or [0.0]
    return Finished(weights, figures, float(seconds[-1]))
