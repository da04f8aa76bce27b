"""Tensors on disk appear whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from orthoai.errors import InputError
from orthoai.segment.tensor_file import save_tensors
from safetensors.torch import load_file


def test_what_is_saved_is_read_again_though_two_tensors_share_their_memory(tmp_path: Path) -> None:
    values = torch.arange(12.0).reshape(3, 4)
    save_tensors(tmp_path / "a.safetensors", {"all": values, "turned": values.T})
    found = load_file(tmp_path / "a.safetensors")
    assert torch.equal(found["all"], values) and torch.equal(found["turned"], values.T)


def test_a_full_disk_is_told_and_leaves_the_last_file(
    tmp_path: Path, small_disk: Callable[[int], AbstractContextManager[None]]
) -> None:
    file = tmp_path / "a.safetensors"
    save_tensors(file, {"x": torch.ones(10)})
    with small_disk(10_000), pytest.raises(InputError, match="is full"):
        save_tensors(file, {"x": torch.zeros(100_000)})
    assert torch.equal(load_file(file)["x"], torch.ones(10))
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="parent folder is missing"):
        save_tensors(tmp_path / "gone" / "a.safetensors", {"x": torch.ones(10)})
