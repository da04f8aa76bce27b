"""What is asked of a training of segmenters or classifiers, on the SPIDER sets, reviewed cases or both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from orthoai_training.disc.data.patients import PatientsRequest
from orthoai_training.disc.start import check_start


@dataclass(frozen=True)
class NetworksRequest(PatientsRequest, ABC):
    """What to train, and on whom.

    Attributes:
        data: folder with the SPIDER sets; None for reviewed cases alone.
        out: gets run.json and a folder per network; of several networks, ensemble.json gets the best weights.
        architectures: "compact" or names of the paper's networks.
        pretrained: whether the paper's networks start from ImageNet's weights where there are some.
        fold: round of the cross-validation; None is the fixed split.
        pixels: side of what the paper's networks see; None is the paper's.
        epochs: of every network; None is its recipe's.
        start: name or folder of a model whose compact networks are trained on; None starts from nothing.
        reviewed: folder of reviewed cases; None for none.

    Raises:
        InputError: a ``start`` for networks that become no model.
    """

    data: Path | None
    out: Path
    architectures: tuple[str, ...] = ("compact",)
    pretrained: bool = True
    fold: int | None = None
    pixels: int | None = None
    epochs: int | None = None
    device: str = "auto"
    seed: int = 0
    start: str | None = None
    reviewed: Path | None = None

    def __post_init__(self) -> None:
        check_start(self.start, self.makes_model)

    @property
    @abstractmethod
    def makes_model(self) -> bool:
        """Whether a run can take the networks."""
