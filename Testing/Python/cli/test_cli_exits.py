"""Every ending has its exit code and one sentence, and no sentence holds patient data."""

from __future__ import annotations

import errno

import numpy as np
import onnxruntime as ort
import pytest
import SimpleITK as sitk
import torch
from onnx import helper
from orthoai.cli.exits import OUT_OF_MEMORY, guarded
from orthoai.errors import Canceled, InputError, is_out_of_memory
from orthoai.worker.wording import failure

FLOAT, INT64 = 1, 7
"""ONNX's numbers of these types."""


def ending(error: BaseException, capsys: pytest.CaptureFixture[str], debug: bool = False) -> tuple[int, str]:
    def action() -> int:
        raise error

    code = guarded(action, debug=debug)
    return code, capsys.readouterr().err


def test_the_code_of_an_action_that_ends_well_is_passed_on() -> None:
    assert [guarded(lambda: 0), guarded(lambda: 7)] == [0, 7]


def test_unsuitable_input_is_code_2_with_its_own_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending(InputError("Too flat; choose a volume."), capsys) == (2, "Error: Too flat; choose a volume.\n")


@pytest.mark.parametrize("error", [Canceled(), KeyboardInterrupt()])
def test_a_cancel_is_code_130_and_says_that_nothing_was_written(error, capsys: pytest.CaptureFixture[str]) -> None:
    assert ending(error, capsys) == (130, "Canceled: nothing was written.\n")


def test_an_internal_error_names_its_type_and_keeps_its_text_to_itself(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = ending(ValueError("Jane Doe"), capsys)
    assert code == 1
    assert "ValueError" in text and "--debug" in text and text.count("\n") == 1
    assert "Jane" not in text and "Traceback" not in text


def test_debug_shows_the_traceback_of_an_internal_error(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = ending(ValueError("detail"), capsys, debug=True)
    assert code == 1 and "Traceback" in text and "detail" in text


def test_the_end_of_memory_is_told_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    class OutOfMemoryError(RuntimeError):
        """As torch raises it."""

    for error in (MemoryError(), OutOfMemoryError("CUDA out of memory")):
        code, text = ending(error, capsys)
        assert code == 1 and "not enough memory" in text


def fill_with_onnx_runtime() -> None:
    size, filled = (helper.make_tensor_value_info(*each) for each in (("n", INT64, [1]), ("y", FLOAT, None)))
    graph = helper.make_graph([helper.make_node("ConstantOfShape", ["n"], ["y"])], "fill", [size], [filled])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    session.run(None, {"n": np.array([2**48], np.int64)})


@pytest.mark.parametrize(
    "allocate",
    [lambda: torch.empty(2**50), lambda: sitk.Image([2**17] * 3, sitk.sitkFloat64), fill_with_onnx_runtime],
    ids=["torch", "itk", "onnx runtime"],
)
def test_libraries_that_raise_an_error_of_their_own_when_memory_ends_are_understood(allocate, capsys) -> None:
    with pytest.raises(Exception) as caught:
        allocate()
    assert ending(caught.value, capsys) == (1, f"Error: {OUT_OF_MEMORY}\n")
    assert failure(caught.value) == ("internal", failure(MemoryError())[1])


def test_only_the_end_of_memory_is_taken_for_it() -> None:
    assert not any(map(is_out_of_memory, (RuntimeError("Jane Doe"), ValueError("bad_alloc"), OSError())))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_no_fault_of_the_program(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    said = "Error: The disk is full: free some space and run it again.\n"
    assert ending(OSError(number, "No space", "/home/jane"), capsys) == (2, said)
