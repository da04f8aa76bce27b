"""Numbers, units and flags as a person reads them."""

from __future__ import annotations

import re

from orthoai.finding import Finding, Measurement
from orthoai.result import Result

from orthoai_report.palette import display_name

UNITS = {"cm3": "cm³", "mm3": "mm³", "cm2": "cm²", "mm2": "mm²", "deg": "°", "1": "", "%": "%"}
"""UCUM codes that people write another way."""

PROPER = {"genant": "Genant"}
"""Words of flags that are names."""

UNNAMED = "level_not_named"
"""Flag whose short name says too little."""

NUMBERED_APART = ("fracture_", "suspicion_")
"""How names begin whose number counts what is reported, not the vertebrae."""

JOINED = ("°", "%")
"""Units that follow their number without a space."""


def measurement_text(measurement: Measurement) -> str:
    """Value and unit with a sensible number of digits, such as "312 cm³"."""
    unit = UNITS.get(measurement.unit, measurement.unit)
    return f"{number(measurement.value)}{'' if not unit or unit in JOINED else ' '}{unit}"


def measurement_name(name: str, measurement: Measurement) -> str:
    """Name for people, without the unit that it may end in: "volume_ml" in mL becomes "Volume"."""
    words = name.split("_")
    if len(words) > 1 and words[-1].lower() == measurement.unit.lower():
        words = words[:-1]
    return display_name("_".join(words))


def number(value: float) -> str:
    """Three significant digits, never an exponent below a million."""
    if abs(value) >= 1e6:
        return f"{value:.3g}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def percent(share: float) -> str:
    """0..1 as percent; a certainty below 1 never reads 100 %."""
    if 0.995 <= share < 1:
        return "> 99 %"
    return f"{share:.0%}".replace("%", " %")


def flag_text(flag: str, structure: str = "") -> str:
    """A flag's short name as words, or the sentence that it stands for with a finding of ``structure``."""
    if flag == UNNAMED:
        apart = structure.startswith(NUMBERED_APART)
        counted = "numbered from the lowest one reported" if apart else "counted from the lowest vertebra found"
        return f"level not named: {counted}"
    return " ".join(PROPER.get(word, word) for word in flag.replace("_", " ").split(" "))


def verdict(finding: Finding) -> str:
    """Label and probability."""
    return f"{finding.label.replace('_', ' ')} {percent(finding.probability)}"


def verdict_beside(finding: Finding) -> str:
    """What stands beside the finding's name: without the label that the name says already, as "fracture_2" does."""
    return percent(finding.probability) if finding.label in finding.structure.split("_") else verdict(finding)


def message_text(result: Result) -> str:
    """The message with its structures named for people: "vertebra_4" becomes "Vertebra 4"."""
    names = {finding.structure for finding in result.findings}
    names |= {name for extra in result.extras for name in extra.labels.values()}
    text = result.message
    for name in names:
        if "_" in name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda found: display_name(found.group()), text)
    return text
