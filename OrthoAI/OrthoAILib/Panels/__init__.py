"""The parts of the panel, one class each. Widgets only: what they do is told by plain signals."""
