"""Exit codes, and the one sentence that goes with each."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

from orthoai.errors import Canceled, InputError, is_out_of_memory
from orthoai.output import OUT_OF_SPACE

DONE = 0
"""Also when nothing was found: the result says so."""

INTERNAL_ERROR = 1
"""A fault of the program, or not enough memory."""

BAD_INPUT = 2
"""Bad usage, or an unreadable or unsuitable input."""

CANCELED = 130
"""Stopped by the user: 128 + SIGINT, as shells count it."""

OUT_OF_MEMORY = "There was not enough memory for this image: close other programs, crop the image, or try --device cpu."

DISK_FULL = "The disk is full: free some space and run it again."
"""Where the work itself did not say which one."""


def say(sentence: str) -> None:
    """Print one sentence for the person on standard error."""
    print(sentence, file=sys.stderr, flush=True)


def guarded(action: Callable[[], int], *, debug: bool = False) -> int:
    """Run ``action`` and turn whatever it raises into one sentence and an exit code.

    The text of an unexpected exception may hold patient data (a path, a DICOM value), so only its type is named;
    ``debug`` prints the traceback for whoever asked for it.
    """
    try:
        return action()
    except (Canceled, KeyboardInterrupt) as stop:
        say(str(stop if isinstance(stop, Canceled) else Canceled()))
        return CANCELED
    except BrokenPipeError:
        raise
    except Exception as error:
        sentence, code = _ending(error, debug)
        say(f"Error: {sentence}")
        if debug:
            traceback.print_exc()
        return code


def _ending(error: Exception, debug: bool) -> tuple[str, int]:
    if isinstance(error, InputError):
        return str(error), BAD_INPUT
    if isinstance(error, OSError) and error.errno in OUT_OF_SPACE:
        return DISK_FULL, BAD_INPUT
    return _unexpected(error, debug), INTERNAL_ERROR


def _unexpected(error: Exception, debug: bool) -> str:
    if is_out_of_memory(error):
        return OUT_OF_MEMORY
    hint = "" if debug else " Run it again with --debug to see the traceback."
    return f"OrthoAI failed unexpectedly ({type(error).__name__}).{hint}"
