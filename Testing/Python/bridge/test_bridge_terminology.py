"""Standard codes: the file that Slicer loads and the tags of the segments say the same."""

import json

import pytest
from bridge_scene import fracture_task, result_on, slicer, vtk
from orthoai.tasks import Label, all_tasks, get_task
from OrthoAILib.Bridge.ResultBridge import ResultBridge
from OrthoAILib.Bridge.Terminology import CATEGORIES, CONTEXT, FILE, Terminology

TAG = (
    "Segmentation category and type - OrthoAI~SCT^123037004^Anatomical Structure~SCT^71341001^Femur"
    "~SCT^7771000^Left~~^^~^^"
)

LABELS = [label for task in all_tasks() for label in task.labels]


def code_of(label):
    return label.category, label.snomed_code, label.modifier_code


@pytest.fixture(scope="module")
def loaded():
    """Slicer's terminology logic with OrthoAI's file."""
    logic = slicer.vtkSlicerTerminologiesModuleLogic()
    assert Terminology().load(logic)
    return logic


def test_the_file_is_what_the_tasks_say():
    assert FILE.read_text(encoding="utf-8") == Terminology().toJson()


def test_slicer_lists_it_under_its_name(loaded):
    names = vtk.vtkStringArray()
    loaded.GetLoadedTerminologyNames(names)
    assert [names.GetValue(n) for n in range(names.GetNumberOfValues())] == [CONTEXT]


def test_the_tag_of_the_left_femur_has_its_seven_parts():
    tag = Terminology.entry(get_task("femur").label("femur_left"))
    assert tag == TAG
    assert len(tag.split("~")) == 7


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label.name)
def test_slicer_reads_each_tag_as_the_code_that_was_meant(loaded, label):
    entry = slicer.vtkSlicerTerminologyEntry()
    assert loaded.DeserializeTerminologyEntry(Terminology.entry(label), entry)
    assert entry.GetTerminologyContextName() == CONTEXT
    assert loaded.UpdateEntryFromLoadedTerminologies(entry, [CONTEXT], [])  # from the file: the colors
    assert loaded.SerializeTerminologyEntry(entry) == Terminology.entry(label)
    kind = entry.GetTypeObject()
    assert (kind.GetCodingSchemeDesignator(), kind.GetCodeValue()) == ("SCT", label.snomed_code)
    assert kind.GetCodeMeaning() == label.snomed_meaning
    modifier = entry.GetTypeModifierObject()
    assert (modifier.GetCodeValue() or "", modifier.GetCodeMeaning() or "") == (
        label.modifier_code,
        label.modifier_meaning,
    )
    shown = modifier if label.modifier_code else kind
    # Labels of one code, such as kinds of fractures, share its color in the list; their segments have their own.
    first = next(each for each in LABELS if code_of(each) == code_of(label))
    assert shown.GetRecommendedDisplayRGBValue() == first.color


def test_segments_carry_the_tag(workplace, oblique):
    nodes = ResultBridge(workplace.scene).show(result_on(oblique), workplace.volume_on(oblique))
    assert nodes.segmentation.GetSegmentation().GetSegment("femur_left").GetTerminology() == TAG


def test_a_file_that_is_not_there_is_not_taken(monkeypatch, tmp_path):
    from OrthoAILib.Bridge import Terminology as module

    monkeypatch.setattr(module, "FILE", tmp_path / "none.term.json")
    assert not Terminology().load(slicer.vtkSlicerTerminologiesModuleLogic())


def test_a_type_is_listed_once_with_its_modifiers_below():
    content = json.loads(Terminology().toJson())
    category = content["SegmentationCodes"]["Category"][0]
    assert category["CodeMeaning"] == "Anatomical Structure"
    codes = [kind["CodeValue"] for kind in category["Type"]]
    assert len(codes) == len(set(codes))
    femur = category["Type"][codes.index("71341001")]
    assert [modifier["CodeMeaning"] for modifier in femur["Modifier"]] == ["Left", "Right"]


def test_what_is_abnormal_has_a_category_of_its_own(monkeypatch, tmp_path):
    from OrthoAILib.Bridge import Terminology as module

    file = tmp_path / "made_up.term.json"
    words = Terminology([get_task("femur"), fracture_task()])
    file.write_text(words.toJson(), encoding="utf-8")
    categories = json.loads(file.read_text())["SegmentationCodes"]["Category"]
    assert [(each["CodeValue"], len(each["Type"])) for each in categories] == [("123037004", 1), ("49755003", 3)]
    monkeypatch.setattr(module, "FILE", file)
    logic = slicer.vtkSlicerTerminologiesModuleLogic()
    assert words.load(logic)
    for label in fracture_task().labels:
        entry = slicer.vtkSlicerTerminologyEntry()
        assert logic.DeserializeTerminologyEntry(Terminology.entry(label), entry)
        assert logic.UpdateEntryFromLoadedTerminologies(entry, [CONTEXT], [])
        assert entry.GetCategoryObject().GetCodeMeaning() == "Morphologically Abnormal Structure"
        assert entry.GetTypeObject().GetRecommendedDisplayRGBValue() == label.color


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label.name)
def test_every_category_of_a_label_is_known(label):
    assert label.category in CATEGORIES


def test_names_are_written_for_people():
    assert Terminology.displayName("femur_left") == "Femur left"
    assert Terminology.displayName("L1") == "L1"


def test_labels_come_by_value_and_unknown_ones_get_a_stand_in():
    left, other = Terminology().labels("femur", {7: "patella", 1: "femur_left"})
    assert left.snomed_code == "71341001"
    assert (other.name, other.value, other.snomed_meaning) == ("patella", 7, "Tissue")
    assert isinstance(other, Label)


def test_titles_are_those_of_the_buttons():
    assert Terminology().title("femur") == "Segment Femur"
    assert Terminology().title("knee") == "knee"
