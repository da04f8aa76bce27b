"""Scene, files, subject hierarchy, samples and packages of the host."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest


def hierarchyItem(node):
    import slicer

    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene).GetItemByDataNode(node)


def addVolume(name="CT"):
    import slicer

    return slicer.util.addVolumeFromArray(np.arange(60, dtype=np.int16).reshape(3, 4, 5), name=name)


def test_a_new_data_node_gets_its_item_and_loses_it(host):
    import slicer

    volume = addVolume()
    item = hierarchyItem(volume)
    assert item != 0
    slicer.mrmlScene.RemoveNode(volume)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    assert hierarchy.GetItemDataNode(item) is None


def test_a_parameter_node_gets_no_item(host):
    import slicer

    assert hierarchyItem(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")) == 0


def test_items_keep_their_folders_over_save_and_load(host, tmp_path):
    import slicer

    def hierarchy():
        return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)

    folder = hierarchy().CreateFolderItem(hierarchy().GetSceneItemID(), "Results")
    hierarchy().SetItemParent(hierarchyItem(addVolume()), folder)
    host.saveScene(tmp_path / "scene.mrb")
    host.loadScene(tmp_path / "scene.mrb")
    again = slicer.util.getNode("CT")
    assert hierarchy().GetItemName(hierarchy().GetItemParent(hierarchyItem(again))) == "Results"


@pytest.mark.parametrize("ending", ["nrrd", "nii.gz"])
def test_a_volume_is_saved_and_loaded(host, tmp_path, ending):
    import slicer

    path = tmp_path / f"image.{ending}"
    assert slicer.util.saveNode(addVolume(), str(path))
    loaded = slicer.util.loadVolume(str(path), {"name": "again"})
    assert loaded.GetName() == "again"
    assert np.array_equal(slicer.util.arrayFromVolume(loaded).ravel(), np.arange(60))


def test_a_file_that_is_not_there_is_an_error(host, tmp_path):
    import slicer

    with pytest.raises(RuntimeError, match="Failed to load"):
        slicer.util.loadVolume(str(tmp_path / "none.nrrd"))


def test_a_segmentation_and_a_markup_are_saved_and_loaded(host, tmp_path):
    import slicer

    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(addVolume())
    segmentation.GetSegmentation().AddEmptySegment("left", "left")
    roi = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsROINode")
    roi.SetSize(1, 2, 3)
    slicer.util.saveNode(segmentation, str(tmp_path / "mask.seg.nrrd"))
    slicer.util.saveNode(roi, str(tmp_path / "box.mrk.json"))
    assert slicer.util.loadSegmentation(str(tmp_path / "mask.seg.nrrd")).GetSegmentation().GetSegmentIDs() == ("left",)
    assert slicer.util.loadMarkups(str(tmp_path / "box.mrk.json")).GetSize() == (1.0, 2.0, 3.0)


def test_slice_views_take_the_volume(host):
    import slicer

    volume = addVolume()
    slicer.util.setSliceViewerLayers(background=volume, fit=True)
    slicer.util.resetSliceViews()
    composite = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceCompositeNode()
    assert composite.GetBackgroundVolumeID() == volume.GetID()
    assert ("resetSliceViews",) in slicer.app.layoutManager().calls


def test_a_slice_view_jumps_to_a_point_after_the_scene_was_closed(host):
    import slicer

    host.clearScene()
    for name, index in (("Red", 2), ("Yellow", 0), ("Green", 1)):
        node = slicer.app.layoutManager().sliceWidget(name).mrmlSliceNode()
        node.JumpSliceByOffsetting(11.0, 22.0, 33.0)
        assert node.GetSliceToRAS().GetElement(index, 3) == pytest.approx((11.0, 22.0, 33.0)[index])


def test_a_sample_is_loaded_from_a_local_file(host, tmp_path):
    import SampleData
    import slicer

    path = tmp_path / "sample.nrrd"
    slicer.util.saveNode(addVolume(), str(path))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="Host", sampleName="Local", uris=path.as_uri(), fileNames="local.nrrd", nodeNames="Local",
        checksums=f"SHA256:{digest}",
    )  # fmt: skip
    assert SampleData.downloadSample("Local").GetName() == "Local"


def test_a_sample_with_a_wrong_checksum_or_on_the_network_is_refused(host, tmp_path):
    import SampleData

    (tmp_path / "a.bin").write_bytes(b"a")
    logic = SampleData.SampleDataLogic()
    with pytest.raises(ValueError, match="Checksum"):
        logic.downloadFileIntoCache((tmp_path / "a.bin").as_uri(), "a.bin", "SHA256:" + 64 * "0")
    with pytest.raises(ValueError, match="network"):
        logic.downloadFileIntoCache("https://example.org/a.bin", "a.bin")


def test_a_custom_downloader_makes_the_sample(host):
    import SampleData

    made = []
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="Host", sampleName="Made", uris=["generated"], fileNames=["made"], nodeNames=["Made"],
        customDownloader=lambda source: made.append(source.sampleName) or [addVolume("Made")],
    )  # fmt: skip
    assert SampleData.downloadSample("Made").GetName() == "Made"
    assert made == ["Made"]


def test_pip_is_refused_and_ensure_asks_for_consent(host):
    import qt
    import slicer

    with pytest.raises(AssertionError, match="installs nothing"):
        slicer.util.pip_install("monai")
    slicer.packaging.missing.add("numpy")
    host.answerNextDialog(qt.QMessageBox.Cancel)
    with pytest.raises(RuntimeError, match="declined"):
        slicer.packaging.pip_ensure(["numpy"], requester="OrthoAI")
    host.answerNextDialog(qt.QMessageBox.Ok)
    slicer.packaging.pip_ensure(["numpy"], requester="OrthoAI")
    assert slicer.packaging.pip_check("numpy")
    assert [call.requirements for call in slicer.packaging.calls] == [("numpy",), ("numpy",)]
