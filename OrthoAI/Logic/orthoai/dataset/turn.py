"""Who moves cases of a data set has it alone meanwhile."""

from __future__ import annotations

from pathlib import Path

from orthoai.dataset.layout import LOCK_FILE
from orthoai.errors import InputError
from orthoai.file_lock import FileLock

LONGEST_S = 20.0
"""Seconds to wait for others, each of whom needs a fraction of one."""


class Turn(FileLock):
    """A turn at moving cases of ``dataset``, a folder, from :meth:`take` to the end of the ``with`` block.

    Where the disk offers no locks, all go on at once: see FileLock.
    """

    def __init__(self, dataset: Path) -> None:
        super().__init__(Path(dataset) / LOCK_FILE)

    def take(self) -> None:
        """Wait until nobody else moves cases. Raises InputError where somebody does so for LONGEST_S."""
        try:
            self.acquire(LONGEST_S)
        except TimeoutError as error:
            raise InputError(
                f"Somebody else has been at this training set for {LONGEST_S:.0f} seconds; "
                "try again when that has ended, or end the program that hangs."
            ) from error
