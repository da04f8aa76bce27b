"""The sentences about a worker that is lost or a job that failed. None of them holds patient data."""

from __future__ import annotations

from orthoai.errors import Canceled, InputError, is_out_of_memory
from orthoai.worker.events import FailureKind
from orthoai.worker.protocol import MAX_TEXT

BUSY = "Another run is still going: wait for its end or cancel it."

TOO_LONG = "The run has more boxes than the worker takes: delete some of them."

UNREADABLE = (
    "OrthoAI's worker gave an answer that cannot be read; nothing was changed. "
    "Run it again: a new worker starts by itself."
)

MEMORY = "close other programs, crop the image or choose the device cpu"

SIGKILL = 9


def lost(code: int | None, ready: bool) -> str:
    """The sentence for a worker that has ended by itself.

    Args:
        code: its exit code, negative for a signal; None when it could not be started.
        ready: whether it had said hello.
    """
    if code is None:
        return "OrthoAI's worker could not be started: check that OrthoAI and its Python are installed, then try again."
    if code == -SIGKILL:
        return (
            "OrthoAI's worker was stopped by the system, perhaps for want of memory; nothing was changed. "
            f"Run it again, and if this comes back, {MEMORY}."
        )
    if not ready:
        return (
            f"OrthoAI's worker ended while it started (code {code}): install OrthoAI's packages again, then try again."
        )
    return f"OrthoAI's worker crashed (code {code}); nothing was changed. Run it again: a new worker starts by itself."


def silent(seconds: float) -> str:
    """The sentence for a worker that never said hello."""
    return (
        f"OrthoAI's worker did not start within {seconds:.0f} seconds; nothing was changed. "
        "Wait until the computer is less busy, then run it again."
    )


def other_protocol(theirs: object, ours: int) -> str:
    """The sentence for a worker of another OrthoAI."""
    return (
        f"OrthoAI's worker belongs to another version of OrthoAI (protocol {theirs}, not {ours}): "
        "restart the program, and if this comes back, install OrthoAI again."
    )


def failure(error: BaseException) -> tuple[FailureKind, str]:
    """Why a job failed, and the sentence for it.

    The text of an unexpected exception may hold patient data (a path, a DICOM value), so only its type is named.
    """
    name = type(error).__name__
    if isinstance(error, Canceled):
        return FailureKind.CANCELED, str(error)
    if isinstance(error, InputError):
        return FailureKind.INPUT, str(error)[:MAX_TEXT]
    if is_out_of_memory(error):
        return FailureKind.INTERNAL, f"There was not enough memory for this image: {MEMORY}."
    if isinstance(error, ImportError):
        package = (error.name or "unknown").partition(".")[0]
        return FailureKind.INTERNAL, f"A Python package is missing ({package}): install OrthoAI's packages again."
    return (
        FailureKind.INTERNAL,
        f"OrthoAI failed unexpectedly ({name}); nothing was changed. Run it again, and if this comes back, report it.",
    )
