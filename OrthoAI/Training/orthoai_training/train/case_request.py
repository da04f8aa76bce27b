"""What is asked of a training on cases, own or simulated, whatever its networks."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from orthoai.errors import InputError

from orthoai_training.shared_options import check_minutes
from orthoai_training.train.blend import check_blend


@dataclass(frozen=True)
class CaseRequest:
    """On what to train, and for how long.

    Attributes:
        out: folder of the run.
        recipe: "paper" or "compact".
        data: folder of own cases; None to simulate.
        simulate: how many cases to simulate.
        shapes, textures: folders for the simulation.
        minutes: of training; None trains all epochs.
        resume: go on with what ``out`` holds.
        start: name or folder of a model whose networks are trained on; the new model takes over the one that is not
            trained. None starts from nothing.
        blend: with ``start``, share of the trained weights in the result, the rest are those it started from (see
            :mod:`orthoai_training.train.blend`); 1 takes the trained ones alone.

    Raises:
        InputError: neither or both of ``data`` and ``simulate``, or a time or a share that is none.
    """

    out: Path
    recipe: str = "compact"
    data: Path | None = None
    simulate: int | None = None
    shapes: tuple[Path, ...] = ()
    textures: tuple[Path, ...] = ()
    minutes: float | None = None
    resume: bool = False
    device: str = "auto"
    seed: int = 0
    start: str | None = None
    blend: float = 1.0

    def __post_init__(self) -> None:
        if (self.data is None) == (self.simulate is None):
            raise InputError("Give either --data with a folder of cases or --simulate with a number of them.")
        if self.minutes is not None:
            check_minutes(self.minutes)
        check_blend(self.blend, self.start)

    @classmethod
    def of(cls, args: Namespace, **own: Any) -> Self:
        """What the command line asks for; ``own`` are the fields that this task's training has beside these."""
        return cls(
            out=args.out,
            recipe=args.recipe,
            data=args.data,
            simulate=args.simulate,
            shapes=tuple(args.shapes),
            textures=tuple(args.texture),
            minutes=args.minutes,
            resume=args.resume,
            device=args.device,
            seed=args.seed,
            start=args.start,
            blend=args.blend,
            **own,
        )
