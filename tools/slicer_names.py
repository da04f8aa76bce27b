"""Look the names that our Slicer code uses up in Slicer's, CTK's and Qt's sources, and write down where each is.

    python tools/slicer_names.py SLICER.git CTK.git PYTHONQT.git

The arguments are clones. Slicer is read at the tag below, CTK at the commit that this Slicer builds, PythonQt
(MeVisLab's) as it is: its generated wrappers say what of Qt 5.15 Python sees. The table that the API guard
(Testing/Python/slicer_api) holds our code to is rewritten with every name that was found, and the others are printed.
Only facts are kept: names and the files that declare them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GUARD = ROOT / "Testing" / "Python" / "slicer_api"
sys.path.insert(0, str(GUARD))

from used_names import used_in_project  # noqa: E402

TABLE = GUARD / "slicer_5_12_names.json"
SLICER_TAG = "v5.12.3"

APP = "qSlicerApplication"
PYTHONQT_MEMBERS = ("connect", "disconnect", "findChild", "findChildren", "deleteLater", "delete", "property")
"""What PythonQt gives every object by itself."""

VTK = "VTK 9.6"


@dataclass(frozen=True)
class Repository:
    """A clone, read at one commit without a work tree."""

    name: str
    folder: str
    commit: str

    def _git(self, *words: str) -> str:
        return subprocess.run(["git", "-C", self.folder, *words], capture_output=True, text=True, check=True).stdout

    @cache  # noqa: B019  the tool ends soon
    def files(self) -> tuple[str, ...]:
        return tuple(self._git("ls-tree", "-r", "--name-only", self.commit).splitlines())

    @cache  # noqa: B019
    def text(self, path: str) -> str:
        return self._git("show", f"{self.commit}:{path}")

    def named(self, name: str) -> str | None:
        """The path of the one file with this name, outside of tests."""
        found = [path for path in self.files() if path.rpartition("/")[2] == name and "/Testing/" not in path]
        return found[0] if found else None


class Sources:
    """Answers: where is this name declared?"""

    def __init__(self, slicer: Repository, ctk: Repository, pythonqt: Repository) -> None:
        self._slicer, self._ctk, self._pythonqt = slicer, ctk, pythonqt

    def evidence(self, name: str) -> str:
        """Repository and file that declare ``name``; empty where there is none."""
        root, _, rest = name.partition(".")
        if not rest:
            return {"qt": "PythonQt", "ctk": "CTK", "slicer": "Slicer Base/Python/slicer/__init__.py"}[root]
        first, _, member = rest.partition(".")
        if root == "slicer":
            return self._in_slicer(first, member)
        return self._in_class(first, member)

    def _in_slicer(self, first: str, member: str) -> str:
        if first == "app":
            return self._in_class(APP, member)
        if first == "mrmlScene":
            return self._in_class("vtkMRMLScene", member)
        if first == "modules":
            return self._module(member)
        if first.startswith(("vtk", "qMRML", "qSlicer", "ctk")):
            return self._in_class(first, member)
        return self._in_python(first, member)

    def _module(self, member: str) -> str:
        """slicer.modules.<name in small letters>, and what every module object has."""
        if not member:
            return "Slicer Base/Python/slicer/__init__.py"
        name, _, more = member.partition(".")
        for path in self._slicer.files():
            folder = path.split("/")
            if folder[0] == "Modules" and len(folder) > 3 and folder[2].lower() == name.lower():
                return self._in_class("qSlicerAbstractCoreModule", more) if more else "/".join(["Slicer", *folder[:3]])
        return ""

    def _in_python(self, module: str, member: str) -> str:
        """A function or class of one of Slicer's Python modules; members of those classes are not followed."""
        base = f"Base/Python/slicer/{module}"
        paths = [path for path in self._slicer.files() if path == f"{base}.py" or path.startswith(f"{base}/")]
        paths = [path for path in paths if path.endswith(".py") and "/tests/" not in path]
        if not member:
            return f"Slicer {paths[0]}" if paths else ""
        name = re.escape(member.partition(".")[0])
        declared = re.compile(rf"^(?:(?:def|class) {name}\b|{name}\s*(?::[^=\n]+)?=)", re.MULTILINE)
        return next((f"Slicer {path}" for path in paths if declared.search(self._slicer.text(path))), "")

    def _in_class(self, name: str, member: str) -> str:
        """A class, or a member of it or of what it inherits that Python sees."""
        if name.startswith("Q"):
            return self._in_qt(name, member)
        repository = self._ctk if name.startswith("ctk") else self._slicer
        path = repository.named(f"{name}.h")
        if path is None:
            return self._in_vtk(name, member) if name.startswith("vtk") else ""
        text = re.sub(r"//[^\n]*|/\*.*?\*/", "", repository.text(path), flags=re.DOTALL)
        if not member:
            return f"{repository.name} {path}"
        first = member.partition(".")[0] if "(" not in member else member
        seen = in_vtk_header(text, first) if name.startswith("vtk") else in_qt_header(text, first)
        if seen:
            return f"{repository.name} {path}"
        if decorators := self._decorated(repository, name, first):
            return decorators
        if not name.startswith("vtk") and first in PYTHONQT_MEMBERS:
            return "PythonQt"
        bases = re.search(rf"class\s+(?:\w+\s+)?{name}\s*(?:final)?\s*:([^{{]+)\{{", text)
        for base in re.findall(r"public\s+(\w+)", bases.group(1) if bases else ""):
            if found := self._in_class(base, member):
                return found
        return ""

    def _decorated(self, repository: Repository, name: str, member: str) -> str:
        """Methods that a class has in Python only."""
        declared = re.compile(rf"\bstatic_{name}_{re.escape(member)}\b|\b{re.escape(member)}\s*\(\s*{name}\s*\*")
        for path in repository.files():
            if path.endswith("PythonQtDecorators.h") and declared.search(repository.text(path)):
                return f"{repository.name} {path}"
        return ""

    def _in_vtk(self, name: str, member: str) -> str:
        import vtk

        owner = getattr(vtk, name, None)
        return VTK if owner is not None and (not member or hasattr(owner, member.partition(".")[0])) else ""

    def _in_qt(self, name: str, member: str) -> str:
        """A class that PythonQt wraps; of its members those that the wrapper or Qt's own meta-object has."""
        wrapper = self._wrapper(name)
        if wrapper is None:
            return ""
        path, text = wrapper
        # Static methods carry their class in the wrapper: "static_QApplication_style".
        if not member or re.search(rf"\b(?:static_{name}_)?{re.escape(member)}\b", text):
            return f"PythonQt {path}"
        if member in PYTHONQT_MEMBERS:
            return "PythonQt"
        return self._in_meta_object(name, member) or next(
            (found for base in qt_bases(name) if (found := self._in_qt(base, member))), ""
        )

    def _in_meta_object(self, name: str, member: str) -> str:
        meta = getattr(qt_class(name), "staticMetaObject", None)
        if meta is None:
            return ""
        if "(" in member:
            known = meta.indexOfSignal(member) >= 0 or meta.indexOfSlot(member) >= 0
        else:
            names = {bytes(meta.method(n).name()).decode() for n in range(meta.methodCount())}
            enums = (meta.enumerator(n) for n in range(meta.enumeratorCount()))
            names |= {enum.key(n) for enum in enums for n in range(enum.keyCount())}
            known = meta.indexOfProperty(member) >= 0 or member in names
        return f"Qt {name}" if known else ""

    @cache  # noqa: B019
    def _wrapper(self, name: str) -> tuple[str, str] | None:
        """The file and the text of PythonQt's wrapper of a Qt class."""
        start = re.compile(rf"^class PythonQtWrapper_{name} : public \w+\s*\{{(.*?)^\}};", re.MULTILINE | re.DOTALL)
        for path in self._pythonqt.files():
            if (
                path.startswith("generated_cpp_515/")
                and path.endswith(".h")
                and (text := start.search(self._pythonqt.text(path)))
            ):
                return path, text.group(1)
        # QObject, QWidget and a few more are wrapped by hand or know everything from the meta-object.
        return ("PythonQt", "") if name in ("QObject", "Qt") and qt_class(name) else None


