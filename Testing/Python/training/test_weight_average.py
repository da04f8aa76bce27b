"""The averaged weights follow the newest at the start and lag behind later; what is counted is not averaged."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from orthoai.errors import InputError
from orthoai_training.learning.average import WeightAverage
from orthoai_training.learning.checkpoint import RunState, resume_run, save_checkpoint
from orthoai_training.learning.schedule import smoothed
from safetensors.torch import load_file


@pytest.fixture
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))


def set_weights(network: torch.nn.Module, value: float) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(value)


def test_each_step_moves_by_the_decay_which_is_small_at_first(network: torch.nn.Module) -> None:
    set_weights(network, 0.0)
    average = WeightAverage(network, 0.9)
    set_weights(network, 1.0)
    expected = 0.0
    for step in (1, 2, 500):
        average.update(step)
        decay = min(0.9, step / (step + 10))
        expected = decay * expected + (1 - decay)
        assert torch.allclose(average.values["0.weight"], torch.tensor(expected), atol=1e-6)
    assert 0.5 < expected < 1


def test_counts_are_the_newest_and_no_decay_keeps_the_newest(network: torch.nn.Module) -> None:
    averages = [WeightAverage(network, decay) for decay in (0.999, 0.0)]
    network.train()
    for step in (1, 2, 3):
        network(torch.rand(2, 1, 8, 8))
        set_weights(network, float(step))
        for average in averages:
            average.update(step)
    assert [int(average.values["1.num_batches_tracked"]) for average in averages] == [3, 3]
    assert all(torch.equal(averages[1].values[name], value) for name, value in network.state_dict().items())


def test_the_network_has_them_inside_only_also_after_an_error(network: torch.nn.Module, tmp_path: Path) -> None:
    set_weights(network, 1.0)
    average = WeightAverage(network, 0.5)
    set_weights(network, 3.0)
    average.update(1000)
    with pytest.raises(ZeroDivisionError), average.applied():
        assert float(network[0].weight.detach().mean()) == 2.0
        raise ZeroDivisionError
    assert float(network[0].weight.detach().mean()) == 3.0
    average.save(tmp_path / "weights.safetensors")
    assert float(load_file(tmp_path / "weights.safetensors")["0.weight"].mean()) == 2.0
    assert [path.name for path in tmp_path.iterdir()] == ["weights.safetensors"]


def test_a_run_goes_on_only_with_its_own_recipe_and_seed(network: torch.nn.Module, tmp_path: Path) -> None:
    average, optimizer = WeightAverage(network, 0.5), torch.optim.AdamW(network.parameters())
    file = tmp_path / "checkpoint.safetensors"
    save_checkpoint(file, RunState({"epochs": 3}, seed=1, step=7), network, average.values, optimizer)
    assert resume_run(file, RunState({"epochs": 3}, seed=1), network, average.values, optimizer).step == 7
    for other in (RunState({"epochs": 4}, seed=1), RunState({"epochs": 3}, seed=2)):
        with pytest.raises(InputError, match="another recipe or seed"):
            resume_run(file, other, network, average.values, optimizer)
    # A field that came later and says nothing is no other recipe, whichever of the two has it.
    for later in ({"epochs": 3, "steps": None}, {"epochs": 3}):
        save_checkpoint(file, RunState(later, seed=1, step=9), network, average.values, optimizer)
        for own in ({"epochs": 3}, {"epochs": 3, "steps": None}):
            assert resume_run(file, RunState(own, seed=1), network, average.values, optimizer).step == 9


def test_the_reported_loss_is_steady() -> None:
    assert smoothed(None, 2.0) == 2.0
    assert smoothed(2.0, 1.0) == pytest.approx(1.95)
