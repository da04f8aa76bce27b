"""PySide6 made to look like PythonQt, Slicer's Qt binding: properties are attributes, signals connect by signature."""
