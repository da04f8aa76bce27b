"""``slicer.i18n``, ``slicer.testing``, ``slicer.packaging`` and ``slicer.cli``: none of them does anything here."""

from __future__ import annotations

import sys
import types

import slicer


def install() -> None:
    for name, members in {
        "i18n": {"tr": lambda text: text, "translate": lambda _context, text: text, "getContext": lambda _path: ""},
        "testing": {"exitSuccess": lambda: None},
        "cli": {},
    }.items():
        module = types.ModuleType(f"slicer.{name}")
        vars(module).update(members)
        sys.modules[module.__name__] = module
        setattr(slicer, name, module)
    from . import packaging

    sys.modules["slicer.packaging"] = packaging
    slicer.packaging = packaging
    slicer.util.pip_install = packaging.refuse
    slicer.util.pip_uninstall = packaging.refuse
