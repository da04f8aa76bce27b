# Written by tools/cmake_lists.py: run it again instead of editing here.

set(MODULE_PYTHON_SCRIPTS
  OrthoAI.py

  Logic/orthoai/__init__.py
  Logic/orthoai/box.py
  Logic/orthoai/drawn_boxes.py
  Logic/orthoai/errors.py
  Logic/orthoai/finding.py
  Logic/orthoai/foreign_json.py
  Logic/orthoai/geometry.py
  Logic/orthoai/marked_class.py
  Logic/orthoai/marker.py
  Logic/orthoai/output.py
  Logic/orthoai/packed_map.py
  Logic/orthoai/progress.py
  Logic/orthoai/provenance.py
  Logic/orthoai/result.py
  Logic/orthoai/review.py
  Logic/orthoai/stopwatch.py
  Logic/orthoai/versioned_json.py
  Logic/orthoai/volume.py

  Logic/orthoai/cli/__init__.py
  Logic/orthoai/cli/command.py
  Logic/orthoai/cli/dataset.py
  Logic/orthoai/cli/exits.py
  Logic/orthoai/cli/main.py
  Logic/orthoai/cli/models.py
  Logic/orthoai/cli/request.py
  Logic/orthoai/cli/run.py
  Logic/orthoai/cli/supervise.py
  Logic/orthoai/cli/tasks.py
  Logic/orthoai/cli/worker.py

  Logic/orthoai/dataset/__init__.py
  Logic/orthoai/dataset/formats.py
  Logic/orthoai/dataset/identity.py
  Logic/orthoai/dataset/layout.py
  Logic/orthoai/dataset/lineage.py
  Logic/orthoai/dataset/save.py
  Logic/orthoai/dataset/store.py

  Logic/orthoai/dataset/exporters/__init__.py
  Logic/orthoai/dataset/exporters/datalist.py
  Logic/orthoai/dataset/exporters/folder.py
  Logic/orthoai/dataset/exporters/look.py
  Logic/orthoai/dataset/exporters/outline.py
  Logic/orthoai/dataset/exporters/pictures.py
  Logic/orthoai/dataset/exporters/yolo.py

  Logic/orthoai/dataset/importers/__init__.py
  Logic/orthoai/dataset/importers/classes.py
  Logic/orthoai/dataset/importers/coco.py
  Logic/orthoai/dataset/importers/decode.py
  Logic/orthoai/dataset/importers/labelme.py
  Logic/orthoai/dataset/importers/layout.py
  Logic/orthoai/dataset/importers/run_lengths.py
  Logic/orthoai/dataset/importers/shapes.py
  Logic/orthoai/dataset/importers/source.py
  Logic/orthoai/dataset/importers/split.py
  Logic/orthoai/dataset/importers/yolo.py

  Logic/orthoai/detect/__init__.py
  Logic/orthoai/detect/detector.py
  Logic/orthoai/detect/instance.py
  Logic/orthoai/detect/letterbox.py
  Logic/orthoai/detect/masks.py
  Logic/orthoai/detect/nms.py
  Logic/orthoai/detect/onnx_yolo.py
  Logic/orthoai/detect/onnx_yolo_seg.py
  Logic/orthoai/detect/session.py
  Logic/orthoai/detect/tiles.py

  Logic/orthoai/drr/__init__.py
  Logic/orthoai/drr/attenuation.py
  Logic/orthoai/drr/device_sums.py
  Logic/orthoai/drr/host_sums.py
  Logic/orthoai/drr/image.py
  Logic/orthoai/drr/parallel.py
  Logic/orthoai/drr/perspective.py
  Logic/orthoai/drr/pose.py
  Logic/orthoai/drr/tensors.py

  Logic/orthoai/io/__init__.py
  Logic/orthoai/io/checks.py
  Logic/orthoai/io/describe.py
  Logic/orthoai/io/dicom.py
  Logic/orthoai/io/dicom_frame.py
  Logic/orthoai/io/dicom_series.py
  Logic/orthoai/io/dicom_stack.py
  Logic/orthoai/io/digest.py
  Logic/orthoai/io/itk_limits.py
  Logic/orthoai/io/nifti_header.py
  Logic/orthoai/io/nifti_like.py
  Logic/orthoai/io/picture.py
  Logic/orthoai/io/pixels.py
  Logic/orthoai/io/read.py
  Logic/orthoai/io/write.py

  Logic/orthoai/models/__init__.py
  Logic/orthoai/models/calibration.py
  Logic/orthoai/models/card.py
  Logic/orthoai/models/choose.py
  Logic/orthoai/models/hashing.py
  Logic/orthoai/models/onnx_network.py
  Logic/orthoai/models/store.py
  Logic/orthoai/models/warm.py

  Logic/orthoai/segment/__init__.py
  Logic/orthoai/segment/components.py
  Logic/orthoai/segment/device.py
  Logic/orthoai/segment/engine.py
  Logic/orthoai/segment/network.py
  Logic/orthoai/segment/resample.py
  Logic/orthoai/segment/stitch.py
  Logic/orthoai/segment/tensor_file.py

  Logic/orthoai/spine/__init__.py
  Logic/orthoai/spine/body_frame.py
  Logic/orthoai/spine/chain.py
  Logic/orthoai/spine/checks.py
  Logic/orthoai/spine/endplates.py
  Logic/orthoai/spine/genant.py
  Logic/orthoai/spine/given_boxes.py
  Logic/orthoai/spine/heights.py
  Logic/orthoai/spine/in_line.py
  Logic/orthoai/spine/mark.py
  Logic/orthoai/spine/measured.py
  Logic/orthoai/spine/numbered.py
  Logic/orthoai/spine/region.py
  Logic/orthoai/spine/separate.py
  Logic/orthoai/spine/spans.py
  Logic/orthoai/spine/stack.py
  Logic/orthoai/spine/window.py
  Logic/orthoai/spine/worst_first.py

  Logic/orthoai/tasks/__init__.py

  Logic/orthoai/tasks/disc/__init__.py
  Logic/orthoai/tasks/disc/classify.py
  Logic/orthoai/tasks/disc/contrast.py
  Logic/orthoai/tasks/disc/crop.py
  Logic/orthoai/tasks/disc/engines.py
  Logic/orthoai/tasks/disc/findings.py
  Logic/orthoai/tasks/disc/given.py
  Logic/orthoai/tasks/disc/gradcam.py
  Logic/orthoai/tasks/disc/grades.py
  Logic/orthoai/tasks/disc/instances.py
  Logic/orthoai/tasks/disc/labels.py
  Logic/orthoai/tasks/disc/levels.py
  Logic/orthoai/tasks/disc/locate.py
  Logic/orthoai/tasks/disc/marked.py
  Logic/orthoai/tasks/disc/measure.py
  Logic/orthoai/tasks/disc/midslice.py
  Logic/orthoai/tasks/disc/picture.py
  Logic/orthoai/tasks/disc/pipeline.py
  Logic/orthoai/tasks/disc/plane.py
  Logic/orthoai/tasks/disc/scale.py
  Logic/orthoai/tasks/disc/search.py
  Logic/orthoai/tasks/disc/segment.py
  Logic/orthoai/tasks/disc/session.py
  Logic/orthoai/tasks/disc/spine.py
  Logic/orthoai/tasks/disc/task.py

  Logic/orthoai/tasks/femur/__init__.py
  Logic/orthoai/tasks/femur/assemble.py
  Logic/orthoai/tasks/femur/body.py
  Logic/orthoai/tasks/femur/candidates.py
  Logic/orthoai/tasks/femur/crop.py
  Logic/orthoai/tasks/femur/engines.py
  Logic/orthoai/tasks/femur/findings.py
  Logic/orthoai/tasks/femur/fuse.py
  Logic/orthoai/tasks/femur/given.py
  Logic/orthoai/tasks/femur/locate.py
  Logic/orthoai/tasks/femur/pipeline.py
  Logic/orthoai/tasks/femur/view_box.py

  Logic/orthoai/tasks/fracture/__init__.py
  Logic/orthoai/tasks/fracture/engines.py
  Logic/orthoai/tasks/fracture/evidence.py
  Logic/orthoai/tasks/fracture/findings.py
  Logic/orthoai/tasks/fracture/fuse.py
  Logic/orthoai/tasks/fracture/given.py
  Logic/orthoai/tasks/fracture/mark.py
  Logic/orthoai/tasks/fracture/pipeline.py
  Logic/orthoai/tasks/fracture/planes.py
  Logic/orthoai/tasks/fracture/task.py
  Logic/orthoai/tasks/fracture/vote.py

  Logic/orthoai/tasks/ovf/__init__.py
  Logic/orthoai/tasks/ovf/eigencam.py
  Logic/orthoai/tasks/ovf/engines.py
  Logic/orthoai/tasks/ovf/findings.py
  Logic/orthoai/tasks/ovf/given.py
  Logic/orthoai/tasks/ovf/join.py
  Logic/orthoai/tasks/ovf/labels.py
  Logic/orthoai/tasks/ovf/outline.py
  Logic/orthoai/tasks/ovf/outline_network.py
  Logic/orthoai/tasks/ovf/pipeline.py
  Logic/orthoai/tasks/ovf/slices.py
  Logic/orthoai/tasks/ovf/task.py
  Logic/orthoai/tasks/ovf/weighed.py

  Logic/orthoai/worker/__init__.py
  Logic/orthoai/worker/__main__.py
  Logic/orthoai/worker/channel.py
  Logic/orthoai/worker/child.py
  Logic/orthoai/worker/client.py
  Logic/orthoai/worker/events.py
  Logic/orthoai/worker/exchange.py
  Logic/orthoai/worker/extents.py
  Logic/orthoai/worker/launch.py
  Logic/orthoai/worker/leftovers.py
  Logic/orthoai/worker/mailbox.py
  Logic/orthoai/worker/perform.py
  Logic/orthoai/worker/protocol.py
  Logic/orthoai/worker/requests.py
  Logic/orthoai/worker/server.py
  Logic/orthoai/worker/state.py
  Logic/orthoai/worker/thin.py
  Logic/orthoai/worker/tree.py
  Logic/orthoai/worker/verbs.py
  Logic/orthoai/worker/wording.py

  OrthoAILib/__init__.py
  OrthoAILib/ErrorLog.py
  OrthoAILib/ParameterNode.py
  OrthoAILib/Signal.py

  OrthoAILib/Bridge/__init__.py
  OrthoAILib/Bridge/Extent.py
  OrthoAILib/Bridge/FindingsTable.py
  OrthoAILib/Bridge/Grid.py
  OrthoAILib/Bridge/Hierarchy.py
  OrthoAILib/Bridge/ImageStamp.py
  OrthoAILib/Bridge/MaskArchive.py
  OrthoAILib/Bridge/Masks.py
  OrthoAILib/Bridge/PreparedResult.py
  OrthoAILib/Bridge/ResultBridge.py
  OrthoAILib/Bridge/ResultNodes.py
  OrthoAILib/Bridge/ResultVisibility.py
  OrthoAILib/Bridge/ReviewBridge.py
  OrthoAILib/Bridge/RoiBoxes.py
  OrthoAILib/Bridge/Segments.py
  OrthoAILib/Bridge/Terminology.py
  OrthoAILib/Bridge/VolumeBridge.py

  OrthoAILib/Install/__init__.py
  OrthoAILib/Install/Dependencies.py
  OrthoAILib/Install/Requirements.py
  OrthoAILib/Install/SlicerPackages.py
  OrthoAILib/Install/TorchExtension.py
  OrthoAILib/Install/Wheels.py

  OrthoAILib/Panels/__init__.py
  OrthoAILib/Panels/AdvancedPanel.py
  OrthoAILib/Panels/Ask.py
  OrthoAILib/Panels/BoxList.py
  OrthoAILib/Panels/CaseLoader.py
  OrthoAILib/Panels/CaseWalk.py
  OrthoAILib/Panels/ExportForm.py
  OrthoAILib/Panels/FindingsTable.py
  OrthoAILib/Panels/Form.py
  OrthoAILib/Panels/InputPanel.py
  OrthoAILib/Panels/MainPanel.py
  OrthoAILib/Panels/MaskEditor.py
  OrthoAILib/Panels/MessageLine.py
  OrthoAILib/Panels/OnScreen.py
  OrthoAILib/Panels/ResultPanel.py
  OrthoAILib/Panels/ReviewExport.py
  OrthoAILib/Panels/ReviewPanel.py
  OrthoAILib/Panels/ReviewParts.py
  OrthoAILib/Panels/Shortcuts.py
  OrthoAILib/Panels/TaskPanel.py
  OrthoAILib/Panels/VerdictButtons.py
  OrthoAILib/Panels/WorklistRow.py

  OrthoAILib/Review/__init__.py
  OrthoAILib/Review/ActiveTime.py
  OrthoAILib/Review/ActivityWatch.py
  OrthoAILib/Review/BoxWatch.py
  OrthoAILib/Review/CaseState.py
  OrthoAILib/Review/CaseWriter.py
  OrthoAILib/Review/Command.py
  OrthoAILib/Review/EditHistory.py
  OrthoAILib/Review/ExportController.py
  OrthoAILib/Review/ExportRequest.py
  OrthoAILib/Review/FindingRow.py
  OrthoAILib/Review/FindingsWatch.py
  OrthoAILib/Review/ImageFolder.py
  OrthoAILib/Review/ImageWatch.py
  OrthoAILib/Review/MaskPrint.py
  OrthoAILib/Review/MaskWatch.py
  OrthoAILib/Review/MoveBox.py
  OrthoAILib/Review/ReviewSession.py
  OrthoAILib/Review/ReviewState.py
  OrthoAILib/Review/SetFindingClass.py
  OrthoAILib/Review/SliceJump.py
  OrthoAILib/Review/UndoStack.py
  OrthoAILib/Review/Wording.py
  OrthoAILib/Review/Worklist.py
  OrthoAILib/Review/WorklistFile.py

  OrthoAILib/Run/__init__.py
  OrthoAILib/Run/Collaborators.py
  OrthoAILib/Run/DependencyCheck.py
  OrthoAILib/Run/ExportCache.py
  OrthoAILib/Run/FolderLock.py
  OrthoAILib/Run/GuiTimer.py
  OrthoAILib/Run/InSlicer.py
  OrthoAILib/Run/ResultReading.py
  OrthoAILib/Run/RunController.py
  OrthoAILib/Run/RunJob.py
  OrthoAILib/Run/RunOutcome.py
  OrthoAILib/Run/RunState.py
  OrthoAILib/Run/SceneGuard.py
  OrthoAILib/Run/VolumeExport.py
  OrthoAILib/Run/WorkerInSlicer.py

  OrthoAILib/Sample/__init__.py
  OrthoAILib/Sample/HipSample.py
  )

