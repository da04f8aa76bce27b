"""The networks that a model is made of: trained in this run, or lent by the model that the run started from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orthoai.errors import InputError
from orthoai.models.learned import LearnedFrom
from orthoai.tasks.fracture.task import NAME as TASK_NAME

from orthoai_training.fracture.recipe import FractureRecipe
from orthoai_training.learned import noted
from orthoai_training.learning.run_folder import METRICS_FILE
from orthoai_training.text_files import read_json, write_json
from orthoai_training.train.blend import SHARE
from orthoai_training.train.start import Start

ONNX_FILE = "network.onnx"

FIRST_FILE = "first.json"
"""In a plane's folder: what its network went on from. A later call may start from another model, or from none."""


@dataclass(frozen=True)
class PlaneNetwork:
    """The network of one plane.

    Attributes:
        file: ONNX. metrics: of its training. recipe: that it was trained by, as a card says it; empty where unknown.
        lineage: of the model that it went on from or is taken from (:meth:`Start.lineage`), and the share of a blended
            one; None for one from nothing.
        makers: whom that model names.
        learned_from: the reviewed cases behind it; None where that is not known.
        lent_weight: its weight in the model that it is taken from unchanged; None for a trained one.
    """

    file: Path
    metrics: Mapping[str, Any]
    lineage: Mapping[str, Any] | None = None
    makers: Sequence[str] = ()
    lent_weight: float | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)
    learned_from: LearnedFrom | None = None

    @property
    def architecture(self) -> str:
        """A name of :data:`orthoai_training.fracture.networks.NETWORKS`."""
        return str(self.recipe.get("network", FractureRecipe.network))

    @classmethod
    def trained(cls, folder: Path) -> PlaneNetwork | None:
        """That of ``folder``, which is called as its plane; None where there is none yet.

        Raises:
            InputError: its files are damaged.
        """
        if not (folder / ONNX_FILE).exists():
            return None
        first = _content(folder / FIRST_FILE) if (folder / FIRST_FILE).exists() else {}
        metrics = _content(folder / METRICS_FILE)
        lineage, makers = first.get("lineage"), first.get("makers", ())
        recipe, learned = metrics.get("recipe", {}), noted(folder, folder.name)
        return cls(folder / ONNX_FILE, metrics, lineage, makers, recipe=recipe, learned_from=learned)

    @classmethod
    def lent(cls, start: Start, plane: str) -> PlaneNetwork | None:
        """That of the model ``start``; None where it has none."""
        file, said = first_weights(start, plane), start.model.metadata
        if file is None:
            return None
        network = start.model.network(plane)
        weight = float(network.settings.get("weight", 1.0))
        # Cards from before each plane kept its own have one recipe for both.
        recipe = said.training.get(plane, said.training.get("networks", {}))
        metrics, lineage = said.metrics.get(plane, {}), start.lineage(plane)
        return cls(file, metrics, lineage, said.attribution, weight, recipe, network.learned_from)


def start_from(name: str) -> Start:
    """The model called ``name``. Raises InputError when there is none of this task."""
    start = Start.of(name)
    if start.model.metadata.task != TASK_NAME:
        raise InputError(f'The model "{name}" is none of Segment Spine Fractures: name another with --start.')
    return start


def first_weights(start: Start, plane: str) -> Path | None:
    """The network that ``start`` has for ``plane``, or None."""
    return start.model.weights(plane) if plane in start.model.metadata.networks else None


def keep_first(folder: Path, start: Start, plane: str, blend: float) -> None:
    """Note in ``folder`` that its network went on from ``start``, and was blended with it."""
    lineage = {**start.lineage(plane), **({SHARE: blend} if blend < 1 else {})}
    content = {"lineage": lineage, "makers": list(start.model.metadata.attribution)}
    write_json(folder / FIRST_FILE, content)


def _content(file: Path) -> dict[str, Any]:
    content = read_json(file)
    if not isinstance(content, dict):
        raise InputError(f"{file} is damaged: choose another --out and train this plane again.")
    return content
