"""CTK's buttons, boxes and sliders."""

from __future__ import annotations

from typing import Any, ClassVar

from PySide6 import QtCore, QtWidgets

from host.pythonqt.facade import facade

from .properties import plainProperties


class ctkCollapsibleButton(facade(QtWidgets.QAbstractButton)):  # type: ignore[misc]
    """A titled section whose content hides when it is collapsed."""

    contentsCollapsed = QtCore.Signal(bool)
    SIGNALS: ClassVar[dict[str, str]] = {"contentsCollapsed(bool)": "contentsCollapsed"}

    locals().update(
        plainProperties(
            collapsedHeight=(int, 14),
            contentsFrameShape=("QVariant", 0),
            contentsFrameShadow=("QVariant", 16),
            contentsLineWidth=(int, 1),
            indicatorAlignment=("QVariant", 1),
            flat=(bool, False),
        )
    )

    def __init__(self, parent: Any = None, text: str = "") -> None:
        super().__init__(*(item for item in (parent,) if isinstance(item, QtWidgets.QWidget)))
        self.setText(parent if isinstance(parent, str) else text)
        self.setCheckable(True)
        self.setChecked(True)
        self.toggled.connect(lambda opened: self.setCollapsed(not opened))
        self._isCollapsed = False
        self.setContentsMargins(0, self._headerHeight(), 0, 0)

    def setCollapsed(self, collapsed: bool) -> None:
        if collapsed == self._isCollapsed:
            return
        self._isCollapsed = collapsed
        self.setChecked(not collapsed)
        for child in QtWidgets.QAbstractButton.children(self):
            if isinstance(child, QtWidgets.QWidget):
                child.setVisible(not collapsed)
        self.updateGeometry()
        self.contentsCollapsed.emit(collapsed)

    collapsed = QtCore.Property(bool, lambda self: self._isCollapsed, setCollapsed)

    def _headerHeight(self) -> int:
        return self.fontMetrics().height() + 8

    def sizeHint(self) -> QtCore.QSize:
        layout = QtWidgets.QWidget.layout(self)
        inner = layout.totalSizeHint() if layout is not None and not self._isCollapsed else QtCore.QSize()
        return QtCore.QSize(max(inner.width(), 120), max(inner.height(), self._headerHeight()))

    minimumSizeHint = sizeHint

    def hitButton(self, position: QtCore.QPoint) -> bool:
        return position.y() < self._headerHeight()

    def paintEvent(self, _event: Any) -> None:
        painter = QtWidgets.QStylePainter(self)
        header = QtWidgets.QStyleOptionButton()
        header.initFrom(self)
        header.rect = QtCore.QRect(0, 0, QtWidgets.QWidget.width(self), self._headerHeight())
        painter.drawControl(QtWidgets.QStyle.ControlElement.CE_PushButtonBevel, header)
        title = f"{'▸' if self._isCollapsed else '▾'}  {QtWidgets.QAbstractButton.text(self)}"
        painter.drawText(header.rect.adjusted(8, 0, 0, 0), QtCore.Qt.AlignmentFlag.AlignVCenter, title)


class qMRMLCollapsibleButton(ctkCollapsibleButton):
    """ctkCollapsibleButton that hands the scene on."""

    mrmlSceneChanged = QtCore.Signal(object)
    SIGNALS: ClassVar[dict[str, str]] = {
        **ctkCollapsibleButton.SIGNALS,
        "mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged",
    }

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)

    def mrmlScene(self) -> Any:
        return self.__dict__.get("_scene")


class ctkDoubleSpinBox(facade(QtWidgets.QDoubleSpinBox)):  # type: ignore[misc]
    """CTK's spin box; the host uses Qt's own behavior."""


