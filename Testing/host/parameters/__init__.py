"""``slicer.parameterNodeWrapper``: typed access to a vtkMRMLScriptedModuleNode, and its binding to widgets."""

from .annotations import Choice, Decimals, Default, Maximum, Minimum, NotNone, SingleStep, WithinRange
from .wrapper import SlicerParameterNamePropertyName, isParameterNodeWrapper, parameterNodeWrapper

__all__ = [
    "Choice",
    "Decimals",
    "Default",
    "Maximum",
    "Minimum",
    "NotNone",
    "SingleStep",
    "SlicerParameterNamePropertyName",
    "WithinRange",
    "isParameterNodeWrapper",
    "parameterNodeWrapper",
]
