"""Does the panel stay alive? The longest turn of the event loop while a task runs, and how fast a cancel answers.

    python Testing/bench/bench_panel.py [--size I J K] [--repeat N]

The module runs in Testing/host, off screen, on a volume of the size of a leg CT, with a real worker process. The
worker finds bone by a threshold instead of by networks: what the GUI has to do (write the volume, show progress, make
nodes of boxes, masks and findings) is the same, and a run takes seconds. Views are not drawn: how long a frame takes is
up to the graphics card.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
WORKER = REPOSITORY / "Testing" / "Python" / "panel" / "worker_site"
"""Holds the stand-in for the networks (sitecustomize.py), as in the tests of the panel."""

LIMIT_S = 600.0
BONE_HU, TISSUE_HU = 900, 40


class Heart:
    """Runs the event loop and notes how long each turn of it takes."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.turns: list[float] = []
        self.busy: list[float] = []

    def beat(self, until: Callable[[], bool]) -> float:
        """Turn until ``until`` holds; returns the seconds that took. RuntimeError after LIMIT_S."""
        start = time.perf_counter()
        while not until():
            turn, work = time.perf_counter(), time.thread_time()
            self._app.sendPostedEvents()
            self._app.processEvents()
            self.turns.append(time.perf_counter() - turn)
            self.busy.append(time.thread_time() - work)
            if time.perf_counter() - start > LIMIT_S:
                raise RuntimeError("the panel did not come to rest")
            time.sleep(0.002)
        return time.perf_counter() - start


def phantom(size: tuple[int, int, int]) -> np.ndarray:
    """Two upright bones in tissue: HU (K, J, I), int16."""
    i, j, k = size
    y, x = np.mgrid[:j, :i]
    plane = np.full((j, i), -1000, np.int16)
    plane[np.hypot((x - i / 2) / 0.45 / i, (y - j / 2) / 0.4 / j) < 1] = TISSUE_HU
    for center in (0.3, 0.7):
        plane[np.hypot(x - center * i, y - j / 2) < 0.05 * i] = BONE_HU
    return np.repeat(plane[None], k, axis=0)


def measure(size: tuple[int, int, int], repeat: int) -> dict[str, Any]:
    """Run and cancel ``repeat`` times each: seconds and counts."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(WORKER), os.environ.get("PYTHONPATH", "")])
    sys.path[:0] = [str(REPOSITORY / "OrthoAI"), str(REPOSITORY / "Testing")]
    from host import start

    host = start()
    import slicer

    os.environ["ORTHOAI_TEST_WORKER"] = "quick"
    module = host.loadModule(REPOSITORY / "OrthoAI" / "OrthoAI.py")
    controller, panel = module.widget.controller, module.widget.panel
    button = panel.taskPanel.button("femur")
    volume = slicer.util.addVolumeFromArray(phantom(size), np.diag([-0.8, -0.8, 1.0, 1.0]), "Legs")
    host.processEvents(0.5)

    def idle() -> bool:
        return controller.state.value == "idle"

    runs, cancels = Heart(host.app), []
    seconds = []
    for _ in range(repeat):
        button.click()
        seconds.append(runs.beat(idle))
        runs.beat(lambda: panel.reviewPanel.session is not None)
        assert panel.result is not None, panel.message.text
        panel.result.remove(slicer.mrmlScene)
        host.processEvents(0.5)
    os.environ["ORTHOAI_TEST_WORKER"] = "slow"
    controller._client.drop()  # The next worker is one that has to be canceled.
    for _ in range(repeat):
        before = slicer.mrmlScene.GetNumberOfNodes()
        button.click()
        runs.beat(lambda: controller.state.value == "running" and "Segment" in panel.taskPanel._ui.stageText.text)
        asked = time.perf_counter()
        button.click()
        runs.beat(idle)
        cancels.append(time.perf_counter() - asked)
        assert slicer.mrmlScene.GetNumberOfNodes() == before
    slicer.mrmlScene.RemoveNode(volume)
    host.close()
    longest = int(np.argmax(runs.turns))
    return {
        "voxels": list(size),
        "runs": repeat,
        "run_s": [round(s, 2) for s in seconds],
        "turns": len(runs.turns),
        "longest_turn_ms": round(1000 * runs.turns[longest], 1),
        "longest_turn_of_which_cpu_ms": round(1000 * runs.busy[longest], 1),
        "longest_cpu_ms": round(1000 * max(runs.busy), 1),
        "turns_over_100_ms": int((np.array(runs.turns) > 0.1).sum()),
        "cancel_s": [round(s, 2) for s in cancels],
        "load_average": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, nargs=3, default=(512, 512, 400), metavar=("I", "J", "K"))
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    print(json.dumps(measure(tuple(arguments.size), arguments.repeat), indent=1))


if __name__ == "__main__":
    main()
