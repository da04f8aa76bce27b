"""The paper's Tables 1 and 2: networks trained alike and measured on the same held-out cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from time import perf_counter, process_time

import numpy as np
import torch
from orthoai.progress import Progress
from orthoai.spine.stack import FRACTURE_SIZE
from torch import nn

from orthoai_training.dataset import cases_named
from orthoai_training.earlier_run import refuse_earlier_run
from orthoai_training.evaluate.intervals import Summary
from orthoai_training.evaluate.markdown import spelled_interval
from orthoai_training.fracture.cases import FRACTURE
from orthoai_training.fracture.export import load_network
from orthoai_training.fracture.networks import ABLATIONS, COMPARATORS, OURS
from orthoai_training.fracture.predict import slice_probabilities
from orthoai_training.fracture.request import FractureRequest
from orthoai_training.fracture.scores import Counts
from orthoai_training.fracture.slices import PlaneSlices, cut_slices
from orthoai_training.fracture.train import prepared_cases, train_one
from orthoai_training.fracture.trainer import THRESHOLD
from orthoai_training.learning.precision import Precision, choose_precision
from orthoai_training.text_files import write_json, write_text

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

NETWORKS_FOLDER = "networks"
"""Of a run folder: one training a network, which both tables share."""

TIMED = 5


@dataclass(frozen=True)
class Row:
    """One network: Dice and IoU over the held-out cases that have fractures, and false alarms in the others.

    Attributes:
        gain: Dice above ours, case by case; None for ours.
        pooled_dice: over all pixels of all cases.
        sound_cases, alarmed_cases: cases without fracture, and of those the ones in which a pixel is called one.
        parameters: to train. steps, training_s, step_cpu_s: of the training; step_cpu_s in processor seconds.
        tile_ms: of one tile of 256 x 256; on a processor that processor's time, which others on it do not prolong.
    """

    network: str
    dice: Summary | None
    iou: Summary | None
    gain: Summary | None
    pooled_dice: float | None
    sound_cases: int
    alarmed_cases: int
    parameters: int
    steps: int
    training_s: float
    step_cpu_s: float | None
    tile_ms: float


def make_table(request: FractureRequest, table: str, progress: Progress) -> list[Row]:
    """Train and measure every network of ``table``; OUT/<table>.md and .json hold the rows.

    Each network is trained into OUT/networks/<network> with the recipe, the crops and the steps or minutes of all
    others; one that is there already, from a stopped run or from the other table, is taken up with --resume.

    Raises:
        InputError: see :func:`orthoai_training.fracture.train.train_planes`.
        Canceled: asked for by ``progress``; what is there can be resumed.
    """
    folders = {name: request.out / NETWORKS_FOLDER / file_name(name) for name in TABLES[table]}
    for folder in folders.values():
        refuse_earlier_run(folder, request.resume)
    cases, split = prepared_cases(request, progress)
    plane = request.planes[0]
    precision = choose_precision(request.device)
    test = cut_slices(cases_named(cases, split.test), plane, request.slices_folder, progress)
    test = [spread(case, request.test_slices) for case in test]
    rows: list[Row] = []
    ours: list[Counts] = []
    for name, folder in folders.items():
        recipe = replace(request.chosen, network=name)
        trained = train_one(request, recipe, plane, cases, split, folder, progress)
        network = load_network(name, recipe.name, trained.weights).to(precision.device)
        counts: list[Counts] = []
        for number, case in enumerate(test):
            progress.report(STAGE, number / len(test), f"{name} {case.name}")
            counts.append(case_counts(network, case, precision))
        rows.append(row_of(name, counts, ours, trained.metrics, _tile_ms(network, precision)))
        ours = ours or counts
        _write(request, table, plane, rows, len(test))
    return rows


def spread(case: PlaneSlices, count: int | None) -> PlaneSlices:
    """``case`` with at most ``count`` of its slices, evenly spread; all for None."""
    if count is None or count >= len(case.pictures):
        return case
    # The middles of as many equal parts: the first and the last slice show least.
    picks = ((np.arange(count) + 0.5) * len(case.pictures) / count).astype(int)
    return replace(case, pictures=case.pictures[picks], labels=case.labels[picks])


def case_counts(network: nn.Module, case: PlaneSlices, precision: Precision) -> Counts:
    """Pixels of all slices of one case."""
    found = slice_probabilities(network, case.pictures, precision) > THRESHOLD
    return Counts.of(case.labels == FRACTURE, found)


def row_of(name: str, counts: Sequence[Counts], ours: Sequence[Counts], metrics: Mapping, tile_ms: float) -> Row:
    """From the counts of the held-out cases, those of our network on the same cases, and the training's metrics."""
    fractured = [one for one in counts if one.true]
    sound = [one for one in counts if not one.true]
    return Row(
        name,
        Summary.of(one.dice for one in fractured),
        Summary.of(one.iou for one in fractured),
        Summary.of(_gains(counts, ours)) if ours else None,
        sum(counts[1:], counts[0]).dice if counts else None,
        len(sound),
        sum(one.found > 0 for one in sound),
        int(metrics["parameters"]),
        int(metrics["steps"]),
        float(metrics["training_s"]),
        metrics.get("step_cpu_s"),
        tile_ms,
    )


