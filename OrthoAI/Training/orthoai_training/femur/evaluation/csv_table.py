"""One line per subject and model, for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

from orthoai_training.femur.evaluation.records import Record
from orthoai_training.femur.evaluation.scores import SIDES, SubjectScores
from orthoai_training.femur.evaluation.summary import METRICS, average_precision

COLUMNS = (
    *("subject", "kind", "field", "model", "femora", "missed", "extra", "ap30"),
    *(metric.name for metric in METRICS),
    *("foreground_dice", "raw_foreground_dice"),
    *(f"{side}_{metric.name}" for side in SIDES.values() for metric in METRICS),
    *(f"{side}_{name}" for side in SIDES.values() for name in ("confidence", "truth_ml", "found_ml")),
    *("inference_s", "cpu_s", "segmented_l", "peak_rss_mb", "stages"),
)
"""Of the file. Figures that are not defined stay empty."""


def csv_text(records: Sequence[Record], models: Sequence[str]) -> str:
    """The content of subjects.csv."""
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for record in records:
        for model in models:
            writer.writerow(_row(record, model, record.scores[model]))
    return text.getvalue()


def _row(record: Record, model: str, scores: SubjectScores) -> dict[str, object]:
    femora = scores.femora.values()
    row: dict[str, object] = {
        "subject": record.subject,
        "kind": record.kind,
        "field": record.meta.get("field", ""),
        "model": model,
        "femora": sum(femur.present for femur in femora),
        "missed": sum(femur.present and not femur.found for femur in femora),
        "extra": sum(femur.found and not femur.present for femur in femora),
        "ap30": average_precision([scores], (0.3,)),
        "foreground_dice": scores.foreground_dice,
        "raw_foreground_dice": scores.raw_foreground_dice,
        "inference_s": round(scores.inference_s, 3),
        "cpu_s": scores.cpu_s,
        "segmented_l": scores.segmented_l,
        "peak_rss_mb": round(scores.peak_rss_mb, 1),
        "stages": "; ".join(f"{stage} {seconds:.2f} s" for stage, seconds in scores.timings_s.items()),
    }
    row |= {metric.name: getattr(scores.both, metric.name) for metric in METRICS}
    for side, femur in scores.femora.items():
        row |= {f"{side}_{metric.name}": getattr(femur.scores, metric.name) for metric in METRICS}
        row |= {f"{side}_{name}": getattr(femur, name) for name in ("confidence", "truth_ml", "found_ml")}
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in row.items()}
