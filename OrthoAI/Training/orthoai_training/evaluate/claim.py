"""The folder of an evaluation, which a stopped one goes on in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orthoai.output import made_folder

from orthoai_training.claimed_folder import claim_folder

CASES_FOLDER = "cases"
REQUEST_FILE = "request.json"
"""What was measured, on what."""


def claim_evaluation(out: Path, identity: Mapping[str, Any]) -> Path:
    """Make ``out``, or check that it holds an evaluation of the same ``identity``; the folder of its cases' scores.

    Raises:
        InputError: it holds something else, or cannot be written.
    """
    claim_folder(out, REQUEST_FILE, identity, "an evaluation of other cases, of another model or by another OrthoAI")
    return made_folder(out / CASES_FOLDER)
