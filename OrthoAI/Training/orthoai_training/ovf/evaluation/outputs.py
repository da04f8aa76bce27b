"""tables.md, evaluation.json, vertebrae.csv and the pictures of an evaluation."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from io import StringIO

from orthoai_training.evaluate.markdown import interval, number, table
from orthoai_training.ovf.evaluation.matching import Measure
from orthoai_training.ovf.evaluation.precision import PictureFigures
from orthoai_training.ovf.evaluation.vertebra_summary import VertebraFigures
from orthoai_training.ovf.evaluation.vertebrae import HEIGHTS, VertebraScore

PAPER = {
    ("Box", "all"): (0.943, 0.957, 0.966, 0.859),
    ("Box", "biconcave"): (0.937, 0.938, 0.96, 0.839),
    ("Box", "wedge"): (0.926, 0.933, 0.943, 0.869),
    ("Box", "crush"): (0.965, 1.0, 0.995, 0.869),
    ("Mask", "all"): (0.943, 0.957, 0.966, 0.779),
    ("Mask", "biconcave"): (0.937, 0.938, 0.96, 0.732),
    ("Mask", "wedge"): (0.926, 0.933, 0.943, 0.792),
    ("Mask", "crush"): (0.965, 1.0, 0.995, 0.814),
}
"""Yang et al. 2025, Table 1: precision, recall, mAP50, mAP50-95 on 58 CT pictures of patients."""

NOTES = """\
- Simulated CT: these figures show that the method works, not how accurate it is in patients.
- A seed stands for one case. Evaluations of the same seeds, which those with --seed 0 and 1 share but for one, measure
  the same cases, unless these were drawn from other shapes.
- AP: area under all points of the precision over recall, precision made falling first; mAP50-95: its mean over IoU
  0.50, 0.55 ... 0.95. "all": mean of crush, wedge and biconcave; normal bodies are our addition and stand beside.
- P and R: at the confidence where the mean F1 of the three fracture classes is highest, IoU 0.5, as ultralytics
  reports.
- In brackets: 95 % intervals, percentile bootstrap over cases for AP, over vertebrae or cases for the rest.
- Per vertebra: the whole task on the CT. A vertebra without a finding counts as normal; those that the field of view
  cuts are left out of all shares, and a fracture found on one is a false finding. Heights and grades are measured in
  the masks of all bodies, sound ones included; a grade that cannot be measured counts as wrong.
- After all slices have voted: the answer that the task gives, in the same slices, with outlines drawn anew where the
  model has a network for that. The detector alone sees one slice at a time; a body near whose rim a slice runs looks
  sound in it, whatever it is.
- 3D Dice: mean over the cases in which the class is there or found; one found where it is not counts 0."""

CSV_COLUMNS = (
    *("case", "kind", "slice_mm", "vertebra", "whole", "mimic", "true", "found", "probability", "uncertainty"),
    *("true_grade", "grade", *(f"true_{site}_mm" for site in HEIGHTS), *(f"{site}_mm" for site in HEIGHTS), "flags"),
)


def picture_table(figures: Mapping[Measure, PictureFigures]) -> list[str]:
    """The paper's Table 1 with its own figures beside."""
    head = ["", "Class", "Instances", "P", "R", "mAP50", "mAP50-95", "paper: P", "R", "mAP50", "mAP50-95"]
    rows = []
    for measure, found in figures.items():
        for name, one in found.by_class.items():
            ours = [one.precision, one.recall, one.map50, one.map50_95]
            cells = [number(value, 3) for value in ours]
            if name == "all":
                for place, key in ((2, "map50"), (3, "map50_95")):
                    low, high = found.intervals.get(key, (None, None))
                    cells[place] += f" [{number(low, 3)}, {number(high, 3)}]"
            theirs = [number(value, 3) for value in PAPER.get((measure.value, name), (None,) * 4)]
            rows.append([measure.value, name, str(one.instances), *cells, *theirs])
    return table(head, rows)


def vertebra_table(groups: Mapping[str, VertebraFigures]) -> list[str]:
    """One column per kind of data."""
    head = ["", *(f"{kind} ({group.cases} cases)" for kind, group in groups.items())]
    some = next(iter(groups.values()))
    rows = [
        ["Vertebrae (fractured)", *(f"{g.vertebrae} ({g.fractures})" for g in groups.values())],
        ["Missed fractures", *(str(g.missed) for g in groups.values())],
        ["False findings", *(str(g.false_findings) for g in groups.values())],
    ]
    rows += [[name, *(interval(g.figures[name], 3) for g in groups.values())] for name in some.figures]
    rows += [[f"3D Dice, {name}", *(interval(g.dice[name], 3) for g in groups.values())] for name in some.dice]
    return table(head, rows)


def csv_text(scores: Sequence[VertebraScore]) -> str:
    """One line per true vertebra; what was not found or measured stays empty."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for score in scores:
        truth = score.truth
        true = (truth.anterior_mm, truth.middle_mm, truth.posterior_mm)
        writer.writerow(
            [
                *(
                    score.case,
                    score.kind,
                    f"{score.slice_mm:.2f}",
                    truth.name,
                    int(truth.whole),
                    truth.mimic,
                    truth.label,
                    score.found,
                ),
                *(_short(value) for value in (score.probability, score.uncertainty)),
                *(truth.grade, "" if score.grade is None else score.grade),
                *(_short(value) for value in (*true, *(score.heights_mm or (None,) * 3))),
                " ".join(score.flags),
            ]
        )
    return text.getvalue()


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
