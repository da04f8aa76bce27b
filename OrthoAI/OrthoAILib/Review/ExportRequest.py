"""One case on its way into the training set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orthoai.review import Review
from orthoai.volume import Source, Volume

FORMATS_FOLDER = "formats"
"""Folder of the training set that holds it in other formats, one folder for each."""


@dataclass(frozen=True)
class ExportRequest:
    """What to write, and where to.

    Attributes:
        dataset: folder of the training set.
        volume: the image.
        review: of the image.
        formats: names in the exporter registry that the whole set is written in afterwards; may be empty.
        owner: what must stay alive as long as the volume's voxels are read, such as the vtkImageData.
        imageDigest: orthoai.io.digest.values_sha256 of the image that the review is of; empty where that is not known.
    """

    dataset: Path
    volume: Volume
    review: Review
    formats: tuple[str, ...] = ()
    owner: Any = None
    imageDigest: str = ""

    @property
    def formatsFolder(self) -> Path:
        return Path(self.dataset) / FORMATS_FOLDER

    @classmethod
    def ofNode(
        cls,
        dataset: Path,
        volumeNode: Any,
        volumes: Any,
        review: Review,
        formats: tuple[str, ...],
        imageDigest: str = "",
    ) -> ExportRequest:
        """Of a volume node, whose voxels are not copied. ``volumes`` is a VolumeBridge."""
        source = review.result.source
        volume = Volume(
            volumes.voxels(volumeNode),
            volumes.geometry(volumeNode),
            volumes.modality(volumeNode),
            Source(source.kind, source.sha256, dict(source.uids or volumes.uids(volumeNode))),
        )
        return cls(Path(dataset), volume, review, tuple(formats), volumeNode.GetImageData(), imageDigest)