def markdown(rows: Sequence[Row], title: str, about: str) -> str:
    """The table for docs/results."""
    lines = [
        f"## {title}",
        "",
        about,
        "",
        "| network | Dice (95 % CI) | IoU (95 % CI) | Dice above ours (95 % CI) | pooled Dice | "
        "sound cases with alarm | parameters | steps | s per step | ms per tile | paper Dice | paper IoU |",
        f"|{12 * '---|'}",
    ]
    for row in rows:
        paper = [f"{value:.4f}" for value in PAPER.get(row.network, ())] or ["-", "-"]
        name = "ours (MSFF)" if row.network == OURS else row.network
        pooled = "-" if row.pooled_dice is None else f"{row.pooled_dice:.4f}"
        step = "-" if row.step_cpu_s is None else f"{row.step_cpu_s:.2f}"
        cells = [
            *(
                name,
                spelled_interval(row.dice),
                spelled_interval(row.iou),
                spelled_interval(row.gain, sign="+"),
                pooled,
            ),
            *(f"{row.alarmed_cases} of {row.sound_cases}", f"{row.parameters / 1e6:.2f} M"),
            *(str(row.steps), step, f"{row.tile_ms:.0f}", *paper),
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


def _gains(counts: Sequence[Counts], ours: Sequence[Counts]) -> Iterator[float]:
    """Dice above ours of each case that has a fracture."""
    for one, own in zip(counts, ours, strict=True):
        if one.true:
            yield (one.dice or 0.0) - (own.dice or 0.0)


def _write(request: FractureRequest, table: str, plane: str, rows: Sequence[Row], cases: int) -> None:
    about = (
        f"{plane.capitalize()} slices ({request.test_slices or 'all'} each) of {cases} held-out simulated or given "
        f"cases, recipe `{request.recipe}`, {_length(request)} of {request.chosen.batch} crops per network, seed "
        f"{request.seed}; networks in the size of the recipe. Seconds per step and milliseconds per tile are "
        f"the processor's."
    )
    titles = {"ablation": "Without each module (the paper's Table 1)", "compare": "Other networks (its Table 2)"}
    write_text(request.out / f"{table}.md", markdown(rows, titles[table], about))
    content: dict[str, object] = {
        "plane": plane,
        "recipe": request.recipe,
        "minutes": request.minutes,
        "steps": request.steps,
        "batch": request.chosen.batch,
        "test_slices": request.test_slices,
        "seed": request.seed,
    }
    content |= {"cases": cases, "rows": [asdict(row) for row in rows]}
    write_json(request.out / f"{table}.json", content)


def _length(request: FractureRequest) -> str:
    if request.steps is not None:
        return f"{request.steps} steps"
    return "all epochs" if request.minutes is None else f"{request.minutes:g} minutes"


@torch.no_grad()
def _tile_ms(network: nn.Module, precision: Precision) -> float:
    """The fastest of a few runs, in float32."""
    network.eval()
    clock = process_time if precision.device.type == "cpu" else perf_counter
    tile = torch.rand(1, 1, FRACTURE_SIZE, FRACTURE_SIZE, device=precision.device)
    times = []
    for _ in range(TIMED):
        start = clock()
        network(tile).cpu()
        times.append(clock() - start)
    return float(np.min(times)) * 1000