class ctkSliderWidget(facade(QtWidgets.QWidget)):  # type: ignore[misc]
    """A slider and a spin box for one number."""

    valueChanged = QtCore.Signal(float)
    SIGNALS: ClassVar[dict[str, str]] = {"valueChanged(double)": "valueChanged"}

    locals().update(
        plainProperties(
            pageStep=(float, 10.0),
            tracking=(bool, True),
            spinBoxVisible=(bool, True),
            tickInterval=(float, 0.0),
            orientation=(str, ""),
        )
    )

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._spin = facade(QtWidgets.QDoubleSpinBox)(self)
        self._slider = facade(QtWidgets.QSlider)(QtCore.Qt.Orientation.Horizontal, self)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._slider)
        layout.addWidget(self._spin)
        self._spin.valueChanged.connect(self._onSpin)
        self._slider.valueChanged.connect(lambda step: self._spin.setValue(self._fromStep(step)))
        self._onRange()

    def _fromStep(self, step: int) -> float:
        return self._spin.minimum + step * self._spin.singleStep

    def _onSpin(self, value: float) -> None:
        self._moveSlider()
        self.valueChanged.emit(value)

    def _moveSlider(self) -> None:
        blocked = self._slider.blockSignals(True)
        self._slider.setValue(round((self._spin.value - self._spin.minimum) / self._spin.singleStep))
        self._slider.blockSignals(blocked)

    def _onRange(self) -> None:
        blocked = self._slider.blockSignals(True)
        steps = (self._spin.maximum - self._spin.minimum) / self._spin.singleStep
        self._slider.setRange(0, max(0, min(round(steps), 2**31 - 1)))
        self._slider.blockSignals(blocked)
        self._moveSlider()

    def setValue(self, value: float) -> None:
        self._spin.setValue(value)

    def setMinimum(self, value: float) -> None:
        self._spin.setMinimum(value)
        self._onRange()

    def setMaximum(self, value: float) -> None:
        self._spin.setMaximum(value)
        self._onRange()

    def setRange(self, low: float, high: float) -> None:
        self._spin.setRange(low, high)
        self._onRange()

    def setSingleStep(self, step: float) -> None:
        self._spin.setSingleStep(step)
        self._onRange()

    def setDecimals(self, count: int) -> None:
        self._spin.setDecimals(count)

    def setSuffix(self, text: str) -> None:
        self._spin.setSuffix(text)

    def setPrefix(self, text: str) -> None:
        self._spin.setPrefix(text)

    value = QtCore.Property(float, lambda self: self._spin.value, setValue)
    minimum = QtCore.Property(float, lambda self: self._spin.minimum, setMinimum)
    maximum = QtCore.Property(float, lambda self: self._spin.maximum, setMaximum)
    singleStep = QtCore.Property(float, lambda self: self._spin.singleStep, setSingleStep)
    decimals = QtCore.Property(int, lambda self: self._spin.decimals, setDecimals)
    suffix = QtCore.Property(str, lambda self: self._spin.suffix, setSuffix)
    prefix = QtCore.Property(str, lambda self: self._spin.prefix, setPrefix)


class ctkComboBox(facade(QtWidgets.QComboBox)):  # type: ignore[misc]
    """QComboBox with a default text."""

    locals().update(plainProperties(defaultText=(str, ""), scrollWheelEffect=(str, "")))


class ctkCheckBox(facade(QtWidgets.QCheckBox)):  # type: ignore[misc]
    """QCheckBox with an icon indicator."""


class ctkPushButton(facade(QtWidgets.QPushButton)):  # type: ignore[misc]
    """QPushButton with text alignment."""


class ctkCheckablePushButton(ctkPushButton):
    """Push button with a check box in it."""

    checkBoxToggled = QtCore.Signal(bool)
    SIGNALS: ClassVar[dict[str, str]] = {"checkBoxToggled(bool)": "checkBoxToggled"}

    locals().update(plainProperties(checkBoxControlsButton=(bool, True), checkBoxUserCheckable=(bool, True)))


class ctkFittedTextBrowser(facade(QtWidgets.QTextBrowser)):  # type: ignore[misc]
    """Text browser that is as high as its text."""


class ctkSearchBox(facade(QtWidgets.QLineEdit)):  # type: ignore[misc]
    """Line edit with a magnifying glass."""

    locals().update(
        plainProperties(showSearchIcon=(bool, False), alwaysShowClearIcon=(bool, False), searchIcon=("QVariant", None))
    )


class ctkMessageBox(facade(QtWidgets.QMessageBox)):  # type: ignore[misc]
    """QMessageBox with "Don't show again"; answered by the test as every dialog."""

    locals().update(
        plainProperties(
            dontShowAgain=(bool, False), dontShowAgainVisible=(bool, False), dontShowAgainSettingsKey=(str, "")
        )
    )
