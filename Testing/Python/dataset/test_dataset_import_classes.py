"""The names that classes have elsewhere."""

from __future__ import annotations

import pytest
from orthoai.dataset.importers.classes import ALIASES, VERTEBRAL_FRACTURES, ClassTable
from orthoai.errors import InputError


@pytest.mark.parametrize(
    ("label", "name"),
    [("ys", "crush"), ("XX", "wedge"), ("sa ", "biconcave"), ("Wedge fracture", "wedge"), ("bi-concave", "biconcave"),
     ("no fracture", "normal"), ("Normal", "normal"), ("Crush_Fracture", "crush")],
)  # fmt: skip
def test_other_names_of_a_class_are_known(label: str, name: str) -> None:
    assert ClassTable().number(label, "a.json") == VERTEBRAL_FRACTURES.index(name)


def test_every_alias_is_of_a_class_and_no_class_is_an_alias() -> None:
    assert set(ALIASES.values()) <= set(VERTEBRAL_FRACTURES)
    assert not set(ALIASES) & set(VERTEBRAL_FRACTURES)


def test_classes_of_ones_own_take_only_the_aliases_that_they_have() -> None:
    table = ClassTable(("sacrum", "wedge"), skips_others=True)
    assert [table.number(label, "a.json") for label in ("Sacrum", "xx", "ys", "sa")] == [0, 1, None, None]


def test_a_foreign_class_is_refused_with_the_known_ones_and_two_of_one_name_too() -> None:
    with pytest.raises(InputError, match=r'a.json has an object of class "rib", .* crush, wedge, biconcave, normal'):
        ClassTable().number("rib", "a.json")
    with pytest.raises(InputError, match="same name"):
        ClassTable(("wedge", "Wedge "))
    with pytest.raises(InputError, match="printable"):
        ClassTable(("wedge", "a\nb"))