def qt_class(name: str) -> type | None:
    from PySide6 import QtCore, QtGui, QtWidgets

    return next((getattr(module, name) for module in (QtCore, QtGui, QtWidgets) if hasattr(module, name)), None)


def qt_bases(name: str) -> list[str]:
    found = qt_class(name)
    return [base.__name__ for base in found.__bases__ if base.__name__.startswith("Q")] if found else []


def in_vtk_header(text: str, member: str) -> bool:
    """Methods, enumerators, and the Get and Set that macros write."""
    if re.search(rf"\b{re.escape(member)}\b", text):
        return True
    kind = re.match(r"(Get|Set)(\w+)$|(\w+)(On|Off)$", member)
    return bool(kind) and bool(re.search(rf"Macro\(\s*{kind.group(2) or kind.group(3)}\b", text))


def in_qt_header(text: str, member: str) -> bool:
    """Properties, slots, signals and invokable methods: what PythonQt can see of a class without a wrapper."""
    if member in re.findall(r"Q_PROPERTY\(\s*[\w:<>*, ]+?\s+(\w+)\s+READ", text):
        return True
    visible = "".join(re.findall(r"Q_INVOKABLE[^;{]*[;{]", text))
    start = r"(?:public slots|public Q_SLOTS|signals|Q_SIGNALS)\s*:"
    end = r"^\s*(?:public|protected|private|signals|Q_SIGNALS)\b[^;(]*:|\Z"
    section = re.compile(rf"{start}(.*?)(?={end})", re.DOTALL | re.MULTILINE)
    visible += "".join(section.findall(text))
    name, _, arguments = member.partition("(")
    for found in re.finditer(rf"\b{re.escape(name)}\s*\(([^)]*)\)", visible):
        if "(" not in member or signature(found.group(1)) == arguments.rstrip(")"):
            return True
    return bool(re.search(rf"^\s*{re.escape(name)}\s*(?:=[^,]+)?,?\s*$", text, re.MULTILINE)) and "(" not in member


