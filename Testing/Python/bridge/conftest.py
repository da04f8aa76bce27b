"""Puts the extension's folder on the path, as Slicer does with a module's folder."""

import sys
from pathlib import Path

EXTENSION = Path(__file__).resolve().parents[3] / "OrthoAI"

if str(EXTENSION) not in sys.path:
    sys.path.insert(0, str(EXTENSION))
