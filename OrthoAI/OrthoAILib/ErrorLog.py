"""Errors in the log, without what they were about."""

from __future__ import annotations

import logging
import traceback


def logError(what: str, error: BaseException) -> None:
    """Log where ``error`` came from, but not its text: that may hold a name or another part of an image's header."""
    places = "".join(traceback.format_tb(error.__traceback__))
    logging.error("%s (%s)\n%s", what, type(error).__name__, places)
