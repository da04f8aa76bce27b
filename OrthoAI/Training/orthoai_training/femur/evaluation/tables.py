"""tables.md: the paper's Tables 4 to 7 with our figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orthoai_training.data_kinds import REAL
from orthoai_training.evaluate.average_precision import PAPER_THRESHOLD
from orthoai_training.evaluate.intervals import Summary
from orthoai_training.evaluate.markdown import interval, number, table
from orthoai_training.femur.evaluation.records import Record
from orthoai_training.femur.evaluation.summary import ALL, METRICS, Group, Metric, average_precision, columns

PAPER = "Xie et al., Sci Rep 2025;15:9198: 7 CT of patients, GPU with 16 GB"

PAPER_MODELS = (
    ("paper: two-stage SegResNet", 18, 9755, 61, 0.9621),
    ("paper: SegResNet without stage 1", None, 21251, 87, 0.7899),
    ("paper: SegResNet on crops", 18, None, 4.2, 0.9523),
    ("paper: TransUNet on crops", 354, None, 10.7, 0.9378),
)
"""Tables 6 and 7: name, MB, training s, inference s, Dice."""

NOTES = """\
- Box IoU: of the 3D box that a run reports with the true one; subject: mean over its femora, 0 for a missed one.
- AP: per side, boxes of all subjects by falling score; AP = sum of (R_n - R_(n-1)) x max(P_m, m >= n) over the boxes,
  averaged over both sides. mAP: averaged over IoU thresholds 0.50, 0.55 ... 0.95. In a subject's row: its own boxes.
- Dice, sensitivity, specificity and pixel accuracy count the voxels of the whole scan; a voxel under the wrong side's
  label is wrong. "(crops)": only voxels within the true box and 12 mm around it, as the paper counts them.
- HD95 and surface Dice: MONAI, with the scan's voxel size, mean over the femora that are there. A missed femur has
  surface Dice 0 and no HD95 (it would be infinite); the number of missed femora is given beside.
- A femur of which less than 0.2 mL is in view is not expected to be found.
- 95 % confidence intervals of means: percentile bootstrap over subjects, 10,000 resamples.
- Inference time: without loading the networks, by the clock. CPU seconds: of all threads, which another program on the
  same machine does not lengthen; loading included, a graphics card's work not. Memory: peak resident size of the
  process, the scan and its truth included.
- Segmented: liters of the scan that the segmenter looks at: of the crops, or the whole scan without stage 1.
- Training: seconds by the clock and steps (one batch each) of the last sitting of the segmenter; the seconds of the
  detector too where its card tells them."""


@dataclass(frozen=True)
class Evaluation:
    """Everything that the outputs say.

    Attributes:
        command, split: as typed, and which cases these are.
        models: in order, the main one first; facts: of :func:`~orthoai_training.femur.evaluation.predict.model_facts`.
        groups: by model, then by kind of data.
        machine: where it ran.
    """

    command: str
    split: str
    records: Sequence[Record]
    models: Sequence[str]
    facts: dict[str, dict[str, Any]]
    groups: dict[str, dict[str, Group]]
    machine: str = ""

    @property
    def kinds(self) -> dict[str, int]:
        """Subjects by kind of data."""
        return {kind: group.subjects for kind, group in self.groups[self.models[0]].items() if kind != ALL}


def markdown(evaluation: Evaluation) -> str:
    """The content of tables.md."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in evaluation.kinds.items())
    lines = ["# Evaluation of Segment Femur", "", f"- Data: {kinds}.", f"- Split: {evaluation.split}"]
    lines += [f"- Command: `{evaluation.command}`", f"- Machine: {evaluation.machine}"]
    if REAL not in evaluation.kinds:
        lines += ["- No patient data: these figures show that the method works, not how accurate it is in patients."]
    for model in evaluation.models:
        lines += ["", f"## {model}", "", *_facts(evaluation.facts[model]), ""]
        lines += ["### Overall", "", *_overall(evaluation.groups[model]), ""]
        lines += ["### Boxes per subject (paper: Table 4)", "", *_boxes(evaluation, model), ""]
        lines += ["### Masks per subject (paper: Table 5)", "", *_masks(evaluation, model), ""]
        lines += ["### Time and memory", "", *_times(evaluation.groups[model][ALL])]
    lines += ["", "## Models side by side (paper: Tables 6 and 7)", "", *_models(evaluation), ""]
    lines += ["## How it is counted", "", NOTES, ""]
    return "\n".join(lines)


# Parts


def _facts(facts: dict[str, Any]) -> list[str]:
    hashes = ", ".join(f"{role} `{value[:12]}`" for role, value in facts["sha256"].items())
    stages = "two stages" if facts["stages"] == 2 else "one stage"
    return [f"Model {facts['model']} {facts['version']}, {facts['architecture']} in {stages}; weights: {hashes}."]


