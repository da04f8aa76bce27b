"""Reading and writing of images. Everything here does I/O and no analysis."""
