"""What may stand in ``Annotated[type, ...]``: defaults, limits and widget settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Default:
    """The value of a parameter that the node does not hold yet, or the function that makes it."""

    def __init__(self, value: Any = None, *, generator: Callable[[], Any] | None = None) -> None:
        self._value, self._generator = value, generator

    @property
    def value(self) -> Any:
        return self._generator() if self._generator else self._value


class Validator:
    """Raises ValueError for a value that may not be written."""

    def validate(self, value: Any) -> None:
        raise ValueError(f"{value!r} is not allowed")


class NotNone(Validator):
    def validate(self, value: Any) -> None:
        if value is None:
            raise ValueError("Value must not be None")


class IsInstance(Validator):
    """The type that every value of the parameter has; None is left to NotNone."""

    def __init__(self, kind: type | tuple[type, ...]) -> None:
        self.kind = kind

    def validate(self, value: Any) -> None:
        if value is not None and not isinstance(value, self.kind):
            raise TypeError(f"Value of type {type(value).__name__} is not an instance of {self.kind}")


class WithinRange(Validator):
    """Limits of a number; both belong to the range."""

    def __init__(self, minimum: float, maximum: float) -> None:
        self.minimum, self.maximum = minimum, maximum

    def validate(self, value: Any) -> None:
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"Value must be within the range [{self.minimum}, {self.maximum}], is {value}")


class Minimum(Validator):
    def __init__(self, minimum: float) -> None:
        self.minimum = minimum

    def validate(self, value: Any) -> None:
        if value < self.minimum:
            raise ValueError(f"Value must be at least {self.minimum}, is {value}")


class Maximum(Validator):
    def __init__(self, maximum: float) -> None:
        self.maximum = maximum

    def validate(self, value: Any) -> None:
        if value > self.maximum:
            raise ValueError(f"Value must be at most {self.maximum}, is {value}")


class Choice(Validator):
    """The values that a parameter may take."""

    def __init__(self, choices: Any) -> None:
        self.choices = list(choices)

    def validate(self, value: Any) -> None:
        if value not in self.choices:
            raise ValueError(f"Value must be one of {self.choices}, is {value!r}")


class Decimals:
    """Decimal places of the number's widget."""

    def __init__(self, value: int) -> None:
        self.value = value


class SingleStep:
    """Step of the number's widget."""

    def __init__(self, value: float) -> None:
        self.value = value
