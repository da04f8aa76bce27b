"""What a front end asks of the worker, and how it travels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS
from orthoai.tasks import RunOptions
from orthoai.worker.protocol import Message


@dataclass(frozen=True)
class WorkerRun:
    """One run of one task.

    Attributes:
        task: name of the task.
        input: image file; :func:`orthoai.worker.exchange.write_exchange` makes one quickly.
        output: folder to make; it appears whole or not at all, and replaces an older output of OrthoAI.
        options: device, model, confidence and boxes; boxes lie in the index space of the input.
        modality: such as "CT", where the front end knows it and the file does not say.
        uids: DICOM UIDs of the input by name (study, series, frame_of_reference), likewise.
        nifti: write segmentation.nii.gz, too.
    """

    task: str
    input: Path
    output: Path
    options: RunOptions = field(default_factory=RunOptions)
    modality: str = ""
    uids: Mapping[str, str] = field(default_factory=dict)
    nifti: bool = False

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that it makes."""
        return (self.output,)

    def to_message(self, job: str) -> Message:
        """The "run" message of job id ``job``."""
        return {
            "type": "run",
            "id": job,
            "task": self.task,
            "input": str(self.input),
            "output": str(self.output),
            "options": {**asdict(self.options), "nifti": self.nifti},
            "hints": {"modality": self.modality, "uids": dict(self.uids)},
        }

    @classmethod
    def from_message(cls, message: Message) -> WorkerRun:
        """Undo :meth:`to_message`; options and hints that are left out take their defaults. Raises InputError."""
        try:
            options, hints = message.get("options") or {}, message.get("hints") or {}
            confidence, model = options.get("confidence"), options.get("model")
            return cls(
                task=str(message["task"]),
                input=Path(message["input"]),
                output=Path(message["output"]),
                options=RunOptions(
                    device=str(options.get("device", "auto")),
                    model=None if model is None else str(model),
                    confidence=None if confidence is None else float(confidence),
                    boxes=tuple(_box(content) for content in options.get("boxes", ())),
                ),
                modality=str(hints.get("modality", "")),
                uids={str(name): str(uid) for name, uid in hints.get("uids", {}).items()},
                nifti=bool(options.get("nifti", False)),
            )
        except JSON_ERRORS as error:
            raise _unreadable(message) from error


@dataclass(frozen=True)
class WorkerExport:
    """One export of a data set of reviewed cases.

    Attributes:
        dataset: the data set's folder.
        formats: names in the exporter registry, such as "monai".
        output: folder; each format gets a folder of its name in it.
    """

    dataset: Path
    formats: tuple[str, ...]
    output: Path

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that it makes."""
        return tuple(self.output / name for name in self.formats)

    def to_message(self, job: str) -> Message:
        """The "export" message of job id ``job``."""
        return {
            "type": "export",
            "id": job,
            "dataset": str(self.dataset),
            "formats": list(self.formats),
            "output": str(self.output),
        }

    @classmethod
    def from_message(cls, message: Message) -> WorkerExport:
        """Undo :meth:`to_message`. Raises InputError."""
        try:
            formats = message["formats"]
            if not isinstance(formats, list) or not formats:
                raise TypeError("no list of formats")
            return cls(Path(message["dataset"]), tuple(str(name) for name in formats), Path(message["output"]))
        except JSON_ERRORS as error:
            raise _unreadable(message) from error


def _box(content: dict[str, Any]) -> Box:
    corners = {}
    for name in ("index_min", "index_max", "lps_min", "lps_max"):
        x, y, z = (float(v) for v in content[name])
        corners[name] = (x, y, z)
    return Box(label=str(content["label"]), score=float(content["score"]), **corners)


def _unreadable(message: Message) -> InputError:
    return InputError(f'The worker could not read a "{message["type"]}" request: restart the program that sent it.')
