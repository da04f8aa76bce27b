"""The simulated hips in Slicer's Sample Data: shipped with the module, so that nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CATEGORY = "OrthoAI"
"""The section in the Sample Data module."""

SAMPLE_NAME = "OrthoAIHips"
"""What scripts ask Sample Data for, and what the button there says."""

NODE_NAME = "OrthoAI hips (simulated CT)"

FILE_NAME = "OrthoAI_hips.nrrd"

CHECKSUM = "SHA256:b1eb3cd8b7a42b8442cfc37835487272ed638e3933675f8104019cb95a7b04c8"
"""Tells Sample Data that a copy in its cache is from another version of OrthoAI."""


def registerSampleData(resources: Path, sampleDataLogic: Any = None) -> None:
    """Offer the sample in Sample Data; once more does nothing. Call it when Slicer's start-up is completed.

    Args:
        resources: the module's Resources folder.
        sampleDataLogic: the class SampleData.SampleDataLogic; None takes Slicer's.
    """
    if sampleDataLogic is None:
        import SampleData

        sampleDataLogic = SampleData.SampleDataLogic
    sampleDataLogic.registerCustomSampleDataSource(
        category=CATEGORY,
        sampleName=SAMPLE_NAME,
        # "Downloaded" from the module's own folder: all of Sample Data's ways to a sample work, also without a network.
        uris=samplePath(resources).as_uri(),
        fileNames=FILE_NAME,
        checksums=CHECKSUM,
        nodeNames=NODE_NAME,
        thumbnailFileName=str(resources / "Icons" / "OrthoAI_hips.png"),
    )


def samplePath(resources: Path) -> Path:
    """The sample's file. ``resources``: the module's Resources folder."""
    return (resources / "Sample" / FILE_NAME).resolve()
