"""What the split balances, read from the sets themselves."""

from __future__ import annotations

from pathlib import Path

from orthoai_training.disc.data import pictures, volumes
from orthoai_training.disc.data.split import Stratum


def patient_strata(data: Path) -> dict[int, Stratum]:
    """Every patient of both sets under ``data``: has a volume, has a herniated disc, has boxed discs."""
    with_volume = set(volumes.volume_patients(data))
    everyone = with_volume | set(pictures.picture_patients(data))
    herniated, boxed = set(), set()
    for case in pictures.read_pictures(data, everyone):
        if case.is_boxed:
            boxed.add(case.patient)
        if any(disc.grading is not None and disc.grading.herniated for disc in case.discs):
            herniated.add(case.patient)
    return {patient: (patient in with_volume, patient in herniated, patient in boxed) for patient in everyone}
