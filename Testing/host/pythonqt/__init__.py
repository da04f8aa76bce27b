"""PySide6 made to look like PythonQt, the Qt binding of Slicer: properties are attributes, signals connect by C++ signature."""
