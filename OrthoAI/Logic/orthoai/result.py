"""What a task gives back, and its JSON form (result.json)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.finding import Finding, Measurement, Place
from orthoai.foreign_json import JSON_ERRORS
from orthoai.geometry import Geometry, Triple
from orthoai.versioned_json import read_versioned
from orthoai.volume import Source

SCHEMA_VERSION = 1
"""Raised when a key of result.json changes its meaning or goes away."""

VERTEBRAE = "vertebrae"
"""Name of the extra that a reviewed case keeps, since a training needs it: all vertebral bodies, the sound ones too,
numbered from the lowest."""


@dataclass(frozen=True)
class Provenance:
    """With what a result was made.

    Attributes:
        orthoai_version: of the engine.
        model_name: folder name in the model store.
        model_sha256: by network, such as {"detector": "ab12..."}.
        device: "cpu", "cuda" ...
        precision: "float32", "bfloat16" or "mixed"; older files may say "fp32", "bf16" or "amp".
        libraries: version by library.
        created: UTC time in ISO 8601, such as "2025-11-20T22:37:00Z".
    """

    orthoai_version: str
    model_name: str
    model_sha256: dict[str, str]
    device: str
    precision: str
    libraries: dict[str, str]
    created: str


@dataclass(frozen=True)
class Extra:
    """A further picture that a task made of its input, written as a file of its own.

    Attributes:
        name: of the file without its suffix, such as "instances".
        voxels: (K, J, I) uint8 on the INPUT's own grid.
        labels: what its values mean, such as {1: "L5"}; empty where they are a scale of 0..255.
    """

    name: str
    voxels: NDArray[np.uint8]
    labels: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """The outcome of one task on one input.

    Attributes:
        task: the task's name.
        source: identity of the input (sha256, UIDs); never a patient's name.
        geometry: the INPUT's own grid.
        boxes: in the index space of ``geometry``.
        segmentation: label map (K, J, I), uint8, on ``geometry``.
        labels: name by value, such as {1: "femur_left"}.
        findings: one per structure or level.
        message: one sentence for the user.
        timings_s: seconds by stage.
        provenance: with what it was made.
        extras: further pictures on ``geometry``; one that was read from JSON has those whose voxels were given.
        structures: what was measured in every structure seen, those without a finding included, by their names.
    """

    task: str
    source: Source
    geometry: Geometry
    boxes: tuple[Box, ...]
    segmentation: NDArray[np.uint8]
    labels: dict[int, str]
    findings: tuple[Finding, ...]
    message: str
    provenance: Provenance
    timings_s: dict[str, float] = field(default_factory=dict)
    extras: tuple[Extra, ...] = ()
    structures: dict[str, dict[str, Measurement]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.segmentation.shape != self.geometry.shape:
            raise ValueError(
                f"the segmentation has shape {self.segmentation.shape}, the geometry says {self.geometry.shape}"
            )
        if self.segmentation.dtype != np.uint8:
            raise ValueError(f"the segmentation is {self.segmentation.dtype}, not uint8")

    def extra(self, name: str) -> Extra | None:
        """The further picture called ``name``; None where there is none."""
        return next((extra for extra in self.extras if extra.name == name), None)

    def to_json(self, files: Iterable[str] = ()) -> str:
        """Everything but the voxels, as JSON (schema SCHEMA_VERSION); the voxels go to segmentation.nii.gz.

        Args:
            files: names of what was written beside it, for the run that replaces it and must spare all else.
        """
        content = {
            "schema_version": SCHEMA_VERSION,
            "task": self.task,
            "message": self.message,
            "input": _input_to_json(self.source, self.geometry),
            "boxes": [_box_to_json(box) for box in self.boxes],
            "findings": [_finding_to_json(finding) for finding in self.findings],
            "labels": {str(value): name for value, name in self.labels.items()},
            "timings_s": {name: float(seconds) for name, seconds in self.timings_s.items()},
            "provenance": vars(self.provenance),
        }
        if self.extras:
            content["extras"] = {
                extra.name: {str(value): name for value, name in extra.labels.items()} for extra in self.extras
            }
        if told := sorted(files):
            content["files"] = told
        if self.structures:
            content["structures"] = {name: _measured_to_json(found) for name, found in self.structures.items()}
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(
        cls,
        text: str,
        segmentation: NDArray[np.uint8] | None = None,
        extras: Mapping[str, NDArray[np.uint8]] | None = None,
    ) -> Result:
        """Undo :meth:`to_json`.

        Args:
            text: content of a result.json.
            segmentation: the voxels (K, J, I) that belong to it; empty where None.
            extras: voxels (K, J, I) of further pictures by name; those that are absent are left out.

        Raises:
            InputError: no JSON, another schema version, or keys missing or of the wrong kind.
        """
        content = read_versioned(text, "result.json", SCHEMA_VERSION, "run the task again")
        try:
            geometry = _geometry_from_json(content["input"])
            return cls(
                task=str(content["task"]),
                source=_source_from_json(content["input"]),
                geometry=geometry,
                boxes=tuple(_box_from_json(box) for box in content["boxes"]),
                segmentation=np.zeros(geometry.shape, np.uint8) if segmentation is None else segmentation,
                labels={int(value): str(name) for value, name in content["labels"].items()},
                findings=tuple(_finding_from_json(finding) for finding in content["findings"]),
                message=str(content["message"]),
                provenance=Provenance(**content["provenance"]),
                timings_s={name: float(seconds) for name, seconds in content["timings_s"].items()},
                extras=tuple(_extra_from_json(content, name, voxels) for name, voxels in (extras or {}).items()),
                structures={
                    str(name): _measured_from_json(found) for name, found in content.get("structures", {}).items()
                },
            )
        except JSON_ERRORS as error:
            raise InputError(
                f"This result.json is incomplete or does not belong to its segmentation ({error}); run the task again."
            ) from error


# Parts


def _floats(values: Iterable[Any]) -> list[float]:
    return [float(v) for v in values]


def _triple(values: Iterable[Any]) -> Triple:
    x, y, z = _floats(values)
    return x, y, z


def _input_to_json(source: Source, geometry: Geometry) -> dict[str, Any]:
    return {
        "kind": source.kind,
        "sha256": source.sha256,
        "uids": dict(source.uids),
        "shape": [int(n) for n in geometry.shape],
        "spacing": _floats(geometry.spacing),
        "origin": _floats(geometry.origin),
        "direction": _floats(geometry.direction),
    }


def _source_from_json(content: dict[str, Any]) -> Source:
    return Source(str(content["kind"]), str(content["sha256"]), {k: str(v) for k, v in content["uids"].items()})


def _geometry_from_json(content: dict[str, Any]) -> Geometry:
    k, j, i = (int(n) for n in content["shape"])
    direction = tuple(_floats(content["direction"]))
    if len(direction) != 9 or min(k, j, i) < 1:
        raise ValueError("its grid is not three-dimensional")
    return Geometry((k, j, i), _triple(content["spacing"]), _triple(content["origin"]), direction)


def _box_to_json(box: Box) -> dict[str, Any]:
    return {
        "label": box.label,
        "score": float(box.score),
        "lps_min": _floats(box.lps_min),
        "lps_max": _floats(box.lps_max),
        "index_min": _floats(box.index_min),
        "index_max": _floats(box.index_max),
    }


def _box_from_json(content: dict[str, Any]) -> Box:
    return Box(
        label=str(content["label"]),
        score=float(content["score"]),
        index_min=_triple(content["index_min"]),
        index_max=_triple(content["index_max"]),
        lps_min=_triple(content["lps_min"]),
        lps_max=_triple(content["lps_max"]),
    )


def _finding_to_json(finding: Finding) -> dict[str, Any]:
    place = finding.place
    content = {
        "structure": finding.structure,
        "label": finding.label,
        "probability": float(finding.probability),
        "uncertainty": None if finding.uncertainty is None else float(finding.uncertainty),
        "measurements": _measured_to_json(finding.measurements),
        "place": None
        if place is None
        else {"lps": _floats(place.lps), "slice_index": None if place.slice_index is None else int(place.slice_index)},
        "flags": list(finding.flags),
    }
    return content | {"confirmed": list(finding.confirmed)} if finding.confirmed else content


def _finding_from_json(content: dict[str, Any]) -> Finding:
    place, uncertainty = content["place"], content["uncertainty"]
    return Finding(
        structure=str(content["structure"]),
        label=str(content["label"]),
        probability=float(content["probability"]),
        uncertainty=None if uncertainty is None else float(uncertainty),
        measurements=_measured_from_json(content["measurements"]),
        place=None if place is None else Place(_triple(place["lps"]), place["slice_index"]),
        flags=tuple(str(flag) for flag in content["flags"]),
        confirmed=tuple(str(name) for name in content.get("confirmed", ())),
    )


def _extra_from_json(content: dict[str, Any], name: str, voxels: NDArray[np.uint8]) -> Extra:
    return Extra(name, voxels, {int(value): str(label) for value, label in content["extras"][name].items()})


def _measured_to_json(measurements: dict[str, Measurement]) -> dict[str, Any]:
    return {name: {"value": float(item.value), "unit": item.unit} for name, item in measurements.items()}


def _measured_from_json(content: dict[str, Any]) -> dict[str, Measurement]:
    return {name: Measurement(float(item["value"]), str(item["unit"])) for name, item in content.items()}
