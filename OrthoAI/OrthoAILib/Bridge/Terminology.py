"""Standard codes, names and colors of what the tasks mark."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import slicer
from orthoai.tasks import Label, Task, all_tasks

CONTEXT = "Segmentation category and type - OrthoAI"
"""Name under which Slicer lists the codes."""

FILE = (
    Path(__file__).resolve().parents[2]
    / "Resources"
    / "Terminology"
    / ("SegmentationCategoryTypeModifier-OrthoAI.term.json")
)
"""Made by :meth:`Terminology.toJson`; a test holds the two together."""

SCHEMA = "https://raw.githubusercontent.com/qiicr/dcmqi/master/doc/schemas/segment-context-schema.json#"
"""The name by which Slicer recognizes the format; nothing is loaded from there."""

SCHEME = "SCT"
"""SNOMED CT, as DICOM abbreviates it."""

CATEGORIES = {
    "anatomical_structure": ("123037004", "Anatomical Structure"),
    "morphologically_abnormal_structure": ("49755003", "Morphologically Abnormal Structure"),
}
"""Code and meaning by Label.category (DICOM PS3.16, CID 7150)."""

OTHER = ("85756007", "Tissue")
"""What is said of a structure whose task is not installed here."""

COLORS = ((0, 158, 115), (204, 121, 167), (240, 228, 66), (0, 114, 178), (213, 94, 0))
"""For such structures: of the Okabe-Ito palette, told apart with any color vision."""


class Terminology:
    """The labels of the registered tasks in Slicer's words.

    Args:
        tasks: in place of the registered ones.
    """

    def __init__(self, tasks: Sequence[Task] | None = None) -> None:
        self.tasks = tuple(all_tasks() if tasks is None else tasks)

    def labels(self, taskName: str, names: dict[int, str]) -> tuple[Label, ...]:
        """The labels of a result, by value: those of its task, and stand-ins for names that the task does not know.

        Args:
            taskName: of the result.
            names: structure name by value, as in Result.labels.
        """
        known = {label.name: label for task in self.tasks if task.name == taskName for label in task.labels}
        return tuple(
            known.get(name) or Label(name, value, COLORS[value % len(COLORS)], *OTHER)
            for value, name in sorted(names.items())
        )

    def title(self, taskName: str) -> str:
        """What the button of a task says; the task's name where it is not installed."""
        return next((task.title for task in self.tasks if task.name == taskName), taskName)

    @staticmethod
    def displayName(name: str) -> str:
        """A structure's name for people: "femur_left" reads "Femur left"."""
        words = name.replace("_", " ").strip()
        return words[:1].upper() + words[1:]

    @staticmethod
    def entry(label: Label) -> str:
        """Slicer's serialized terminology entry: context, category, type, modifier, and no separate region."""
        codes = [CATEGORIES[label.category], (label.snomed_code, label.snomed_meaning)]
        parts = [f"{SCHEME}^{code}^{meaning}" for code, meaning in codes]
        modifier = f"{SCHEME}^{label.modifier_code}^{label.modifier_meaning}" if label.modifier_code else "^^"
        return "~".join([CONTEXT, *parts, modifier, "", "^^", "^^"])

    def toJson(self) -> str:
        """Content of FILE: in each category one type for each SNOMED concept, with its modifiers below it."""
        categories: dict[str, dict[str, dict[str, Any]]] = {}
        for label in (label for task in self.tasks for label in task.labels):
            types = categories.setdefault(label.category, {})
            kind = types.setdefault(label.snomed_code, _code(label.snomed_code, label.snomed_meaning))
            if label.modifier_code:
                modifier = {"recommendedDisplayRGBValue": list(label.color)}
                modifier |= _code(label.modifier_code, label.modifier_meaning)
                kind.setdefault("Modifier", []).append(modifier)
            kind.setdefault("recommendedDisplayRGBValue", list(label.color))
        listed = [
            {**_code(*CATEGORIES[name]), "showAnatomy": False, "Type": list(types.values())}
            for name, types in categories.items()
        ]
        content = {
            "SegmentationCategoryTypeContextName": CONTEXT,
            "@schema": SCHEMA,
            "SegmentationCodes": {"Category": listed},
        }
        return json.dumps(content, indent=2) + "\n"

    def load(self, logic: slicer.vtkSlicerTerminologiesModuleLogic) -> bool:
        """Give Slicer the codes, so that its selectors list them. False when it would not take the file."""
        return bool(logic.LoadTerminologyFromFile(str(FILE)))


def _code(value: str, meaning: str) -> dict[str, Any]:
    return {"CodingSchemeDesignator": SCHEME, "CodeValue": value, "CodeMeaning": meaning}
