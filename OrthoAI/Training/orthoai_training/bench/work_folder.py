"""Where a benchmark puts what it needs only while it runs."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from orthoai.output import write_error


def work_folder(out: Path) -> TemporaryDirectory[str]:
    """A folder beside the file ``out`` that goes away with its block.

    Beside the result: the usual temporary folder is often in memory, where an image would count twice.

    Raises:
        InputError: nothing can be written there.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return TemporaryDirectory(dir=out.parent, prefix=".bench-")
    except OSError as error:
        raise write_error(error, out) from error
