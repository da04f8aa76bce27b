"""ultralytics stays in one file, off the network, out of the user's home, and away from torch's thread count."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from orthoai_training.femur.detector.recipe import LABELS
from PIL import Image

CODE = Path(__file__).resolve().parents[3] / "OrthoAI"
ALLOWED = CODE / "Training" / "orthoai_training" / "detector" / "ultralytics_engine.py"

needs_ultralytics = pytest.mark.skipif(find_spec("ultralytics") is None, reason="ultralytics is not installed")

TRAINING = """
import os, sys
from pathlib import Path

asked = []
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind"):
        asked.append((event, str(arguments[1:])))
        raise OSError("no network in this test")
sys.addaudithook(watch)

import torch
from dataclasses import replace
from PIL import Image
from orthoai_training.detector import ultralytics_engine as engine
from orthoai_training.femur.detector.recipe import COMPACT_DETECTOR

opened = Image.open
# One more than the machine has, so that neither a lower nor a reset count looks right by chance.
threads = (os.cpu_count() or 1) + 1
torch.set_num_threads(threads)
during = []
folder = Path(sys.argv[1])
recipe = replace(COMPACT_DETECTOR, image_size=32, epochs=1, batch=2)
made = engine.train(folder / "set", recipe, folder / "run", device="cpu",
                    on_epoch=lambda epoch, values: during.append(torch.get_num_threads()))
after_training = torch.get_num_threads()
engine.export_onnx(made.weights, folder / "detector.onnx", 32)
import numpy
engine.predict(made.weights, numpy.zeros((32, 32), numpy.uint8), 32)
assert asked == [], asked
assert during == [threads], during
assert Image.open is opened, "a damaged picture would be an attempt to install a library"
assert after_training == threads == torch.get_num_threads(), (after_training, torch.get_num_threads())
print("private", os.environ["YOLO_CONFIG_DIR"])
"""

LOADED_FIRST = """
import os, sys, tempfile
os.environ["YOLO_CONFIG_DIR"] = sys.argv[1]
os.environ["YOLO_OFFLINE"] = "1"
import ultralytics
from orthoai.errors import InputError
from orthoai_training.detector import ultralytics_engine as engine
try:
    engine._load()
except InputError as error:
    print(error)
"""


def run_python(code: str, folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Run ``code`` as a user with an empty home and no settings would."""
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("YOLO", "XDG", "MPL", "ULTRA"))}
    return subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env=kept | {"HOME": str(home), "USERPROFILE": str(home)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_only_one_file_imports_ultralytics() -> None:
    importers = set()
    files = list(CODE.rglob("*.py"))
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "ultralytics" for name in names):
                importers.add(file)
    assert len(files) > 20
    assert importers == {ALLOWED}


def test_the_engine_is_imported_without_ultralytics() -> None:
    code = "import sys, orthoai_training.detector.ultralytics_engine; sys.exit('ultralytics' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0


def test_the_detector_runs_without_torch_and_ultralytics() -> None:
    code = "import sys, orthoai.detect.onnx_yolo; sys.exit(bool({'torch', 'ultralytics'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0


@needs_ultralytics
@pytest.mark.skipif(find_spec("onnx") is None, reason="onnx is not installed")
def test_training_asks_no_network_writes_nothing_at_home_and_keeps_the_threads(tmp_path: Path) -> None:
    for split in ("train", "val"):
        for kind in ("images", "labels"):
            (tmp_path / "set" / kind / split).mkdir(parents=True)
        for number in range(2):
            picture = np.random.default_rng(number).integers(0, 255, (32, 32)).astype(np.uint8)
            Image.fromarray(picture).save(tmp_path / "set" / "images" / split / f"{number}.png")
            (tmp_path / "set" / "labels" / split / f"{number}.txt").write_text("0 0.5 0.5 0.4 0.6\n")
    names = "".join(f"  {number}: {label}\n" for number, label in enumerate(LABELS))
    (tmp_path / "set" / "data.yaml").write_text(
        f"path: {tmp_path / 'set'}\ntrain: images/train\nval: images/val\nnames:\n{names}"
    )
    home = tmp_path / "home"
    ended = run_python(TRAINING, tmp_path, home)
    assert ended.returncode == 0, ended.stderr
    assert [path.relative_to(home) for path in home.rglob("*")] == []
    assert (tmp_path / "detector.onnx").is_file()
    private = ended.stdout.split("private ")[1].strip()
    assert not Path(private).exists(), "the private settings folder was left behind"


@needs_ultralytics
def test_an_ultralytics_that_somebody_else_loaded_is_refused(tmp_path: Path) -> None:
    ended = run_python(LOADED_FIRST, tmp_path, tmp_path / "home")
    assert ended.returncode == 0, ended.stderr
    assert "loaded before OrthoAI could take it offline" in ended.stdout
