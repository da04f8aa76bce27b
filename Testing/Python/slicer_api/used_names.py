"""Which names of slicer, qt and ctk some code uses: from its syntax alone, without running it."""

from __future__ import annotations

import ast
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOTS = ("slicer", "qt", "ctk")

OWN = ("slicer.modules.OrthoAI", "slicer.modules.orthoai")
"""What Slicer makes of our own module."""

UI_HOLDERS = ("ui", "_ui")
"""Attributes and variables that hold the widgets of a .ui file by their names."""

CONNECTING = ("connect", "disconnect")

WIDGETS = ("Q", "ctk", "qMRML", "qSlicer")
"""Classes whose instances are followed. MRML nodes are not: with them the tests run on Slicer's own code anyway."""

RETURNS = {
    "slicer.app.style": "qt.QStyle",
    "qt.QStyle.standardIcon": "qt.QIcon",
    "slicer.app.layoutManager": "slicer.qSlicerLayoutManager",
    "slicer.qSlicerLayoutManager.sliceWidget": "slicer.qMRMLSliceWidget",
    "slicer.qSlicerLayoutManager.threeDWidget": "slicer.qMRMLThreeDWidget",
    "slicer.qMRMLSliceWidget.sliceView": "slicer.qMRMLSliceView",
    "slicer.qMRMLThreeDWidget.threeDView": "slicer.qMRMLThreeDView",
    "slicer.app.extensionsManagerModel": "slicer.qSlicerExtensionsManagerModel",
    "slicer.app.settings": "qt.QSettings",
    "slicer.app.userSettings": "qt.QSettings",
    "slicer.app.coreIOManager": "slicer.qSlicerCoreIOManager",
    "slicer.app.commandOptions": "slicer.qSlicerCommandOptions",
    "slicer.util.mainWindow": "slicer.qSlicerMainWindow",
}
"""What some calls return."""

THROUGH_COLLABORATORS = (
    "slicer.packaging.pip_ensure",
    "slicer.qSlicerExtensionsManagerModel.installExtensionFromServer",
    "slicer.qSlicerExtensionsManagerModel.interactive",
)
"""Names that OrthoAILib/Install uses on objects that it is handed, where syntax does not show whose they are."""


@dataclass(frozen=True, order=True)
class Use:
    """A name and where it is used.

    Attributes:
        name: dotted, such as "slicer.util.loadUI"; members of instances count as the class's, such as
            "qt.QTimer.start"; signals and slots carry their arguments, such as "qt.QTimer.timeout()".
        place: file and line.
    """

    name: str
    place: str


Classes = Mapping[str, frozenset[str]]
"""Widget classes by object name, of all .ui files."""


def qualified(class_name: str) -> str:
    """A widget class with the module that has it: "QLabel" is qt.QLabel, "qMRMLWidget" is slicer.qMRMLWidget."""
    if class_name.startswith("ctk"):
        return f"ctk.{class_name}"
    return f"qt.{class_name}" if class_name.startswith("Q") else f"slicer.{class_name}"


def object_classes(ui_files: Iterable[Path]) -> Classes:
    """The classes of every named widget and layout."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in ui_files:
        for element in ElementTree.parse(path).iter():
            if element.tag in ("widget", "layout", "action"):
                found[element.get("name", "")].add(qualified(element.get("class", "QAction")))
    return {name: frozenset(classes) for name, classes in found.items()}


def used_in_ui(path: Path) -> Iterator[Use]:
    """Classes, properties of classes that are not Qt's own, and connections of a .ui file."""
    root = ElementTree.parse(path).getroot()
    classes = object_classes([path])
    for element in root.iter():
        if element.tag in ("widget", "layout"):
            name = qualified(element.get("class", ""))
            yield Use(name, path.name)
            if not name.startswith("qt."):
                properties = (child for child in element if child.tag == "property" and child.get("stdset") != "0")
                yield from (Use(f"{name}.{child.get('name')}", path.name) for child in properties)
        elif element.tag == "connection":
            for end, member in (("sender", "signal"), ("receiver", "slot")):
                for owner in classes[element.findtext(end, "")]:
                    yield Use(f"{owner}.{element.findtext(member)}", path.name)


