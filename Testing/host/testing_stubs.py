"""``slicer.i18n``, ``slicer.testing`` and ``slicer.cli``, and the places where the other stand-ins hang."""

from __future__ import annotations

import sys
import types

import slicer

from . import packaging, sample_data


def _fail(message: str = "") -> None:
    raise AssertionError(message)


MEMBERS = {
    "i18n": {"tr": lambda text: text, "translate": lambda _context, text: text, "getContext": lambda path: path},
    "testing": {"exitSuccess": lambda: None, "exitFailure": _fail},
    "cli": {},
}


def install() -> None:
    for name, members in MEMBERS.items():
        module = types.ModuleType(f"slicer.{name}")
        vars(module).update(members)
        sys.modules[module.__name__] = module
        setattr(slicer, name, module)
    sys.modules["slicer.packaging"] = packaging
    slicer.packaging = packaging  # type: ignore[attr-defined]
    slicer.util.pip_install = packaging.refuse
    slicer.util.pip_uninstall = packaging.refuse
    sys.modules["SampleData"] = sample_data
