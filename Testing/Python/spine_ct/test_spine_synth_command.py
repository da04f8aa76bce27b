"""``orthoai synth fracture|ovf``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
from command_words import parsed
from orthoai.errors import InputError
from orthoai.io.read import read_volume
from orthoai_training.spine_ct.case import read_case
from orthoai_training.spine_ct.cases import task_labels
from orthoai_training.spine_ct.command import SAMPLE, SPINE_SYNTH

COARSE = ("--field", "lumbar", "--pixel", "1.8", "--slice", "3", "--fractures", "0.6", "--quiet")


def _parsed(*words: str, task: str = "ovf") -> argparse.Namespace:
    args = parsed(SPINE_SYNTH.add_arguments, *words)
    args.task = task
    return args


@pytest.mark.parametrize("task", ["ovf", "fracture"])
def test_each_case_has_an_image_labels_of_the_task_and_what_is_known(tmp_path: Path, task: str) -> None:
    out = tmp_path / "cases"
    args = _parsed("-o", str(out), "--cases", "1", "--seed", "9", *COARSE, task=task)
    assert SPINE_SYNTH.run(args) == 0
    case = read_case(out / "spine_0000")
    labels = read_volume(out / "spine_0000" / "labels.nii.gz")
    assert labels.geometry.matches(case.volume.geometry)
    assert np.array_equal(labels.voxels, task_labels(case, task))
    assert json.loads((out / "spine_0000" / "case.json").read_text())["task"] == task
    # Going on with the same options keeps what is there; other options are refused.
    assert SPINE_SYNTH.run(args) == 0
    with pytest.raises(InputError, match="other options"):
        SPINE_SYNTH.run(_parsed("-o", str(out), "--cases", "1", "--seed", "10", *COARSE, task=task))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--count", "0"), "At least one"),
        (("--count", "1", "--pixel", "9"), "Pixels"),
        (("--count", "1", "--slice", "20"), "Slices"),
        (("--count", "1", "--tilt", "80"), "tilted"),
        (("--count", "1", "--metal", "2"), "--metal"),
        (("--count", "1", "--sclerosis", "-1"), "--sclerosis"),
    ],
)
def test_unsuitable_options_are_refused_with_a_sentence(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        SPINE_SYNTH.run(_parsed("-o", str(tmp_path / "out"), *words))


def test_the_demos_sample_is_understood() -> None:
    assert _parsed("-o", "out", "--count", "1", *SAMPLE).field == "thoracolumbar"
