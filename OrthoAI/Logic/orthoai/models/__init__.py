"""The model store: folders with a metadata.json and weights that are checked before use."""
