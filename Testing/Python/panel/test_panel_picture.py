"""A single 2D picture, such as a PNG, as the disc task's image in the panel."""

from __future__ import annotations

import numpy as np
import pytest
from panel_bench import nodeIds

IJK_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Of an image without a header in Slicer: pixels of 1 mm from zero, along LPS."""


def spine() -> np.ndarray:
    """A lumbar spine as uint8 (1, rows, columns)."""
    from disc_fakes import grain
    from disc_phantom import Phantom

    phantom = Phantom(pixel_mm=(0.4, 0.4), shape=(700, 350))
    return np.rint((phantom.pixels() + grain(phantom.shape)) / 412 * 255).astype(np.uint8)[None]


def addPicture(pixels: np.ndarray, channels: int = 1):
    """``pixels`` (1, rows, columns) as Slicer has a loaded picture: a vector volume where it is in color mode."""
    import slicer

    if channels == 1:
        return slicer.util.addVolumeFromArray(pixels, IJK_TO_RAS, "Picture")
    colors = np.repeat(pixels[..., None], channels, axis=-1)
    if channels == 4:
        colors[..., 3] = 255
    return slicer.util.addVolumeFromArray(colors, IJK_TO_RAS, "Picture", "vtkMRMLVectorVolumeNode")


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_gray_picture_is_taken_and_its_masks_lie_on_it(openPanel, channels):
    import slicer

    bench = openPanel(volume=False)
    picture = addPicture(spine(), channels)
    button = bench.panel.taskPanel.button("disc")
    assert bench.module.widget.logic.getParameterNode().inputVolume is picture
    assert bench.panel.inputPanel._ui.inputSelector.currentNode() is picture
    assert bench.panel.inputPanel._ui.modalityText.text == "picture, 350 × 700 pixels"
    assert button.enabled and not bench.button.enabled
    bench.click(button)
    bench.wait()
    assert bench.message == "Analyse Lumbar Discs is done."
    result = bench.result
    masks = {
        name: slicer.util.arrayFromSegmentBinaryLabelmap(result.segmentation, name, picture)
        for name in result.segmentation.GetSegmentation().GetSegmentIDs()
    }
    assert set(masks) == {"vertebra", "disc", "canal"}
    assert all(mask.shape == (1, 700, 350) for mask in masks.values())
    gray = spine()
    centers = {name: gray[mask > 0].astype(float).mean() for name, mask in masks.items()}
    assert len({round(center) for center in centers.values()}) == 3
    assert all(gray[mask > 0].std() < 25 for mask in masks.values())
    assert result.findingsTable.GetNumberOfRows() >= 5


def test_a_picture_in_color_is_refused_with_a_reason(openPanel):
    bench = openPanel(volume=False)
    picture = addPicture(spine(), 3)
    before = nodeIds()
    from OrthoAILib.Bridge.VolumeBridge import VolumeBridge

    scalars = picture.GetImageData().GetPointData().GetScalars()
    scalars.SetComponent(5, 1, 200)
    scalars.Modified()
    picture.Modified()
    bench.module.widget.enter()
    button = bench.panel.taskPanel.button("disc")
    assert not button.enabled
    assert button.toolTip == "This is a color picture; use a gray-value image."
    assert VolumeBridge().modality(picture) == "OT" and nodeIds() == before


def test_a_picture_is_no_ct(openPanel):
    bench = openPanel(volume=False)
    addPicture(spine())
    assert not bench.button.enabled
    assert bench.button.toolTip == "The volume has one slice only; choose the whole 3D series."


def test_diffusion_images_and_label_maps_are_not_listed(openPanel):
    import slicer

    bench = openPanel(volume=False)
    for kind in ("vtkMRMLLabelMapVolumeNode", "vtkMRMLDiffusionTensorVolumeNode"):
        slicer.mrmlScene.AddNewNodeByClass(kind)
    assert bench.panel.inputPanel._ui.inputSelector.nodeCount() == 0
