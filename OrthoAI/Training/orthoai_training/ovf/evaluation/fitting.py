"""Fits what the card of a model says of the whole task to validation cases: probabilities, and vote against heights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from orthoai.errors import InputError
from orthoai.models.calibration import Calibration
from orthoai.progress import Progress
from orthoai.tasks import RunOptions
from orthoai.tasks.ovf.engines import Engines, load_engines
from orthoai.tasks.ovf.pipeline import examined
from orthoai.tasks.ovf.weighed import CARD_KEY

from orthoai_training.ovf.evaluation.vertebra_summary import vote_calibration
from orthoai_training.ovf.evaluation.vertebrae import CaseScore, case_score
from orthoai_training.ovf.evaluation.weighing import ClassAnswer, class_answers, fit_weighed
from orthoai_training.ovf.model_folder import with_settings
from orthoai_training.spine_ct.case import read_case
from orthoai_training.train.calibration import LEAST_ANSWERS, FittedCalibration

MOST_CASES = 60
"""Each takes some seconds; more would tell little more."""


def plain_engines(options: RunOptions) -> Engines:
    """The model's networks without what was fitted to their votes: what is fitted is the task's own vote."""
    return replace(load_engines(options), calibration=Calibration(), weighed=None)


def write_fitted(folder: Path, calibration: FittedCalibration, classes: Sequence[ClassAnswer]) -> Path:
    """Put ``calibration``, and what is fitted to ``classes``, on the card in ``folder``; returns ``folder``.

    Raises:
        InputError: too few answers, or nothing can be written; the card stays as it was.
    """
    if calibration.answers < LEAST_ANSWERS:
        raise InputError(
            f"The cases show too few fractures to tell what a vote is worth, and the card stays as it was: give cases "
            f"with {LEAST_ANSWERS} fractures and more."
        )
    settings: dict[str, Any] = {"calibration": calibration.to_json()}
    weighed = fit_weighed(classes)
    if weighed is not None:
        settings[CARD_KEY] = weighed.to_json()
    return with_settings(folder, settings, {})


def fit_to_cases(folder: Path, cases: Sequence[Path], device: str, progress: Progress) -> Path:
    """Run the model in ``folder`` on the first MOST_CASES of validation ``cases`` and fit its card; returns ``folder``.

    With too few fractures among them the card stays as it is.

    Raises:
        InputError: a case that cannot be read.
        Canceled: asked for by ``progress``; the card stays as it is.
    """
    chosen = list(cases)[:MOST_CASES]
    scores: list[CaseScore] = []
    classes: list[ClassAnswer] = []
    for number, path in enumerate(chosen):
        progress.report("fit", number / len(chosen), path.name)
        case = read_case(path)
        result, spine = examined(case.volume, RunOptions(device=device, model=str(folder)), None, plain_engines)
        scores.append(case_score(case, path.name, result))
        classes += class_answers(case, result, spine)
    progress.report("fit", 1.0)
    calibration = vote_calibration(scores)
    return write_fitted(folder, calibration, classes) if calibration.answers >= LEAST_ANSWERS else folder
