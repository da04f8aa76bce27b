"""Installing without internet, from a folder of wheels that somebody has brought along."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

WHEELS_VARIABLE = "ORTHOAI_WHEELS"
"""Environment variable with the folder of wheels."""

WHEELS_FOLDER = "Wheels"
"""The folder beside requirements.txt that counts where the variable is not set."""


def wheelsFolder(environment: Mapping[str, str], resources: Path) -> Path | None:
    """The folder to install from, or None where packages come from the internet. It need not exist."""
    named = environment.get(WHEELS_VARIABLE, "").strip()
    if named:
        return Path(named).expanduser().resolve()
    beside = resources / WHEELS_FOLDER
    return beside if beside.is_dir() else None


def wheelOptions(folder: Path) -> str:
    """Options of pip that make it look into ``folder`` and nowhere else. ``folder`` is absolute."""
    # A file URL has no spaces or backslashes, which pip's reader of option lines would take apart.
    return f"--no-index\n--find-links {folder.as_uri()}\n"


@contextmanager
def wheelConstraints(folder: Path | None) -> Iterator[Path | None]:
    """A constraints file for pip_ensure that holds :func:`wheelOptions`; None where there is no ``folder``.

    pip reads options from constraints files, and this is the one way through which pip_ensure passes them on.
    """
    if folder is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="orthoai-") as temporary:
        path = Path(temporary) / "offline.txt"
        path.write_text(wheelOptions(folder), encoding="utf-8")
        yield path
