"""How one parameter is kept in a vtkMRMLScriptedModuleNode: text for values, node references for nodes.

The text is the one that Slicer writes, so that scenes go both ways.
"""

from __future__ import annotations

import enum
import pathlib
import types
import typing
from typing import Any

import slicer

from .annotations import IsInstance, NotNone, Validator

PATH_TYPES = (pathlib.Path, pathlib.PosixPath, pathlib.WindowsPath, pathlib.PurePath)


class Serializer:
    """A value kept as text under its parameter's name."""

    def __init__(self, kind: type, default: Any, validators: list[Validator]) -> None:
        self.kind, self.default, self.validators = kind, default, validators

    def toText(self, value: Any) -> str:
        return str(value)

    def fromText(self, text: str) -> Any:
        return self.kind(text)

    def isIn(self, node: Any, name: str) -> bool:
        return bool(node.HasParameter(name))

    def read(self, node: Any, name: str) -> Any:
        return self.fromText(node.GetParameter(name))

    def write(self, node: Any, name: str, value: Any) -> None:
        for validator in self.validators:
            validator.validate(value)
        self.store(node, name, value)

    def store(self, node: Any, name: str, value: Any) -> None:
        node.SetParameter(name, self.toText(value))

    def remove(self, node: Any, name: str) -> None:
        node.UnsetParameter(name)


class BoolSerializer(Serializer):
    def toText(self, value: bool) -> str:
        return "True" if value else "False"

    def fromText(self, text: str) -> bool:
        return text == "True"


class EnumSerializer(Serializer):
    def toText(self, value: enum.Enum) -> str:
        return value.name

    def fromText(self, text: str) -> enum.Enum:
        return self.kind[text]  # type: ignore[index]


class NodeSerializer(Serializer):
    """A node reference, with an empty parameter that says that None was chosen."""

    def read(self, node: Any, name: str) -> Any:
        return node.GetNodeReference(name)

    def store(self, node: Any, name: str, value: Any) -> None:
        node.SetParameter(name, "")
        node.SetNodeReferenceID(name, value.GetID() if value is not None else None)

    def remove(self, node: Any, name: str) -> None:
        node.UnsetParameter(name)
        node.RemoveNodeReferenceIDs(name)


class NoneSerializer(Serializer):
    def fromText(self, text: str) -> None:
        return None


class UnionSerializer(Serializer):
    """One of several types: each keeps its value under ``name.index``."""

    def __init__(self, members: list[Serializer], validators: list[Validator]) -> None:
        optional = isinstance(members[-1], NoneSerializer) and len(members) == 2
        super().__init__(object, None if optional else members[0].default, validators)
        self._members = members

    def isIn(self, node: Any, name: str) -> bool:
        return any(member.isIn(node, f"{name}.{index}") for index, member in enumerate(self._members))

    def read(self, node: Any, name: str) -> Any:
        for index, member in enumerate(self._members):
            if member.isIn(node, f"{name}.{index}"):
                return member.read(node, f"{name}.{index}")
        raise KeyError(f"no value for the parameter {name}")

    def store(self, node: Any, name: str, value: Any) -> None:
        index = self._memberFor(value)
        self.remove(node, name)
        self._members[index].write(node, f"{name}.{index}", value)

    def remove(self, node: Any, name: str) -> None:
        for index, member in enumerate(self._members):
            member.remove(node, f"{name}.{index}")

    def _memberFor(self, value: Any) -> int:
        for index, member in enumerate(self._members):
            if isinstance(value, member.kind):
                return index
        raise TypeError(f"Unable to write value '{value}' of type '{type(value)}'")


def splitAnnotations(kind: Any) -> tuple[Any, list[Any]]:
    """``Annotated[float, a, b]`` -> float, [a, b]; other types have no annotations."""
    if typing.get_origin(kind) is typing.Annotated:
        base, *annotations = typing.get_args(kind)
        return base, annotations
    return kind, []


def isUnion(kind: Any) -> bool:
    return typing.get_origin(kind) in (typing.Union, types.UnionType)


def makeSerializer(kind: Any) -> Serializer:
    """The serializer of a (possibly annotated) type. Raises TypeError for a type that the host does not keep."""
    base, annotations = splitAnnotations(kind)
    limits = [item for item in annotations if isinstance(item, Validator)]
    if isUnion(base):
        return UnionSerializer([makeSerializer(member) for member in typing.get_args(base)], limits)
    if base is type(None):
        return NoneSerializer(type(None), None, limits)
    if base is bool:
        return BoolSerializer(bool, False, [NotNone(), IsInstance(bool), *limits])
    if base is int:
        return Serializer(int, 0, [NotNone(), IsInstance(int), *limits])
    if base is float:
        return Serializer(float, 0, [NotNone(), IsInstance((float, int)), *limits])
    if base is str:
        return Serializer(str, "", [NotNone(), IsInstance(str), *limits])
    if base in PATH_TYPES:
        return Serializer(base, base(), [NotNone(), IsInstance(pathlib.PurePath), *limits])
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return EnumSerializer(base, next(iter(base)), [NotNone(), IsInstance(base), *limits])
    if isinstance(base, type) and issubclass(base, slicer.vtkMRMLNode):
        return NodeSerializer(base, None, [IsInstance(base), *limits])
    raise TypeError(f"Unable to create serializer for type: {kind}")
