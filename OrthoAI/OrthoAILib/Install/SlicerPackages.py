"""The Python packages that come with Slicer."""

from __future__ import annotations

SLICER_PACKAGES = (
    *("numpy", "scipy", "simpleitk", "vtk", "pip", "setuptools", "wheel", "packaging", "typing-extensions", "six"),
    *("requests", "certifi", "charset-normalizer", "chardet", "idna", "urllib3", "retrying", "python-dateutil"),
    *("pydicom", "pillow", "highdicom", "dicomweb-client", "dcmqi", "pyjpegls", "pyparsing"),
    *("cryptography", "cffi", "pycparser", "pyjwt", "pynacl", "pygithub", "gitpython", "gitdb", "smmap"),
    *("deprecated", "wrapt", "couchdb"),
)
"""Distributions of Slicer 5.12.3 (its SuperBuild/External_python-*.cmake), and vtk. They are never installed over:
another SimpleITK loses the reader for MRML images, and another numpy breaks whatever was built against Slicer's."""
