"""Networks beside each other on the same pictures: what each finds, and what a picture costs it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthoai.detect.instance import Instance
from orthoai.models.store import Model

from orthoai_training.evaluate.markdown import table
from orthoai_training.ovf.evaluation.answers import MOST_INSTANCES, open_network
from orthoai_training.ovf.evaluation.matching import Measure, PictureAnswer
from orthoai_training.ovf.evaluation.precision import PictureFigures, picture_figures
from orthoai_training.ovf.pictures import Picture, case_of

Detect = Callable[[NDArray[np.uint8]], list[Instance]]
"""Instances in a gray picture (H, W) uint8."""


@dataclass(frozen=True, eq=False)
class Measured:
    """One network on the pictures.

    Attributes:
        ms_per_picture: median, network and outlines.
        figures: of boxes and masks.
    """

    name: str
    parameters: int
    ms_per_picture: float
    figures: Mapping[Measure, PictureFigures]

    def to_json(self) -> dict[str, Any]:
        """For a results file."""
        figures = {measure.value.lower(): one.to_json() for measure, one in self.figures.items()}
        return {"parameters": self.parameters, "ms_per_picture": self.ms_per_picture, **figures}


def measured(
    name: str,
    parameters: int,
    detect: Detect,
    pictures: Sequence[Picture],
    clock: Callable[[], float] = time.process_time,
) -> Measured:
    """``detect`` on each of ``pictures``, at least one.

    Args:
        clock: seconds. The processor's do not grow on a shared machine; a graphics card needs the wall's.
    """
    answers, times = [], []
    for picture in pictures:
        started = clock()
        found = detect(picture.pixels)[:MOST_INSTANCES]
        times.append(1000 * (clock() - started))
        shape = (picture.pixels.shape[0], picture.pixels.shape[1])
        answers.append(PictureAnswer.of(case_of(picture), picture.outlines, found, picture.ignored, shape))
    figures = {measure: picture_figures(answers, measure) for measure in Measure}
    return Measured(name, parameters, float(np.median(times)), figures)


def measured_model(model: Model, pictures: Sequence[Picture]) -> Measured:
    """The detector of an installed ``model``, on the processor. Raises InputError when its file is damaged."""
    return measured(model.name, weights_in(model.weights("detector")), open_network(model).detect, pictures)


def weights_in(network_file: Path) -> int:
    """How many numbers the layers of an ONNX file hold."""
    # Heavy, and of no use without a model beside.
    import onnx

    return sum(int(np.prod(tensor.dims)) for tensor in onnx.load(network_file).graph.initializer)


def markdown(rows: Sequence[Measured]) -> str:
    """A table with a row per network."""
    head = ["network", "million parameters", "ms per picture"]
    head += [f"{measure.value.lower()} {name}" for measure in Measure for name in ("mAP50", "mAP50-95")]
    lines = []
    for row in rows:
        cells = [row.name, f"{row.parameters / 1e6:.1f}", f"{row.ms_per_picture:.0f}"]
        for measure in Measure:
            one = row.figures[measure]
            values = {"map50": one.by_class["all"].map50, "map50_95": one.by_class["all"].map50_95}
            cells += [_cell(value, one.intervals.get(key)) for key, value in values.items()]
        lines.append(cells)
    return "\n".join(table(head, lines)) + "\n"


def _cell(value: float | None, interval: tuple[float, float] | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")
