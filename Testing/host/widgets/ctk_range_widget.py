"""ctkRangeWidget: two numbers with limits."""

from __future__ import annotations

from typing import Any, ClassVar

from PySide6 import QtCore, QtWidgets

from host.pythonqt.facade import facade


class ctkRangeWidget(facade(QtWidgets.QWidget)):  # type: ignore[misc]
    """A spin box for each end of a range; the lower never passes the upper."""

    minimumValueChanged = QtCore.Signal(float)
    maximumValueChanged = QtCore.Signal(float)
    valuesChanged = QtCore.Signal(float, float)
    SIGNALS: ClassVar[dict[str, str]] = {
        "minimumValueChanged(double)": "minimumValueChanged",
        "maximumValueChanged(double)": "maximumValueChanged",
        "valuesChanged(double,double)": "valuesChanged",
    }

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        spin = facade(QtWidgets.QDoubleSpinBox)
        self._low, self._high = spin(self), spin(self)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._low)
        layout.addWidget(self._high)
        self._low.valueChanged.connect(self._onLow)
        self._high.valueChanged.connect(self._onHigh)
        self._high.value = self._high.maximum

    def _onLow(self, value: float) -> None:
        self._high.minimum = value
        self.minimumValueChanged.emit(value)
        self.valuesChanged.emit(value, self._high.value)

    def _onHigh(self, value: float) -> None:
        self._low.maximum = value
        self.maximumValueChanged.emit(value)
        self.valuesChanged.emit(self._low.value, value)

    def setRange(self, low: float, high: float) -> None:
        self._low.minimum = low
        self._high.maximum = high

    def setValues(self, low: float, high: float) -> None:
        self._high.setMinimum(low)
        self._high.value = high
        self._low.setMaximum(high)
        self._low.value = low

    def _set(self, box: str, name: str, value: Any) -> None:
        setattr(getattr(self, box), name, value)

    minimum = QtCore.Property(float, lambda self: self._low.minimum, lambda self, v: self._set("_low", "minimum", v))
    maximum = QtCore.Property(float, lambda self: self._high.maximum, lambda self, v: self._set("_high", "maximum", v))
    minimumValue = QtCore.Property(float, lambda self: self._low.value, lambda self, v: self._set("_low", "value", v))
    maximumValue = QtCore.Property(float, lambda self: self._high.value, lambda self, v: self._set("_high", "value", v))
