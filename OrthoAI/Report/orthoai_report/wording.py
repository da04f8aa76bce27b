"""Numbers, units and flags as a person reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from orthoai.finding import Finding, Measurement
from orthoai.result import Result
from orthoai.spine.written import written

from orthoai_report.palette import display_name

UNITS = {"cm3": "cm³", "mm3": "mm³", "cm2": "cm²", "mm2": "mm²", "deg": "°", "1": "", "%": "%"}
"""UCUM codes that people write another way."""

PROPER = {"genant": "Genant"}
"""Words of flags that are names."""

UNNAMED = "level_not_named"
"""Flag of every finding of a task that numbers levels: the page says so once."""

JOINED = ("°", "%")
"""Units that follow their number without a space."""

DECIMALS = {"mm": 1, "1": 2}
"""Of values below 100 in these units: the same in every row, so that a column can be compared."""

NAMES = {
    "anterior_ratio": "Anterior / posterior",
    "middle_ratio": "Middle / posterior",
    "posterior_ratio": "Posterior / expected",
    "canal_ap_mm": "Canal, front to back",
}
"""Measurements whose short name says too little."""

SHARES = ("height_loss", "herniation_probability", "bulge_probability")
"""Measurements that are read as percent."""

GRADE = "_grade"
"""How the names of grades end, which are whole numbers."""

GENANT_GRADE = "genant_grade"
GENANT = ("normal", "mild", "moderate", "severe")
"""Genant's words for the grades 0 to 3."""

GENANT_TYPE = "genant_"
"""What the flag of a measured type begins with, such as "genant_wedge"."""

UNCLEAR = "unclear"
"""The label whose probability is that of a fracture."""

MINUS = "\N{MINUS SIGN}"
HARD_SPACE = "\N{NO-BREAK SPACE}"

WHOLE = ("length_mm",)
"""Measurements in whole units: the ends of a long bone are no sharper than a slice."""


def measurement_text(measurement: Measurement, name: str = "") -> str:
    """Value and unit with a sensible number of digits, such as "312 cm³"; of a measurement called ``name``."""
    if name in SHARES:
        return percent(measurement.value, name)
    if name.endswith(GRADE):
        word = GENANT[int(measurement.value) : int(measurement.value) + 1] if name == GENANT_GRADE else ()
        return " ".join([f"{measurement.value:.0f}", *(f"({each})" for each in word)])
    unit = UNITS.get(measurement.unit, measurement.unit)
    decimals = 0 if name in WHOLE else DECIMALS.get(measurement.unit)
    return f"{number(measurement.value, decimals, name)}{'' if not unit or unit in JOINED else ' '}{unit}"


def measurement_name(name: str, measurement: Measurement) -> str:
    """Name for people, without the unit that it may end in: "volume_ml" in mL becomes "Volume"."""
    if name in NAMES:
        return NAMES[name]
    words = name.split("_")
    if len(words) > 1 and words[-1].lower() == measurement.unit.lower():
        words = words[:-1]
    return display_name("_".join(words))


def number(value: float, decimals: int | None = None, name: str = "") -> str:
    """``value`` with so many decimals, else with three significant digits; from 100 on none, from a million on an
    exponent. More digits where the measurement ``name`` would otherwise be rounded across a grade's cut-off.
    """
    if abs(value) >= 1e6:
        text = f"{value:.3g}"
    elif abs(value) >= 100:
        text = f"{value:.0f}"
    else:
        text = written(name, value, 3, "g") if decimals is None else written(name, value, decimals)
    return _signed(text)


def percent(share: float, name: str = "") -> str:
    """A share as percent; a certainty below 1 never reads 100 %, and a chance above 0 never 0 %.

    With decimals where the measurement ``name`` would otherwise be rounded across a grade's cut-off.
    """
    if 0.995 <= share < 1:
        return "> 99 %"
    if 0 < share < 0.005:
        return "< 1 %"
    return _signed(written(name, share, 0, "%")).replace("%", " %")


def unbroken(text: str) -> str:
    """``text`` in which a number stays in the row of its unit and of the sign before it."""
    return re.sub(r"(?<=[<>]) (?=\d)|(?<=\d) (?=%|mm\b)", HARD_SPACE, text)


def _signed(text: str) -> str:
    """With a minus sign instead of a hyphen, and none before what is rounded to zero."""
    if not text.startswith("-"):
        return text
    return f"{MINUS if text.strip('-0.%') else ''}{text[1:]}"


def flag_text(flag: str) -> str:
    """A flag's short name as words."""
    return " ".join(PROPER.get(word, word) for word in flag.replace("_", " ").split(" "))


def is_to_review(flag: str) -> bool:
    """Whether ``flag`` says what to look at: no measured type, and not what holds for every level."""
    return flag != UNNAMED and not flag.startswith(GENANT_TYPE)


def label_text(finding: Finding, words: Mapping[str, str] | None = None) -> str:
    """The label as words, or what ``words`` says for it."""
    return (words or {}).get(finding.label) or finding.label.replace("_", " ")


def probability_text(finding: Finding) -> str:
    """Its probability, and of what where that is not its label: an "unclear" one has that of a fracture."""
    told = percent(finding.probability)
    return f"fracture {told}" if finding.label == UNCLEAR else told


def measured_grade(finding: Finding) -> str:
    """Genant's grade and type by the heights, such as "Genant 2 (moderate) wedge"; empty where none was measured."""
    grade = finding.measurements.get(GENANT_GRADE)
    if grade is None:
        return ""
    kinds = [flag.removeprefix(GENANT_TYPE) for flag in finding.flags if flag.startswith(GENANT_TYPE)]
    return " ".join(["Genant", measurement_text(grade, GENANT_GRADE), *kinds])


def verdict(finding: Finding, words: Mapping[str, str] | None = None) -> str:
    """Label, as ``words`` or itself, and probability."""
    gap = ", " if finding.label == UNCLEAR else " "
    return f"{label_text(finding, words)}{gap}{probability_text(finding)}"


def verdict_beside(finding: Finding) -> str:
    """What stands beside the finding's name: without the label that the name says already, as "fracture_2" does."""
    return percent(finding.probability) if finding.label in finding.structure.split("_") else verdict(finding)


def message_text(result: Result) -> str:
    """The message with its structures named for people: "vertebra_4, vertebra_6" becomes "Vertebra 4, 6"."""
    names = {finding.structure for finding in result.findings}
    names |= {name for extra in result.extras for name in extra.labels.values()}
    text = result.message
    for name in names:
        if "_" in name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda found: display_name(found.group()), text)
    for kind, _, number in {name.rpartition("_") for name in names}:
        if kind and number.isdecimal():
            text = _told_once(display_name(kind), text)
    return text


def _told_once(kind: str, text: str) -> str:
    """``text`` with "Vertebra 1 wedge, 2 crush" for "Vertebra 1 wedge, Vertebra 2 crush", for ``kind`` "Vertebra"."""
    twice = re.compile(rf"(?<!\w)({re.escape(kind)} \d+[^,.:;]*(?:, \d+[^,.:;]*)*), {re.escape(kind)} (?=\d)")
    while (shorter := twice.sub(r"\1, ", text)) != text:
        text = shorter
    return text
