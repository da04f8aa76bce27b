"""The sample through Sample Data itself, in the host or in Slicer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from orthoai.io.read import read_volume
from OrthoAILib.Sample.HipSample import CATEGORY, NODE_NAME, SAMPLE_NAME, registerSampleData, samplePath

RESOURCES = Path(__file__).resolve().parents[3] / "OrthoAI" / "Resources"


def test_sample_data_loads_it_with_the_voxels_and_the_place_of_the_file(host):
    import SampleData
    import slicer

    registerSampleData(RESOURCES)
    node = SampleData.downloadSample(SAMPLE_NAME)
    assert node.GetClassName() == "vtkMRMLScalarVolumeNode"
    assert node.GetName() == NODE_NAME
    known = read_volume(samplePath(RESOURCES))
    assert np.array_equal(slicer.util.arrayFromVolume(node), known.voxels)
    assert np.allclose(node.GetSpacing(), known.geometry.spacing)
    # MRML is RAS, the engine LPS.
    assert np.allclose(node.GetOrigin(), np.array(known.geometry.origin) * (-1, -1, 1))


def test_registering_again_does_not_double_it(host):
    import slicer

    registerSampleData(RESOURCES)
    registerSampleData(RESOURCES)
    assert [source.sampleName for source in slicer.modules.sampleDataSources[CATEGORY]] == [SAMPLE_NAME]
