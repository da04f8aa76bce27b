"""What a run is doing."""

from __future__ import annotations

from enum import Enum


class RunState(Enum):
    """States of the run controller."""

    IDLE = "idle"
    INSTALLING = "installing"
    """Asks for and installs the Python packages."""
    PREPARING = "preparing"
    """Writes the volume for the worker."""
    RUNNING = "running"
    CANCELING = "canceling"
    """Waits until the worker has stopped."""
