"""A small stand-in for 3D Slicer's application: PySide6 and slicer-core behind the names that scripted modules use.

``start()`` makes ``qt``, ``ctk`` and the missing parts of ``slicer`` importable, once per process. Only for tests.
"""

from .host import Host, ModuleHandle, isRealSlicer, start

__all__ = ["Host", "ModuleHandle", "isRealSlicer", "start"]
