"""OrthoAI's engine: volumes, models and tasks. Imports no slicer, qt or vtk."""

__version__ = "0.1.0"
