"""What nobody wants any more: the beginnings of a run that was killed, the output of one that was canceled."""

from __future__ import annotations

import glob
import shutil
from collections.abc import Iterable
from pathlib import Path

from orthoai.output import PARTIAL, RESULT_FILE


def remove_partial(outputs: Iterable[Path]) -> None:
    """Remove the folders that :func:`orthoai.output.staged_folder` had begun for each output. Raises nothing."""
    for output in outputs:
        target = Path(output).absolute()
        for path in target.parent.glob(f".*{PARTIAL}{glob.escape(target.name)}"):
            shutil.rmtree(path, ignore_errors=True)


def remove_result(output: Path) -> None:
    """Remove ``output`` if it is a run's. Raises nothing."""
    if (Path(output) / RESULT_FILE).is_file():
        shutil.rmtree(output, ignore_errors=True)
