"""A detector trained on rectangles for some seconds, and our ONNX Runtime engine against ultralytics' own answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from orthoai.detect.onnx_yolo import OnnxYolo
from orthoai.errors import Canceled, InputError
from orthoai.progress import Progress
from orthoai_training.detector import ultralytics_engine as engine
from orthoai_training.femur.detector.recipe import COMPACT_DETECTOR, LABELS
from PIL import Image

onnx = pytest.importorskip("onnx")

# Asked without importing it: only the engine may do that.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ultralytics") is None, reason="ultralytics is not installed"),
]

SIZE = 96
LEAST_SCORE = 0.03
RECIPE = replace(COMPACT_DETECTOR, image_size=SIZE, epochs=14, batch=8, nominal_batch=8, warmup_epochs=1.0)


def draw(height: int, width: int, seed: int) -> tuple[np.ndarray, str]:
    """A bright rod in either half of a dark, noisy picture, and its label lines; the left one on the right."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 40, (height, width)).astype(np.uint8)
    lines = []
    for kind, start in ((0, 0.5), (1, 0.0)):
        w, h = rng.uniform(0.15, 0.25), rng.uniform(0.4, 0.6)
        x, y = start + rng.uniform(0.05, 0.45 - w), rng.uniform(0.05, 0.95 - h)
        pixels[round(y * height) : round((y + h) * height), round(x * width) : round((x + w) * width)] += 190
        lines.append(f"{kind} {x + w / 2:.6f} {y + h / 2:.6f} {w:.6f} {h:.6f}\n")
    return pixels, "".join(lines)


def write_rods(folder: Path, counts: dict[str, int]) -> Path:
    """A YOLO data set of such pictures."""
    for number, (split, count) in enumerate(counts.items()):
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True)
        for seed in range(count):
            pixels, lines = draw(SIZE, SIZE - 8, 1000 * number + seed)
            Image.fromarray(pixels).save(folder / "images" / split / f"{seed}.png")
            (folder / "labels" / split / f"{seed}.txt").write_text(lines)
    names = json.dumps(dict(enumerate(LABELS))).replace('"0"', "0").replace('"1"', "1")
    (folder / "data.yaml").write_text(f"path: {folder}\ntrain: images/train\nval: images/val\nnames: {names}\n")
    return folder


@dataclass
class Run:
    """A finished training and what it said."""

    dataset: Path
    out: Path
    trained: engine.TrainedDetector | None = None
    fractions: list[float] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("rods")
    made = Run(write_rods(folder / "set", {"train": 64, "val": 4}), folder / "run")
    before = torch.get_num_threads()
    # Layers this small only wait for each other on several threads.
    torch.set_num_threads(1)
    progress = Progress(on_report=lambda stage, fraction, message: made.fractions.append(fraction))
    made.trained = engine.train(
        made.dataset,
        RECIPE,
        made.out,
        device="cpu",
        seed=1,
        progress=progress,
        on_epoch=lambda epoch, values: made.epochs.append(epoch),
    )
    yield made
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def network(run: Run) -> Path:
    return engine.export_onnx(run.trained.weights, run.out / "out" / "detector.onnx", SIZE)


def test_training_learns_where_the_rods_are(run: Run) -> None:
    assert run.trained.metrics["metrics/mAP50(B)"] > 0.3


def test_training_reports_every_step_and_epoch(run: Run) -> None:
    assert len(run.fractions) == RECIPE.epochs * 64 // RECIPE.batch
    assert run.fractions == sorted(run.fractions) and run.fractions[-1] == pytest.approx(1.0)
    assert run.epochs == list(range(1, RECIPE.epochs + 1))


def test_a_finished_training_is_not_repeated_when_resumed(run: Run) -> None:
    again = engine.train(run.dataset, RECIPE, run.out, device="cpu", resume=True)
    assert again == run.trained


@pytest.mark.parametrize("shape", [(96, 96), (120, 80), (61, 77), (417, 512)])
def test_boxes_agree_within_half_a_pixel_and_scores_within_a_hundredth(
    run: Run, network: Path, shape: tuple[int, int]
) -> None:
    detector = OnnxYolo(network, LABELS, SIZE, threads=1)
    image, _ = draw(*shape, seed=7)
    ours = detector.detect(image, LEAST_SCORE)
    theirs = engine.predict(run.trained.weights, image, SIZE, confidence=LEAST_SCORE)
    assert 1 <= len(ours) == len(theirs)
    for one, two in zip(ours, theirs, strict=True):
        assert one.label == two.label
        assert one.score == pytest.approx(two.score, abs=0.01)
        assert (one.x0, one.y0, one.x1, one.y1) == pytest.approx((two.x0, two.y0, two.x1, two.y1), abs=0.5)