def _overall(groups: dict[str, Group]) -> list[str]:
    rows = []
    for metric in METRICS:
        cells = []
        for group in groups.values():
            summary = group.metrics.get(metric.name)
            cells.append(f"{interval(summary, metric.digits)}; worst {_worst(summary, metric)}" if summary else "-")
        rows.append([metric.title, *cells])
    worst = [group.femora.get("dice") for group in groups.values()]
    rows.append(["Dice per femur, worst", *(number(summary.smallest if summary else None) for summary in worst)])
    for name, title in (("ap30", f"AP, IoU >= {PAPER_THRESHOLD}"), ("ap50", "AP, IoU >= 0.5"), ("map", "mAP 0.5:0.95")):
        rows.append([title, *(number(getattr(group, name)) for group in groups.values())])
    rows.append(["Femora (missed, extra)", *(f"{g.present} ({g.missed}, {g.extra})" for g in groups.values())])
    return table(["mean [95 % CI]", *(f"{name} ({group.subjects})" for name, group in groups.items())], rows)


def _boxes(evaluation: Evaluation, model: str) -> list[str]:
    rows = []
    for record in evaluation.records:
        scores = record.scores[model]
        sides = [femur.scores.iou for femur in scores.femora.values()]
        own = average_precision([scores], (PAPER_THRESHOLD,))
        rows.append([record.subject, record.kind, *(number(v) for v in (*sides, scores.both.iou, own))])
    total = evaluation.groups[model][ALL]
    mean = total.metrics.get("iou")
    rows.append(["**Averaged**", "", "", "", number(mean.mean if mean else None), number(total.ap30)])
    head = ["Subject", "Kind", "IoU left", "IoU right", "IoU", f"AP (IoU >= {PAPER_THRESHOLD})"]
    return [*table(head, rows), "", f"mAP {number(total.map)}; paper ({PAPER}): averaged IoU 0.9671, mAP 0.9656."]


def _masks(evaluation: Evaluation, model: str) -> list[str]:
    rows = []
    for record in evaluation.records:
        scores = record.scores[model]
        sides = [number(femur.scores.dice) for femur in scores.femora.values()]
        both = [number(v, m.digits) for v, m in zip(columns(scores.both), METRICS, strict=True)]
        rows.append([record.subject, record.kind, *sides, *both[1:]])
    groups = evaluation.groups[model]
    for name, group in groups.items():
        means = [group.metrics.get(metric.name) for metric in METRICS[1:]]
        cells = [number(s.mean if s else None, m.digits) for s, m in zip(means, METRICS[1:], strict=True)]
        if name == ALL or len(groups) > 2:
            rows.append([f"**Averaged, {name}**", "", "", "", *cells])
    head = ["Subject", "Kind", "Dice left", "Dice right", *(metric.title for metric in METRICS[1:])]
    paper = "Dice 0.953, sensitivity 0.965, specificity 0.998, pixel accuracy 0.996"
    return [*table(head, rows), "", f"Paper ({PAPER}): {paper}."]


def _times(group: Group) -> list[str]:
    rows = [[stage, f"{seconds:.2f}"] for stage, seconds in group.timings_s.items()]
    rows.append(["**Inference**", interval(group.metrics["inference_s"], 2)])
    rows += [
        [title, interval(group.metrics.get(name), 2)]
        for name, title in (("cpu_s", "CPU seconds"), ("segmented_l", "Segmented (L)"))
    ]
    rows.append(["Peak memory (MB)", f"{group.metrics['peak_rss_mb'].largest:.0f}"])
    return table(["Stage", "Mean seconds"], rows)


def _models(evaluation: Evaluation) -> list[str]:
    rows = []
    for model in evaluation.models:
        facts, group = evaluation.facts[model], evaluation.groups[model][ALL]
        raw = group.metrics.get("raw_foreground_dice")
        trained, steps = sum(facts["training_s"].values()), facts["steps"]
        own = facts["training_s"].get("segmenter")
        rows.append(
            [
                model,
                f"{sum(facts['size_mb'].values()):.1f}",
                f"{facts['size_mb']['segmenter']:.1f}",
                " x ".join(str(side) for side in facts["patch"] or ()) or "-",
                f"{trained:.0f}" if trained else "-",
                str(steps or "-"),
                f"{own / steps:.2f}" if own and steps else "-",
                number(facts["best_dice"]),
                interval(group.metrics["inference_s"], 1),
                interval(group.metrics.get("cpu_s"), 1),
                interval(group.metrics.get("segmented_l"), 1),
                interval(group.metrics.get("dice")),
                interval(group.metrics.get("foreground_dice")),
                number(raw.mean if raw else None),
            ]
        )
    for name, size, training, inference, dice in PAPER_MODELS:
        cells = [str(value) if value is not None else "-" for value in (size, "-", training)]
        shown = [name, "-", cells[0], "-", cells[2], *["-"] * 3, str(inference), "-", "-", f"{dice:.4f}", "-", "-"]
        rows.append(shown)
    head = ["Model", "Size (MB)", "Segmenter (MB)", "Patch", "Training (s)", "Steps", "Seconds per step"]
    head += ["Best Dice in training", "Inference (s)", "CPU (s)", "Segmented (L)"]
    head += ["Dice", "Dice, sides aside", "Dice, sides aside, before the largest parts are chosen"]
    return [*table(head, rows), "", f"Paper: {PAPER}; other data and another machine, so only ratios compare."]


def _worst(summary: Summary, metric: Metric) -> str:
    return number(summary.smallest if metric.rises else summary.largest, metric.digits)
