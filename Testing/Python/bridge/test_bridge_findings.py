"""Findings as a table, and their classes back from it."""

import pytest
from bridge_scene import result_on, slicer
from orthoai.errors import InputError
from orthoai.finding import Finding, Measurement, Place
from OrthoAILib.Bridge.FindingsTable import editedFindings, fillTable, setClass, setGrade
from OrthoAILib.Review.FindingRow import FindingRow

WEDGE = Finding(
    "L1",
    "wedge",
    0.87654,
    0.12,
    {"height_mm": Measurement(21.23456, "mm")},
    Place((10.0, 20.0, 30.5), 7),
    ("low contrast", "metal"),
)
CRUSH = Finding("L2", "crush", 0.5)


@pytest.fixture
def table():
    return slicer.vtkMRMLTableNode()


def cells(table, row):
    return {table.GetColumnName(n): table.GetCellText(row, n) for n in range(table.GetNumberOfColumns())}


def test_a_row_tells_a_finding_with_its_place_in_ras(table):
    fillTable(table, [WEDGE])
    assert cells(table, 0) == {
        "Structure": "L1",
        "Finding": "wedge",
        "Probability": "0.877",
        "Uncertainty": "0.12",
        "height_mm": "21.235",
        "Flags": "low contrast; metal",
        "R": "-10",
        "A": "-20",
        "S": "30.5",
        "Slice": "7",
    }
    assert list(cells(table, 0)) == [
        *("Structure", "Finding", "Probability", "Uncertainty", "height_mm", "Flags", "R", "A", "S", "Slice")
    ]


@pytest.mark.parametrize("others", [(), (CRUSH,)], ids=["as numbers", "as text"])
def test_a_loss_is_not_rounded_across_the_cut_of_its_grade(table, others):
    near = {"height_loss": Measurement(0.249961, "1"), "genant_grade": Measurement(1.0, "1")}
    fillTable(table, [Finding("L1", "wedge", 0.9, measurements=near), *others])
    assert cells(table, 0)["height_loss"] == "0.24996"
    (row, *_) = FindingRow.readAll(table)
    assert ("height_loss", "0.24996") in row.details


def test_what_a_finding_does_not_have_is_an_empty_cell(table):
    fillTable(table, [WEDGE, CRUSH])
    row = cells(table, 1)
    assert {name for name, text in row.items() if not text} == {
        *("Uncertainty", "height_mm", "Flags", "R", "A", "S", "Slice")
    }
    assert cells(table, 0)["S"] == "30.5"


def test_numbers_are_numbers_so_that_they_sort(table):
    fillTable(table, [WEDGE])
    columns = table.GetTable()
    assert columns.GetColumnByName("Probability").GetDataTypeAsString() == "double"
    assert columns.GetColumnByName("Slice").GetDataTypeAsString() == "int"


def test_measurements_carry_their_unit(table):
    fillTable(table, [WEDGE])
    assert table.GetColumnUnitLabel("height_mm") == "mm"


def test_nothing_found_is_a_table_with_columns_and_no_rows(table):
    fillTable(table, [])
    assert table.GetNumberOfRows() == 0
    assert table.GetColumnName(0) == "Structure"


def test_filling_twice_leaves_the_second(table):
    fillTable(table, [WEDGE, CRUSH])
    fillTable(table, [CRUSH])
    assert table.GetNumberOfRows() == 1
    assert table.GetColumnIndex("height_mm") == -1


def test_a_user_cannot_type_into_the_table(table):
    fillTable(table, [WEDGE])
    assert table.GetLocked()


def test_a_changed_class_comes_back_and_nothing_else_changes(table):
    fillTable(table, [WEDGE, CRUSH])
    setClass(table, 0, "biconcave")
    first, second = editedFindings(table, [WEDGE, CRUSH])
    assert first == Finding(**{**vars(WEDGE), "label": "biconcave"})
    assert second == CRUSH


def test_a_reviewed_measurement_comes_back_confirmed_and_no_other(table):
    fillTable(table, [WEDGE, CRUSH])
    setGrade(table, 0, "height_mm", 4.0)
    assert editedFindings(table, [WEDGE, CRUSH]) == (WEDGE.with_confirmed("height_mm", 4.0), CRUSH)
    setGrade(table, 0, "height_mm", None)
    assert editedFindings(table, [WEDGE, CRUSH]) == (WEDGE, CRUSH)


def test_what_was_confirmed_before_is_kept(table):
    confirmed = WEDGE.with_confirmed("height_mm", 4.0)
    fillTable(table, [confirmed, CRUSH])
    assert editedFindings(table, [confirmed, CRUSH]) == (confirmed, CRUSH)


def test_a_reviewed_measurement_that_is_no_number_is_an_input_error(table):
    fillTable(table, [WEDGE])
    setGrade(table, 0, "height_mm", 4.0)
    table.SetCellText(0, table.GetColumnIndex("Reviewed height_mm"), "high")
    with pytest.raises(InputError, match='"high"'):
        editedFindings(table, [WEDGE])


@pytest.mark.parametrize("row", [-1, 2])
def test_a_row_that_is_not_there_is_an_index_error(table, row):
    fillTable(table, [WEDGE, CRUSH])
    with pytest.raises(IndexError):
        setClass(table, row, "wedge")
    with pytest.raises(IndexError):
        setGrade(table, row, "height_mm", 1.0)


def test_a_table_that_was_deleted_changes_no_class():
    assert editedFindings(None, [WEDGE]) == (WEDGE,)


def test_a_table_with_a_row_too_few_is_an_input_error(table, oblique):
    findings = result_on(oblique).findings
    fillTable(table, findings)
    table.RemoveRow(0)
    with pytest.raises(InputError, match="one row for each finding"):
        editedFindings(table, findings)