def used_in_code(source: str, file: str, classes: Classes) -> Iterator[Use]:
    """Every name of slicer, qt and ctk in Python code."""
    tree = ast.parse(source)
    reader = _Reader(classes, tree)
    for node in ast.walk(tree):
        for name in reader.names(node):
            if not name.startswith(OWN):
                yield Use(name, f"{file}:{getattr(node, 'lineno', 0)}")


class _Reader:
    """Knows what the variables of one file stand for."""

    def __init__(self, classes: Classes, tree: ast.Module) -> None:
        self._classes = classes
        self._known: dict[tuple[ast.AST | None, str], frozenset[str]] = {}
        self._scopes: dict[ast.AST, ast.AST] = {}
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            # ast.walk goes from the outside in, so the innermost function is what stays.
            self._scopes.update(dict.fromkeys(ast.walk(function), function))
        for node in ast.walk(tree):
            self._learn_import(node)
        # Twice, for variables of variables.
        for _ in range(2):
            for node in ast.walk(tree):
                if isinstance(node, ast.Assign):
                    self._learn(node, node.targets, node.value)
                elif isinstance(node, ast.AnnAssign) and node.value is not None:
                    self._learn(node, [node.target], node.value)

    def _learn_import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                if root in ROOTS:
                    self._known[None, alias.asname or root] = frozenset({alias.name if alias.asname else root})
        elif isinstance(node, ast.ImportFrom) and _is_ours(node.module):
            for alias in node.names:
                self._known[None, alias.asname or alias.name] = frozenset({f"{node.module}.{alias.name}"})

    def _learn(self, node: ast.AST, targets: list[ast.expr], value: ast.expr) -> None:
        """Variables of a function, and attributes of the file's objects, stand for what is assigned to them."""
        meaning = self._meaning(value)
        for target in targets:
            if isinstance(target, ast.Name):
                self._known[self._scopes.get(node), target.id] = meaning
            elif isinstance(target, ast.Attribute) and meaning and not self._meaning(target.value):
                self._known[None, ast.unparse(target)] = meaning

    def names(self, node: ast.AST) -> Iterator[str]:
        """What ``node`` itself uses."""
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom) and _is_ours(node.module):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield from self._members(node.value, node.attr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CONNECTING:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield from self._members(node.func.value, first.value)

    def _members(self, owner: ast.expr, member: str) -> frozenset[str]:
        return frozenset(f"{name}.{member}" for name in self._meaning(owner))

    def _meaning(self, node: ast.expr) -> frozenset[str]:
        """The dotted names that an expression may stand for; empty where unknown."""
        if isinstance(node, ast.Name | ast.Attribute):
            text = ast.unparse(node)
            for scope in (self._scopes.get(node), None):
                if (scope, text) in self._known:
                    return self._known[scope, text]
        if isinstance(node, ast.Attribute):
            if _holds_ui(node.value):
                return self._classes.get(node.attr, frozenset())
            return self._members(node.value, node.attr)
        if isinstance(node, ast.Call):
            returned = (_returned(name) for name in self._meaning(node.func))
            return frozenset(name for name in returned if name)
        return frozenset()


def _returned(name: str) -> str:
    """The class of what calling ``name`` gives: a widget class itself, or one of RETURNS; empty where unknown."""
    return name if name.rpartition(".")[2].startswith(WIDGETS) else RETURNS.get(name, "")


def _is_ours(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] in ROOTS


def _holds_ui(node: ast.expr) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr in UI_HOLDERS) or (
        isinstance(node, ast.Name) and node.id in UI_HOLDERS
    )


def used_in_project(root: Path) -> list[Use]:
    """All uses in the Slicer module, its library, its .ui files and its self-tests."""
    ui_files = sorted((root / "OrthoAI" / "Resources" / "UI").glob("*.ui"))
    classes = object_classes(ui_files)
    scripts = [root / "OrthoAI" / "OrthoAI.py"]
    scripts += [*(root / "OrthoAI" / "OrthoAILib").rglob("*.py"), *(root / "Testing" / "Slicer").rglob("*.py")]
    uses = [use for path in ui_files for use in used_in_ui(path)]
    uses += [Use(name, "OrthoAI/OrthoAILib/Install") for name in THROUGH_COLLABORATORS]
    for path in sorted(path for path in scripts if path.is_file()):
        uses += used_in_code(path.read_text(encoding="utf-8"), str(path.relative_to(root)), classes)
    return sorted(set(uses))
