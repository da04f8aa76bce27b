"""What an edit must offer to be undone."""

from __future__ import annotations

from typing import Protocol


class Command(Protocol):
    """One edit by the reviewer. It needs no scene to be made, so a test hands in plain objects."""

    @property
    def text(self) -> str:
        """What it does, in a few words, such as "move box femur left"."""

    @property
    def isPossible(self) -> bool:
        """Whether what it changes is still there."""

    def apply(self) -> None:
        """Make the edit, for the first time or again."""

    def revert(self) -> None:
        """Take it back."""
