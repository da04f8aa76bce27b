"""What is known already of a case, into the scene when the case opens. No widget."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from orthoai.errors import InputError

from OrthoAILib.Bridge.ImageStamp import ImageStamp, imageStamp
from OrthoAILib.ErrorLog import logError
from OrthoAILib.Review.CaseReading import Known, KnownResult, OpenedCase, ReadCase, readCase
from OrthoAILib.Review.ReviewState import ReviewState
from OrthoAILib.Run.Background import Background
from OrthoAILib.Signal import Signal

if TYPE_CHECKING:
    from OrthoAILib.Bridge.ResultBridge import ResultBridge

TICK_MS = 50
"""Milliseconds between two looks at what is being read."""


class CaseResults:
    """Shows what ``orthoai run --each`` made of a case, or what was exported of it; the GUI stays free meanwhile.

    Args:
        results: the MRML bridge.
        timerFactory: (callback, milliseconds) to a timer that is not started yet.
        read: called in a thread.

    Signals:
        shown(ResultNodes, Review or None): a result, and the review that it is of; noticed(sentence): one is there and
        cannot be shown.
    """

    def __init__(
        self,
        results: ResultBridge,
        timerFactory: Callable[[Callable[[], None], int], Any],
        read: ReadCase = readCase,
    ) -> None:
        self.shown, self.noticed = Signal(), Signal()
        self._results, self._read = results, read
        self._timer = timerFactory(self._tick, TICK_MS)
        self._reading: Background[Known] | None = None
        self._case: OpenedCase | None = None
        self._volumeNode: Any = None
        self._stamp: ImageStamp = ()
        self._reviewer = ""

    @property
    def isBusy(self) -> bool:
        """Whether something is on its way into the scene."""
        return self._reading is not None

    def open(self, case: OpenedCase, volumeNode: Any, reviewer: str = "") -> None:
        """Show what is known of a case that was just opened; what is on its way of a former one is dropped.

        Args:
            volumeNode: its image.
            reviewer: who goes on with a review.
        """
        self.cancel()
        self._case, self._volumeNode, self._reviewer = case, volumeNode, reviewer
        self._stamp = imageStamp(volumeNode)
        work = partial(self._read, case)
        self._reading = Background(work, "OrthoAI reading of what is known of a case", volumeNode.GetImageData())
        self._timer.start()

    def cancel(self) -> None:
        """Show nothing of what is on its way. Harmless when nothing is."""
        self._timer.stop()
        self._reading, self._case, self._volumeNode = None, None, None

    def close(self) -> None:
        """End. Sends no signals."""
        self.cancel()
        self.shown.disconnect()
        self.noticed.disconnect()

    # Inside

    def _tick(self) -> None:
        reading, case, volumeNode = self._reading, self._case, self._volumeNode
        if reading is None or case is None or not reading.isDone:
            return
        self.cancel()
        if volumeNode.GetScene() is None or imageStamp(volumeNode) != self._stamp:
            return  # The case was left, or its image was changed meanwhile.
        try:
            known = reading.outcome()
            for one in known:
                if isinstance(one, InputError):
                    self.noticed.emit(str(one))
                else:
                    self._show(case, volumeNode, one)
        except Exception as error:
            logError("OrthoAI could not show what is known of a case", error)
            self.noticed.emit(f"What is known of this case could not be shown ({type(error).__name__}).")

    def _show(self, case: OpenedCase, volumeNode: Any, known: KnownResult) -> None:
        nodes = self._results.show(known.result, volumeNode, prepared=known.prepared, imageDigest=known.imageDigest)
        review = known.review
        if review is not None:
            state = ReviewState(
                comment=review.comment,
                reviewer=self._reviewer,
                revision=review.revision,
                timeSpent=review.time_spent_s,
                trainingSets=(str(case.trainingSet),),
            )
            state.write(nodes.resultText)
        self.shown.emit(nodes, review)