set(MODULE_PYTHON_RESOURCES
  Logic/orthoai/py.typed

  Resources/requirements.txt

  Resources/Icons/OrthoAI.png
  Resources/Icons/OrthoAI_hips.png

  Resources/Models/femur_two_stage/detector.onnx
  Resources/Models/femur_two_stage/metadata.json
  Resources/Models/femur_two_stage/README.md
  Resources/Models/femur_two_stage/segmenter.safetensors

  Resources/Models/lumbar_disc/classifier.onnx
  Resources/Models/lumbar_disc/classifier_1.onnx
  Resources/Models/lumbar_disc/classifier_2.onnx
  Resources/Models/lumbar_disc/discs.onnx
  Resources/Models/lumbar_disc/lumbar.onnx
  Resources/Models/lumbar_disc/metadata.json
  Resources/Models/lumbar_disc/README.md
  Resources/Models/lumbar_disc/segmenter.onnx

  Resources/Models/spine_fracture/axial.onnx
  Resources/Models/spine_fracture/metadata.json
  Resources/Models/spine_fracture/README.md
  Resources/Models/spine_fracture/sagittal.onnx

  Resources/Models/vertebral_fractures/detector.onnx
  Resources/Models/vertebral_fractures/metadata.json
  Resources/Models/vertebral_fractures/outline.onnx
  Resources/Models/vertebral_fractures/README.md

  Resources/Sample/OrthoAI_hips.nrrd

  Resources/Terminology/SegmentationCategoryTypeModifier-OrthoAI.term.json

  Resources/UI/AdvancedPanel.ui
  Resources/UI/InputPanel.ui
  Resources/UI/OrthoAI.ui
  Resources/UI/ResultPanel.ui
  Resources/UI/ReviewPanel.ui
  Resources/UI/TaskPanel.ui
  )
