"""Whom a model's card names."""

from __future__ import annotations

from orthoai_training.train.credits import credits_for


def test_credits_name_each_maker_once() -> None:
    lines = credits_for(["meshes/vhf_lowerlimb", "vhm_lowerlimb/tibia", "own/femur", "libhip/femur_1"])
    assert len(lines) == 2
    assert "Devold" in lines[0] and "libhip" in lines[1]
    lines = credits_for(["data/tptbox_ct/sub-ct.nii.gz", "ts_example"])
    assert len(lines) == 2
    assert "TotalSegmentator" in lines[0] and "TPTBox" in lines[1]
