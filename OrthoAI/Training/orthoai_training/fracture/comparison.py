"""The paper's Tables 1 and 2: networks trained alike and measured on the same held-out cases."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter

import numpy as np
import torch
from orthoai.progress import Progress
from orthoai.spine.stack import FRACTURE_SIZE
from torch import nn

from orthoai_training.evaluate.intervals import Summary
from orthoai_training.fracture.cases import FRACTURE
from orthoai_training.fracture.export import load_network
from orthoai_training.fracture.networks import ABLATIONS, COMPARATORS, OURS
from orthoai_training.fracture.predict import slice_probabilities
from orthoai_training.fracture.recipe import get_recipe
from orthoai_training.fracture.request import (
    FractureRequest,
    part_of,
    prepared_cases,
    train_one,
    with_network,
)
from orthoai_training.fracture.scores import Counts
from orthoai_training.fracture.slices import PlaneSlices, cut_slices
from orthoai_training.fracture.trainer import THRESHOLD
from orthoai_training.segmenter.precision import Precision, choose_precision

STAGE = "measure"

TABLES: Mapping[str, tuple[str, ...]] = {"ablation": (OURS, *ABLATIONS), "compare": (OURS, *COMPARATORS)}
"""Networks of each table, ours first."""

PAPER: Mapping[str, tuple[float, float]] = {
    OURS: (0.9187, 0.9336),
    "no FFM": (0.8618, 0.8739),
    "no SEM": (0.8608, 0.8562),
    "no ASPP": (0.7993, 0.8248),
    "no RCBAM": (0.8869, 0.8901),
    "no RBRAB": (0.8295, 0.8317),
    "no LPRAB": (0.8723, 0.8693),
    "U-Net": (0.8326, 0.8439),
    "U-Net++": (0.8592, 0.8537),
    "SegNet": (0.8295, 0.8362),
    "FCN": (0.8406, 0.8562),
    "SpineGAN": (0.7831, 0.7549),
    "DeepLabv3+": (0.8736, 0.8815),
}
"""Dice and IoU that the paper gives, on 235 CT images of patients."""

TIMED = 5


@dataclass(frozen=True)
class Row:
    """One network: Dice and IoU over the held-out cases that have fractures, and false alarms in the others.

    Attributes:
        pooled_dice: over all pixels of all cases.
        sound_cases, alarmed_cases: cases without fracture, and of those the ones in which a pixel is called one.
        parameters: to train. tile_ms: of one tile of 256 x 256 on this machine.
    """

    network: str
    dice: Summary | None
    iou: Summary | None
    pooled_dice: float | None
    sound_cases: int
    alarmed_cases: int
    parameters: int
    steps: int
    training_s: float
    tile_ms: float


def make_table(request: FractureRequest, table: str, progress: Progress) -> list[Row]:
    """Train and measure every network of ``table``; OUT/<table>.md and .json hold the rows.

    Each network is trained into OUT/<table>/<network> with the recipe, the crops and the minutes of all others; one
    that is there already is taken up with --resume, as after a stop.
    """
    cases, split = prepared_cases(request, progress)
    plane = request.planes[0]
    recipe = get_recipe(request.recipe)
    precision = choose_precision(request.device)
    rows = []
    for name in TABLES[table]:
        folder = request.out / table / file_name(name)
        own = with_network(recipe, name)
        trained = train_one(request, own, plane, cases, split, folder, progress)
        test = cut_slices(part_of(cases, split.test), plane, request.slices_folder, progress)
        network = load_network(name, recipe.name, trained.weights).to(precision.device)
        counts = []
        for number, case in enumerate(test):
            progress.report(STAGE, number / len(test), f"{name} {case.name}")
            counts.append(case_counts(network, case, precision))
        rows.append(row_of(name, counts, trained.metrics, _tile_ms(network, precision)))
        _write(request, table, plane, rows, len(test))
    return rows


def case_counts(network: nn.Module, case: PlaneSlices, precision: Precision) -> Counts:
    """Pixels of all slices of one case."""
    found = slice_probabilities(network, case.pictures, precision) > THRESHOLD
    return Counts.of(case.labels == FRACTURE, found)


def row_of(name: str, counts: Sequence[Counts], metrics: Mapping, tile_ms: float) -> Row:
    """From the counts of the held-out cases and the metrics of the training."""
    fractured = [one for one in counts if one.true]
    sound = [one for one in counts if not one.true]
    return Row(
        name,
        Summary.of(one.dice for one in fractured),
        Summary.of(one.iou for one in fractured),
        sum(counts[1:], counts[0]).dice if counts else None,
        len(sound),
        sum(one.found > 0 for one in sound),
        int(metrics["parameters"]),
        int(metrics["steps"]),
        float(metrics["training_s"]),
        tile_ms,
    )


def markdown(rows: Sequence[Row], title: str, about: str) -> str:
    """The table for docs/results."""
    lines = [
        f"## {title}",
        "",
        about,
        "",
        "| network | Dice (95 % CI) | IoU (95 % CI) | pooled Dice | sound cases with alarm | parameters | steps | "
        "ms per tile | paper Dice | paper IoU |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        paper = [f"{value:.4f}" for value in PAPER.get(row.network, ())] or ["-", "-"]
        name = "ours (MSFF)" if row.network == OURS else row.network
        pooled = "-" if row.pooled_dice is None else f"{row.pooled_dice:.4f}"
        cells = [
            *(name, _interval(row.dice), _interval(row.iou), pooled, f"{row.alarmed_cases} of {row.sound_cases}"),
            *(f"{row.parameters / 1e6:.2f} M", str(row.steps), f"{row.tile_ms:.0f}", *paper),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "IoU = Dice / (2 - Dice) in every case, so it cannot exceed Dice; the paper's tables, which have it"]
    return "\n".join([*lines[:-1], f"{lines[-1]} above, cannot follow from the paper's own formulas."]) + "\n"


def file_name(network: str) -> str:
    """Of a network, for folders.

    Example:
        >>> file_name("DeepLabv3+")
        'deeplabv3p'
    """
    return network.lower().replace("+", "p").replace(" ", "_").replace("-", "")


def _interval(summary: Summary | None) -> str:
    if summary is None:
        return "-"
    if summary.low is None or summary.high is None:
        return f"{summary.mean:.4f}"
    return f"{summary.mean:.4f} ({summary.low:.4f} to {summary.high:.4f})"


def _write(request: FractureRequest, table: str, plane: str, rows: Sequence[Row], cases: int) -> None:
    about = (
        f"{plane.capitalize()} slices of {cases} held-out simulated or given cases, recipe `{request.recipe}`, "
        f"{'all epochs' if request.minutes is None else f'{request.minutes:g} minutes'} per network, seed "
        f"{request.seed}; networks in the size of the recipe."
    )
    titles = {"ablation": "Without each module (the paper's Table 1)", "compare": "Other networks (its Table 2)"}
    (request.out / f"{table}.md").write_text(markdown(rows, titles[table], about), encoding="utf-8")
    content: dict[str, object] = {
        "plane": plane,
        "recipe": request.recipe,
        "minutes": request.minutes,
        "seed": request.seed,
    }
    content |= {"cases": cases, "rows": [asdict(row) for row in rows]}
    (request.out / f"{table}.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


@torch.no_grad()
def _tile_ms(network: nn.Module, precision: Precision) -> float:
    """The fastest of a few runs, in float32."""
    network.eval()
    tile = torch.rand(1, 1, FRACTURE_SIZE, FRACTURE_SIZE, device=precision.device)
    times = []
    for _ in range(TIMED):
        start = perf_counter()
        network(tile).cpu()
        times.append(perf_counter() - start)
    return float(np.min(times)) * 1000
