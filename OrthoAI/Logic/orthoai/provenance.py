"""With what a result was made: versions, model, device, time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from orthoai import __version__
from orthoai.result import Provenance

LIBRARIES = ("numpy", "torch", "monai", "onnxruntime", "SimpleITK", "pydicom")
"""Libraries whose version can change a result."""


def library_versions() -> dict[str, str]:
    """Version by library, of those that are installed. Imports none of them."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def provenance(model_name: str, model_sha256: Mapping[str, str], device: str, precision: str) -> Provenance:
    """The provenance of a result made now."""
    created = datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    return Provenance(__version__, model_name, dict(model_sha256), device, precision, library_versions(), created)
