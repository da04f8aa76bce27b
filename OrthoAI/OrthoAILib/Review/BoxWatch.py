"""Turns what the mouse does to the boxes into edits that can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import vtk

from OrthoAILib.Review.MoveBox import BoxShape, MoveBox


class BoxWatch:
    """Watches boxes, wherever they are moved from: slice views, 3D views or another module.

    A drag is hundreds of small moves, so ``onTouched`` only says that something moved; :meth:`settle` is called when
    the box has come to rest and gives one edit per box.

    Args:
        boxes: vtkMRMLMarkupsROINode.
        onTouched: called at each move.
    """

    def __init__(self, boxes: tuple[Any, ...], onTouched: Callable[[], None]) -> None:
        self._shapes = [(box, BoxShape.of(box)) for box in boxes]
        self._onTouched = onTouched
        self._tags = [(box, box.AddObserver(vtk.vtkCommand.ModifiedEvent, self._onModified)) for box in boxes]

    @property
    def count(self) -> int:
        """Boxes that are watched; one that was deleted is among them until :meth:`dropDeleted`."""
        return len(self._shapes)

    def dropDeleted(self) -> bool:
        """Whether boxes were deleted since the last call. They are forgotten: no edit of theirs can be undone."""
        before = self.count
        self._shapes = [(box, shape) for box, shape in self._shapes if box.GetScene() is not None]
        return self.count < before

    def settle(self) -> list[MoveBox]:
        """The edits since the last call, one for each box that lies elsewhere than before."""
        edits = []
        for number, (box, before) in enumerate(self._shapes):
            after = BoxShape.of(box)
            if before.differs(after):
                edits.append(MoveBox(box, before, after))
                self._shapes[number] = (box, after)
        return edits

    def close(self) -> None:
        """Stop watching."""
        for box, tag in self._tags:
            box.RemoveObserver(tag)
        self._tags, self._shapes = [], []

    def _onModified(self, caller: Any, event: str) -> None:
        # A box is also modified by its name, lock or visibility; only its place counts.
        if any(box is caller and shape.differs(BoxShape.of(box)) for box, shape in self._shapes):
            self._onTouched()
