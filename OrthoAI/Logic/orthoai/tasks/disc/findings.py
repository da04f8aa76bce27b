"""What the run says about one disc: what it is, how sure that is, and its measures."""

from __future__ import annotations

from collections.abc import Sequence

from orthoai.finding import Finding, Measurement, Place
from orthoai.tasks.disc.grades import PFIRRMANN, DiscGrades
from orthoai.tasks.disc.labels import BULGING, HERNIATED, NORMAL
from orthoai.tasks.disc.measure import DiscMeasures

LIKELY = 0.5
"""Probability from which a disc is called herniated, or bulging."""

POSSIBLE = "herniation possible: look at it"

NOT_MARKED = "disc not marked in the mask: not measured"
ONE_ENDPLATE = "bulge measured from the disc's own lower rim: no vertebra marked below"
NO_CORNER = "bulge not measured: no corner of a vertebra marked beside it"
NO_SCALE = "picture without a pixel size: lengths left out"


def finding(
    level: str,
    grades: DiscGrades,
    measures: DiscMeasures | None,
    place: Place,
    has_scale: bool = True,
    flags: Sequence[str] = (),
    suspect: float = LIKELY,
) -> Finding:
    """The finding of one disc.

    Args:
        level: such as "L4/L5".
        grades: what the classifier says.
        measures: None where the mask does not show the disc.
        place: the disc's center.
        has_scale: whether millimeters are known; without them only ratios are told.
        flags: what concerns all discs, such as doubt about the levels.
        suspect: herniation probability from which a disc that is not called herniated is flagged. Where few of the
            discs learned from were herniated, a network seldom comes near to LIKELY.
    """
    label, probability, spread = verdict(grades)
    own = []
    if label != HERNIATED and grades.herniation >= suspect:
        own.append(POSSIBLE)
    if measures is None:
        own.append(NOT_MARKED)
    elif has_scale and measures.bulge_mm is None:
        own.append(NO_CORNER)
    elif has_scale and measures.one_endplate:
        own.append(ONE_ENDPLATE)
    if not has_scale:
        own.append(NO_SCALE)
    return Finding(
        structure=level,
        label=label,
        probability=probability,
        uncertainty=spread,
        measurements={**_graded(grades), **({} if measures is None else _measured(measures, has_scale))},
        place=place,
        flags=(*own, *flags),
    )


def verdict(grades: DiscGrades) -> tuple[str, float, float]:
    """Label, its probability, and the ensemble's disagreement about it; herniated goes before bulging."""
    if grades.herniation >= LIKELY:
        return HERNIATED, grades.herniation, grades.herniation_spread
    if grades.bulge >= LIKELY:
        return BULGING, grades.bulge, grades.bulge_spread
    spread = max(grades.herniation_spread, grades.bulge_spread)
    return NORMAL, 1 - max(grades.herniation, grades.bulge), spread


def message(findings: Sequence[Finding], flags: Sequence[str] = ()) -> str:
    """A few sentences for the user, with levels from the head downward.

    Args:
        findings: from the lowest upward.
        flags: what a reviewer should know of all of them, such as doubt about the levels.
    """
    if not findings:
        return "No lumbar disc found: this task takes sagittal T2 MR of the lumbar spine."
    downward = findings[::-1]
    upper, lower = downward[0].structure, downward[-1].structure
    found = f"Found {len(findings)} discs, {upper} to {lower}." if len(findings) > 1 else f"Found one disc, {lower}."
    called = {label: [each.structure for each in downward if each.label == label] for label in (HERNIATED, BULGING)}
    told = [f"{label.capitalize()}: {', '.join(levels)}." for label, levels in called.items() if levels]
    possible = [each.structure for each in downward if POSSIBLE in each.flags]
    told += [f"Herniation possible, look at it: {', '.join(possible)}."] if possible else []
    told = told or ["None called herniated or bulging."]
    return " ".join([found, *told, *(f"{flag[:1].upper()}{flag[1:]}." for flag in flags)])


def _graded(grades: DiscGrades) -> dict[str, Measurement]:
    return {
        PFIRRMANN: Measurement(float(grades.pfirrmann_grade), "1"),
        "herniation_probability": Measurement(grades.herniation, "1"),
        "bulge_probability": Measurement(grades.bulge, "1"),
    }


def _measured(measures: DiscMeasures, has_scale: bool) -> dict[str, Measurement]:
    lengths = {
        "anterior_height_mm": measures.anterior_mm,
        "middle_height_mm": measures.middle_mm,
        "posterior_height_mm": measures.posterior_mm,
        "bulge_mm": measures.bulge_mm,
        "canal_ap_mm": measures.canal_mm,
    }
    ratios = {"disc_height_index": measures.height_index, "signal_ratio": measures.signal_ratio}
    found = {name: Measurement(value, "mm") for name, value in lengths.items() if value is not None and has_scale}
    return found | {name: Measurement(value, "1") for name, value in ratios.items() if value is not None}