def signature(arguments: str) -> str:
    """Argument types as Qt normalizes them: without names, defaults, const and references."""
    types = []
    for argument in filter(None, (part.strip() for part in arguments.split(","))):
        plain = re.sub(r"\bconst\b|&|=.*", "", argument).strip()
        types.append(re.sub(r"\s+", "", re.sub(r"(?<=[\s*])\w+$", "", plain) or plain))
    return ",".join(types)


def main(words: list[str]) -> int:
    if len(words) != 3:
        print(__doc__)
        return 2
    slicer = Repository("Slicer", words[0], SLICER_TAG)
    pinned = re.search(r'"([0-9a-f]{40})"', slicer.text("SuperBuild/External_CTK.cmake"))
    assert pinned is not None
    sources = Sources(slicer, Repository("CTK", words[1], pinned.group(1)), Repository("PythonQt", words[2], "HEAD"))
    names = sorted({use.name for use in used_in_project(ROOT)})
    table = {name: sources.evidence(name) for name in names if "__" not in name}
    found = {name: where for name, where in table.items() if where}
    TABLE.write_text(json.dumps({"slicer": SLICER_TAG, "names": found}, indent=1) + "\n", encoding="utf-8")
    print(f"{len(found)} names found in Slicer {SLICER_TAG}")
    for name in table.keys() - found.keys():
        print(f"NOT FOUND: {name}")
    return int(len(found) < len(table))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
