"""What OrthoAI needs in Slicer's Python, and how it gets there: at the first click, after one question."""
