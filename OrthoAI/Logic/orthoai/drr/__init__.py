"""Digitally reconstructed radiographs: pictures of the whole volume in which the bones are found."""