def test_the_exported_file_names_its_classes_and_holds_no_path(run: Run, network: Path) -> None:
    model = onnx.load(network)
    notes = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(notes["labels"]) == list(LABELS)
    assert notes["image_size"] == str(SIZE) and "AGPL" in notes["license"]
    assert model.opset_import[0].version == engine.OPSET
    content = network.read_bytes()
    for trace in (str(run.out.parent), str(Path(engine.__file__).parent), "site-packages"):
        assert trace.encode() not in content


def test_exporting_twice_gives_the_same_bytes_and_leaves_nothing_beside_them(
    run: Run, network: Path, tmp_path: Path
) -> None:
    again = engine.export_onnx(run.trained.weights, tmp_path / "again.onnx", SIZE)
    assert again.read_bytes() == network.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["again.onnx"]
    assert not list(run.trained.weights.parent.glob("*.onnx"))


def test_a_canceled_training_goes_on_where_it_stopped(run: Run, tmp_path: Path) -> None:
    small = replace(RECIPE, epochs=3, image_size=32)
    steps = 64 // small.batch
    # Canceled in the second epoch.
    asked = iter([False] * (steps + 1) + [True])
    with pytest.raises(Canceled):
        engine.train(run.dataset, small, tmp_path, device="cpu", progress=Progress(is_canceled=lambda: next(asked)))
    epochs: list[int] = []
    engine.train(
        run.dataset, small, tmp_path, device="cpu", resume=True, on_epoch=lambda epoch, values: epochs.append(epoch)
    )
    assert epochs == [2, 3]


def test_a_training_that_was_killed_while_it_wrote_goes_on(run: Run, tmp_path: Path) -> None:
    """Each ended every later call by an error of ultralytics: hours of training were lost."""
    small = replace(RECIPE, epochs=3, image_size=32)

    def trained(name: str, resume: bool = False) -> tuple[engine.TrainedDetector, list[int]]:
        epochs: list[int] = []

        def told(epoch: int, values: object) -> None:
            epochs.append(epoch)
            if not resume and name == "cut" and epoch == 2:
                raise Canceled

        made = engine.train(run.dataset, small, tmp_path / name, device="cpu", resume=resume, on_epoch=told)
        return made, epochs

    # After the last epoch, while the best weights are validated.
    whole, _ = trained("done")
    (tmp_path / "done" / engine.SUMMARY).unlink()
    again, epochs = trained("done", resume=True)
    assert epochs == [] and again.weights == whole.weights and again.metrics.keys() == whole.metrics.keys()
    assert (tmp_path / "done" / engine.SUMMARY).is_file()
    # In the middle of a checkpoint: the best one is left.
    with pytest.raises(Canceled):
        trained("cut")
    weights = tmp_path / "cut" / "yolo" / "weights"
    (weights / "last.pt").write_bytes((weights / "last.pt").read_bytes()[:9999])
    _, epochs = trained("cut", resume=True)
    assert epochs and epochs[-1] == 3
    (tmp_path / "cut" / engine.SUMMARY).unlink()
    for file in ("last.pt", "best.pt"):
        (weights / file).write_bytes(b"cut off")
    with pytest.raises(InputError, match="are damaged: choose another --out"):
        trained("cut", resume=True)


def test_a_time_limit_ends_training_early_but_never_prolongs_it(run: Run, tmp_path: Path) -> None:
    for name, planned, minutes in (("short", 500, 0.01), ("long", 2, 10.0)):
        epochs: list[int] = []
        engine.train(
            run.dataset,
            replace(RECIPE, epochs=planned, image_size=32),
            tmp_path / name,
            device="cpu",
            minutes=minutes,
            on_epoch=lambda epoch, values, epochs=epochs: epochs.append(epoch),
        )
        if name == "long":
            assert epochs == [1, 2]
        else:
            assert 1 <= len(epochs) < planned
    assert (tmp_path / "short" / engine.SUMMARY).is_file()


def test_a_folder_that_is_no_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no data\.yaml"):
        engine.train(tmp_path, RECIPE, tmp_path / "run")
