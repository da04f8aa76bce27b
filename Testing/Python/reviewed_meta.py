"""What makes a case on disk one that a person reviewed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from orthoai.dataset.identity import case_id


def mark_reviewed(case: Path, number: int, revision: int = 1, task: str = "femur", files: Sequence[str] = ()) -> str:
    """Give the folder ``case`` the case.json of revision ``revision`` of image ``number``, which names ``files``.

    Returns:
        The case's name in a data set.
    """
    sha256 = f"{number:064x}"
    meta = {
        "task": task,
        "verdict": "approved",
        "input_sha256": sha256,
        "revision": revision,
        "group": str(number),
        "files": dict.fromkeys(files, ""),
    }
    (case / "case.json").write_text(json.dumps(meta))
    return case_id(task, sha256)
