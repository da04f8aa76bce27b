"""Training of the outline network: samples, coarse masks, that it learns, can be taken up again, and its model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from onnx_parity import answers, assert_same_answers
from orthoai.cli.exits import BAD_INPUT
from orthoai.cli.main import main
from orthoai.errors import Canceled, InputError
from orthoai.models.card import Card, Network, read_card, write_card
from orthoai.models.hashing import file_sha256
from orthoai.models.store import Model, ModelStore
from orthoai.progress import Progress
from orthoai.tasks import RunOptions
from orthoai.tasks.ovf.engines import load_engines
from orthoai.tasks.ovf.outline_network import OUTLINE_SIZE, SLICES
from orthoai_training.learning.run_folder import START_DICE, Learned
from orthoai_training.ovf.outline.batches import plain_batches, random_batch
from orthoai_training.ovf.outline.coarse import coarse_masks
from orthoai_training.ovf.outline.export import export_outline, load_outline
from orthoai_training.ovf.outline.model_folder import keep_outline, write_outline_model
from orthoai_training.ovf.outline.network import build_outline
from orthoai_training.ovf.outline.recipe import OUTLINE, OutlineRecipe
from orthoai_training.ovf.outline.samples import SIDE, body_samples, draw_samples
from orthoai_training.ovf.outline.train import OutlineRun, TrainedOutline, shared_dice, train_outline
from orthoai_training.ovf.request import TrainRequest
from orthoai_training.ovf.scenes import case_scene
from orthoai_training.ovf.train import train_ovf
from orthoai_training.spine_ct.case import read_case, write_case
from ovf_blocks import BODIES, blocks_case

SHORT = replace(OUTLINE, steps=4, batch=2, validate_every=2, warmup_steps=0)


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return body_samples(case_scene(blocks_case()), "blocks", 3, 0)


@pytest.fixture
def cases(tmp_path: Path) -> list[Path]:
    for name in ("a", "b"):
        write_case(blocks_case(), tmp_path / name / f"case_{name}")
    return [tmp_path / name / f"case_{name}" for name in ("a", "b")]


def test_samples_hold_the_share_of_each_body_in_the_middle(samples) -> None:
    assert samples.shape == (3 * len(BODIES), SLICES + 1, SIDE, SIDE)
    areas = sorted(samples[:, -1].sum(axis=(1, 2)) / 255 * 0.64)
    truth = sorted(30 * (high - low) for low, high in BODIES.values() for _ in range(3))
    assert np.allclose(areas, truth, rtol=0.03)
    for sample in samples:
        rows, cols = np.nonzero(sample[-1] > 127)
        assert abs((rows.min() + rows.max()) / 2 - SIDE / 2) <= 1 and abs((cols.min() + cols.max()) / 2 - SIDE / 2) <= 1
        # Bone is bright where the share says body.
        inside, outside = sample[1][sample[-1] == 255], sample[1][sample[-1] == 0]
        assert inside.mean() > outside.mean() + 20


def test_samples_depend_on_seed_and_name_alone(samples) -> None:
    scene = case_scene(blocks_case())
    assert (body_samples(scene, "blocks", 3, 0) == samples).all()
    assert (body_samples(scene, "others", 3, 0) != samples).any()


def test_samples_are_drawn_once(tmp_path: Path, cases: list[Path]) -> None:
    folder = tmp_path / "samples"
    first = draw_samples(folder, cases, 2, 0, Progress())
    drawn = {file: file.stat().st_mtime_ns for file in folder.glob("*.npy")}
    assert (draw_samples(folder, cases, 2, 0, Progress()) == first).all()
    assert drawn == {file: file.stat().st_mtime_ns for file in folder.glob("*.npy")}
    # Another case of the same name, and another seed.
    write_case(blocks_case(whole=False), cases[0])
    scene = case_scene(read_case(cases[0]))
    assert (draw_samples(folder, cases[:1], 1, 5, Progress()) == body_samples(scene, cases[0].name, 1, 5)).all()
    with pytest.raises(InputError, match="No case shows"):
        draw_samples(folder, [], 2, 0, Progress())


def test_coarse_masks_mean_the_body_and_miss_its_outline() -> None:
    share = torch.zeros(40, 1, OUTLINE_SIZE, OUTLINE_SIZE)
    share[:, :, 25:52, 20:60] = 1
    masks = coarse_masks(share, np.random.default_rng(0))
    assert set(masks.unique().tolist()) == {0.0, 1.0}
    both, either = (torch.minimum(masks, share).sum((1, 2, 3)), torch.maximum(masks, share).sum((1, 2, 3)))
    agreement = both / either
    assert float(agreement.min()) > 0.6 and float(agreement.max()) < 1
    assert float(agreement.std()) > 0.01


def test_batches_depend_on_their_number_alone(samples) -> None:
    first, again, other = (random_batch(samples, SHORT, 3, step) for step in (5, 5, 6))
    assert torch.equal(first.seen, again.seen) and torch.equal(first.shares, again.shares)
    assert not torch.equal(first.shares, other.shares)
    assert first.seen.shape == (2, SLICES + 1, OUTLINE_SIZE, OUTLINE_SIZE)
    assert float(first.seen.min()) >= 0 and float(first.seen.max()) <= 1


def test_a_batch_without_changes_is_the_sample(samples) -> None:
    still = OutlineRecipe(batch=4, degrees=0, zoom=0, shift=0, gain=(1, 1), level=(0, 0), noise=0)
    batch = random_batch(samples, still, 0, 0)
    (plain,) = plain_batches(samples, len(samples), 0)
    gaps = [float((plain.shares - share).abs().amax((1, 2, 3)).min()) for share in batch.shares]
    assert max(gaps) < 1e-3


def test_the_dice_of_shares_is_one_only_where_all_are_equal() -> None:
    share = torch.tensor([0.0, 0.4, 1.0])
    assert float(shared_dice(share, share)) == pytest.approx(1)
    assert float(shared_dice(share, torch.tensor([0.0, 0.6, 1.0]))) == pytest.approx(2 * 1.4 / 3.0)
    # Where all is 0 or 1 it is the Dice of masks.
    assert float(shared_dice(torch.tensor([1.0, 1, 0]), torch.tensor([1.0, 0, 0]))) == pytest.approx(2 / 3)


def test_it_learns_to_draw_what_the_coarse_mask_misses(tmp_path: Path, cases: list[Path]) -> None:
    recipe = replace(OUTLINE, steps=120, batch=4, validate_every=120, warmup_steps=5, learning_rate=1e-2, ema_decay=0.9)
    trained = train_outline(OutlineRun(tmp_path / "run", cases[:1], cases[1:], recipe), Progress())
    held_out = draw_samples(tmp_path / "run" / "outline_validation", cases[1:], 3, 0, Progress())
    coarse = [shared_dice(batch.seen[:, -1:], batch.shares) for batch in plain_batches(held_out, 6, 0)]
    assert trained.learned.metrics["best_dice"] > float(np.mean(coarse)) + 0.01


def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(tmp_path: Path, cases: list[Path]) -> None:
    whole = OutlineRun(tmp_path / "whole", cases[:1], cases[1:], SHORT)
    train_outline(whole, Progress())
    stopped = replace(whole, out=tmp_path / "stopped")
    steps: list[str] = []

    def listen(stage: str, fraction: float, message: str = "") -> None:
        steps.append(message)

    with pytest.raises(Canceled):
        train_outline(stopped, Progress(listen, lambda: any(text.startswith("step 3") for text in steps)))
    with pytest.raises(InputError, match="--resume"):
        train_outline(stopped, Progress())
    train_outline(replace(stopped, resume=True), Progress())
    both = [json.loads((tmp_path / name / "outline" / "metrics.json").read_text()) for name in ("whole", "stopped")]
    dices = [[entry["dice"] for entry in metrics["history"]] for metrics in both]
    assert len(dices[0]) == 2 and dices[0] == pytest.approx(dices[1], abs=1e-6)


def test_the_file_answers_as_the_network_does(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = build_outline().eval()
    file = export_outline(network, tmp_path / "outline.onnx")
    picture = torch.rand(3, SLICES + 1, OUTLINE_SIZE, OUTLINE_SIZE)
    assert_same_answers(file, torch.nn.Sequential(network, torch.nn.Sigmoid()), picture, within=5e-3)


def test_a_files_weights_are_trained_on(tmp_path: Path, cases: list[Path]) -> None:
    torch.manual_seed(1)
    taught, other = build_outline().eval(), build_outline().eval()
    for values in taught.parameters():
        values.data += 0.05 * torch.randn_like(values)
    file = export_outline(taught, tmp_path / "outline.onnx")
    load_outline(other, file)
    picture = torch.rand(2, SLICES + 1, OUTLINE_SIZE, OUTLINE_SIZE)
    with torch.no_grad():
        assert torch.allclose(taught(picture), other(picture), atol=5e-3)
    # Too slow to learn: what comes out is what went in.
    still = replace(SHORT, learning_rate=1e-12)
    made = train_outline(OutlineRun(tmp_path / "run", cases[:1], cases[1:], still, first=file), Progress())
    assert np.allclose(*answers(made.file, picture), *answers(file, picture), atol=1e-3)
    assert made.learned.metrics[START_DICE] == pytest.approx(made.learned.metrics["best_dice"], abs=1e-3)
    with pytest.raises(InputError, match="another build"):
        load_outline(torch.nn.Conv2d(1, 1, 1), file)


@pytest.fixture
def start(tmp_path: Path) -> Model:
    """A model of the task that has a detector only."""
    folder = tmp_path / "start"
    folder.mkdir()
    (folder / "detector.onnx").write_bytes(b"detector")
    own = Network("detector.onnx", file_sha256(folder / "detector.onnx"), "yolo", {"confidence": 0.4})
    training = {"recipe": "compact", "detector": {"epochs": 4}}
    card = Card("start", "1", "ovf", "Bodies.", "Apache-2.0", ("A",), {1: "crush"}, {"detector": own}, training)
    write_card(card, folder)
    return Model("start", folder, read_card(folder))


def trained(folder: Path) -> TrainedOutline:
    file = folder / "drawn.onnx"
    file.write_bytes(b"outline")
    said = {"samples": 9, "validation_samples": 3, "train_cases": 2, "parameters": 5}
    run = {"best_dice": 0.9, "best_step": 4, "steps": 4, "training_s": 2.0}
    return TrainedOutline(file, Learned(file, {**said, **run}))


def test_the_model_keeps_its_detector_and_names_all_makers(tmp_path: Path, start: Model) -> None:
    folder = write_outline_model(trained(tmp_path), OutlineRun(tmp_path, [], []), tmp_path / "new", start, ("B", "A"))
    card = read_card(folder)
    assert card.networks["detector"] == start.network("detector") and set(card.networks) == {"detector", "outline"}
    Model("new", folder, card).verify()
    assert card.attribution == ("A", "B") and card.training["detector"] == {"epochs": 4}
    assert card.metrics["outline"]["best_dice"] == 0.9 and "outline.onnx" in (folder / "README.md").read_text()
    again = write_outline_model(
        trained(tmp_path), OutlineRun(tmp_path, [], []), tmp_path / "again", Model("new", folder, card), ()
    )
    assert read_card(again).description == card.description
    on = OutlineRun(tmp_path, [], [], first=folder / "outline.onnx")
    more = write_outline_model(trained(tmp_path), on, tmp_path / "more", Model("new", folder, card), ())
    assert "first" not in card.training["outline"]
    assert read_card(more).training["outline"]["first"] == "outline network of new 1"


def test_a_new_detector_takes_the_outlines_over(tmp_path: Path, start: Model) -> None:
    made = write_outline_model(trained(tmp_path), OutlineRun(tmp_path, [], []), tmp_path / "made", start, ())
    before = read_card(start.folder)
    assert keep_outline(start.folder, start) == start.folder and read_card(start.folder) == before
    card = read_card(keep_outline(start.folder, Model("made", made, read_card(made))))
    assert set(card.networks) == {"detector", "outline"} and card.metrics["outline"]["steps"] == 4
    Model("start", start.folder, card).verify()


def test_outlines_need_a_model_of_the_task_to_go_to(tmp_path: Path, cases: list[Path]) -> None:
    request = TrainRequest(tmp_path / "run", network="outline", data=cases[0].parent, validation=cases[1].parent)
    with pytest.raises(InputError, match="keep them apart"):
        train_ovf(replace(request, validation=request.data, start="vertebral_fractures"))
    for name in (None, "lumbar_disc"):
        with pytest.raises(InputError, match="--start"):
            train_ovf(replace(request, start=name))
        # Before an hour of simulation, not after it.
        with pytest.raises(InputError, match="--start"):
            train_ovf(replace(request, start=name, data=None, validation=None, simulate=1))
    assert not (tmp_path / "run" / "cases").exists()


def test_the_command_adds_outlines_to_the_shipped_model(tmp_path: Path, cases: list[Path]) -> None:
    data, validation = (str(case.parent) for case in cases)
    words = ["train", "ovf", "--only", "outline", "--data", data, "--validation", validation]
    assert main([*words, "-o", str(tmp_path / "run"), "--minutes", "0.001", "--quiet"]) == 0
    shipped = ModelStore.default().get("vertebral_fractures")
    made = ModelStore.default().get(str(tmp_path / "run" / "model"))
    assert made.sha256["detector"] == shipped.sha256["detector"]
    assert made.sha256["outline"] != shipped.sha256.get("outline")
    assert load_engines(RunOptions(model=str(made.folder))).outlines is not None


@pytest.mark.parametrize("more", [["--epochs", "3"], ["--recipe", "paper"], ["--beside", "vertebral_fractures"]])
def test_what_means_nothing_to_outlines_is_refused(tmp_path: Path, more: list[str], capsys) -> None:
    words = ["train", "ovf", "--only", "outline", "--simulate", "2", "-o", str(tmp_path / "run"), "--quiet"]
    assert main([*words, *more]) == BAD_INPUT
    assert len(capsys.readouterr().err.strip().splitlines()) == 1 and not (tmp_path / "run").exists()
