"""A training set on disk that grows with every approved case."""

from orthoai.dataset.save import save_case
from orthoai.dataset.store import Dataset, DatasetCase

__all__ = ["Dataset", "DatasetCase", "save_case"]
