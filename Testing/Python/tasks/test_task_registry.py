"""Tasks are found in their folder and carry what front ends need."""

from __future__ import annotations

import pytest
from orthoai.errors import InputError
from orthoai.tasks import RunOptions, all_tasks, get_task


def test_the_femur_task_is_registered():
    assert "femur" in [task.name for task in all_tasks()]
    assert get_task("femur").title == "Segment Femur"


def test_an_unknown_task_lists_the_known_ones():
    with pytest.raises(InputError, match=r'no task "tibia": choose one of .*femur'):
        get_task("tibia")


@pytest.mark.parametrize("task", all_tasks(), ids=lambda task: task.name)
def test_every_task_is_complete(task):
    assert task.title and task.summary and task.modality and task.default_model
    values = [label.value for label in task.labels]
    assert len(set(values)) == len(values) and min(values) > 0 and max(values) < 256
    assert len({label.name for label in task.labels}) == len(values)
    assert len({label.color for label in task.labels}) == len(values)
    for label in task.labels:
        assert label.snomed_code.isdecimal() and label.snomed_meaning
        assert bool(label.modifier_code) == bool(label.modifier_meaning)
        assert all(0 <= part <= 255 for part in label.color)


def test_the_femora_are_coded_with_their_sides():
    task = get_task("femur")
    assert task.label_table == {1: "femur_left", 2: "femur_right"}
    left, right = task.label("femur_left"), task.label("femur_right")
    assert left.snomed_code == right.snomed_code == "71341001"
    assert (left.modifier_code, left.modifier_meaning) == ("7771000", "Left")
    assert (right.modifier_code, right.modifier_meaning) == ("24028007", "Right")
    with pytest.raises(KeyError):
        task.label("tibia")


def test_options_default_to_the_tasks_own_choices():
    assert RunOptions() == RunOptions(device="auto", model=None, confidence=None, boxes=())
