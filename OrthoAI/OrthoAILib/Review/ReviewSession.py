"""One result under review: edits, undo, verdict, time. No widget."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orthoai.errors import InputError
from orthoai.review import Verdict

from OrthoAILib.Bridge.ImageStamp import IMAGE_CHANGED
from OrthoAILib.Review.ActiveTime import ActiveTime
from OrthoAILib.Review.BoxWatch import BoxWatch
from OrthoAILib.Review.Command import Command
from OrthoAILib.Review.EditHistory import EditHistory
from OrthoAILib.Review.FindingsWatch import FindingsWatch
from OrthoAILib.Review.ImageWatch import ImageWatch
from OrthoAILib.Review.MaskWatch import MaskWatch
from OrthoAILib.Review.ReviewState import ReviewState
from OrthoAILib.Signal import Signal

if TYPE_CHECKING:
    from orthoai.review import Review

VERDICT_CLEARED = "Changed after the verdict: please decide again."


class ReviewSession:
    """The review of one result, from its first look to its export.

    It watches the nodes, so an edit counts wherever it is made: in a panel, in a view or in another module. The state
    is kept with the nodes at every change, so it is saved with the scene.

    Args:
        nodes: ResultNodes.
        volumeNode: the image that was analyzed.
        bridge: a ReviewBridge.
        reviewer: name for a review that has none yet.
        maskUndo, maskRedo: of the Segment Editor, so that one undo serves masks, boxes and classes.
        clock: seconds, for the time spent.

    Signals:
        changed(): the state, the edits or what can be undone; touched(): a box or a mask is being edited,
        and :meth:`settle` is due when it rests; noticed(sentence): something that the reviewer should read.
    """

    def __init__(
        self,
        nodes: Any,
        volumeNode: Any,
        bridge: Any,
        reviewer: str = "",
        maskUndo: Callable[[], None] | None = None,
        maskRedo: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.changed, self.touched, self.noticed = Signal(), Signal(), Signal()
        self.nodes, self.volumeNode = nodes, volumeNode
        self._bridge = bridge
        self._state = ReviewState.read(nodes.resultText) or ReviewState(reviewer=reviewer)
        self._time = ActiveTime(self._state.timeSpent, clock)
        self._masks = MaskWatch(nodes.segmentation, self._onTouched)
        self._boxes = BoxWatch(nodes.boxes, self._onTouched)
        self._findings = FindingsWatch(bridge, nodes, self._onFindingTouched)
        self._image = ImageWatch(volumeNode, self._settleImage, self._state.madeOf)
        functions = {"maskUndo": maskUndo, "maskRedo": maskRedo}
        self._history = EditHistory(
            self._maskState, **{name: function for name, function in functions.items() if function}
        )
        self._undoing = False
        if 0 <= self._state.boxes != self._boxes.count:
            self._edited()  # A box was deleted while nobody watched, or added, of which no watch can tell.

    # State

    @property
    def state(self) -> ReviewState:
        """Where the review stands."""
        return self._state

    @property
    def isUnsaved(self) -> bool:
        """Whether leaving now would lose an edit, a verdict or a comment."""
        return not self._state.isSaved

    @property
    def history(self) -> EditHistory:
        """What can be undone."""
        return self._history

    def touch(self) -> None:
        """The reviewer is at work: looking around counts, too."""
        self._time.touch()

    def pause(self) -> None:
        """The reviewer went elsewhere; the time stops until the next :meth:`touch`."""
        self._time.pause()

    # Edits

    def setFindingClass(self, row: int, label: str) -> None:
        """Give the finding in ``row`` the class ``label``; no edit when it has it already. Raises IndexError."""
        self._bridge.setFindingClass(self.nodes, row, label)
        self.settle()

    def settle(self) -> bool:
        """Take note of another image, and of painted masks, moved and deleted boxes, and changed classes.

        False where none of the latter, which are the edits, was there.
        """
        self._settleImage()
        painted = self._masks.settle()
        if painted:
            self._history.masksEdited()
        deleted = self._boxes.dropDeleted()
        edits: list[Command] = [*self._boxes.settle(), *self._findings.settle()]
        for edit in edits:
            self._history.push(edit)
        edited = painted or deleted or bool(edits)
        if edited:
            self._edited()
        return edited

    def undo(self) -> bool:
        """Take the last edit back. False when there is none."""
        return self._go(self._history.undo)

    def redo(self) -> bool:
        """Make the edit again that was taken back last. False when there is none."""
        return self._go(self._history.redo)

    # Words

    def setComment(self, comment: str) -> None:
        if comment != self._state.comment:
            self._put(comment=comment, isSaved=False)

    def setReviewer(self, reviewer: str) -> None:
        """The name that the next export carries; it makes nothing unsaved."""
        if reviewer != self._state.reviewer:
            self._put(reviewer=reviewer)

    def decide(self, verdict: Verdict | None) -> None:
        """Keep the verdict; None takes it back."""
        self.settle()
        if verdict != self._state.verdict:
            self._put(verdict=verdict, isSaved=False)

    def approve(self) -> Review:
        """Decide that the result is right as it is now, and give the review."""
        self.decide(Verdict.APPROVED)
        return self.review()

    def review(self) -> Review:
        """The result as the nodes now have it, with the verdict: revision one above the newest export.

        Raises:
            InputError: the volume holds another image than the result was made of, or as for ReviewBridge.review.
        """
        self.settle()
        if self._image.missed:
            raise InputError(IMAGE_CHANGED)
        self._put()
        state = self._state
        made = self._bridge.review(
            self.nodes, self.volumeNode, state.verdict, state.comment, state.reviewer, state.timeSpent
        )
        return replace(made, revision=state.revision + 1)

    def markSaved(self, revision: int | None = None, asOf: ReviewState | None = None, trainingSet: str = "") -> None:
        """The review is in a safe place.

        Args:
            revision: that it got in the training set; None where it does not go there.
            asOf: the state that was saved. When something was edited while it was written, the review stays unsaved.
            trainingSet: folder of the one that it went into; empty where it does not go there.
        """
        unchanged = asOf is None or replace(asOf, timeSpent=0.0) == replace(self._state, timeSpent=0.0)
        sets = dict.fromkeys((*self._state.trainingSets, *([trainingSet] if trainingSet else [])))
        revision = self._state.revision if revision is None else revision
        self._put(revision=revision, isSaved=unchanged, trainingSets=tuple(sets))

    def close(self) -> None:
        """Keep the state and stop watching. Harmless when the nodes are gone."""
        if self.nodes.resultText is not None and self.nodes.resultText.GetScene() is not None:
            self.settle()
            self._put()
        self._masks.close()
        self._boxes.close()
        self._findings.close()
        self._image.close()
        for signal in (self.changed, self.touched, self.noticed):
            signal.disconnect()

    # Inside

    def _go(self, step: Callable[[], bool]) -> bool:
        self.settle()
        self._undoing = True
        try:
            done = step()
            # What was put back is known to be so; it is no edit of the reviewer's.
            self._masks.settle()
            self._boxes.settle()
            self._findings.settle()
        finally:
            self._undoing = False
        if done:
            self._edited()
        return done

    def _maskState(self) -> object:
        self._masks.settle()
        return self._masks.prints

    def _onTouched(self) -> None:
        if not self._undoing:
            self.touched.emit()

    def _onFindingTouched(self) -> None:
        if not self._undoing:
            self.settle()

    def _settleImage(self) -> None:
        """A verdict is about one image: it falls when another comes, and when the first comes back.

        What is saved stays so, as nothing of the reviewer's work is in the image.
        """
        if not self._image.settle():
            return
        before = self._state
        if before.verdict is None and before.madeOf == self._image.missed:
            return  # A sequence that plays shows many images a second.
        self._put(verdict=None)
        if self._image.missed:
            self.noticed.emit(IMAGE_CHANGED)
        elif before.verdict is not None:
            self.noticed.emit(VERDICT_CLEARED)

    def _edited(self) -> None:
        """A verdict is about what the reviewer saw; after an edit it is about something else."""
        hadVerdict = self._state.verdict is not None
        self._put(verdict=None, isSaved=False)
        if hadVerdict:
            self.noticed.emit(VERDICT_CLEARED)

    def _put(self, **fields: Any) -> None:
        fields |= {"timeSpent": self._time.touch(), "boxes": self._boxes.count, "madeOf": self._image.missed}
        self._state = replace(self._state, **fields)
        self._state.write(self.nodes.resultText)
        self.changed.emit()
