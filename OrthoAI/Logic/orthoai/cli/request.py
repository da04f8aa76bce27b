"""What to run, as it travels from the command line to the worker process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class RunRequest:
    """One run of one task.

    Attributes:
        task: name of the task.
        input: path of the image file or the DICOM folder.
        output: path of the folder that the user asked for.
        device: "auto", "cpu" or "cuda".
        model: name of the model; None for the task's own.
        series: DICOM series (UID, number or description); None for the one with most slices.
        quiet: no progress lines.
        debug: tracebacks.
    """

    task: str
    input: str
    output: str
    device: str = "auto"
    model: str | None = None
    series: str | None = None
    quiet: bool = False
    debug: bool = False

    def to_line(self, folder: str) -> bytes:
        """One line of JSON for the worker; ``folder`` is the staging folder that it writes into."""
        return json.dumps({"folder": folder, "request": asdict(self)}).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> tuple[RunRequest, str]:
        """The request and the staging folder of :meth:`to_line`."""
        message = json.loads(line)
        return cls(**message["request"]), message["folder"]
