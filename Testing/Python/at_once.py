"""Several processes that do the same thing in the same moment."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Callable


def run_script(script: str, *arguments: object) -> None:
    """Run Python text in a process of its own, with sys.argv[1:] = ``arguments``. Its errors fail the test."""
    run = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]


def at_once(step: Callable[[int], object], count: int) -> None:
    """Call ``step`` with 0, 1, ... in ``count`` processes that are let go together; exit code 1 where one fails.

    To be called in a script of :func:`run_script`, at its end: all processes are forks of it, so that nothing is
    imported twice, and a process that has threads already would fork at its peril.
    """
    ready, go = os.pipe(), os.pipe()
    children = []
    for number in range(count):
        child = os.fork()
        if not child:
            failed = 1
            try:
                os.close(go[1])
                os.write(ready[1], b".")
                os.read(go[0], 1)  # Ends with the file, when the parent lets all go.
                step(number)
                failed = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(failed)
        children.append(child)
    for _ in children:
        os.read(ready[0], 1)
    os.close(go[1])
    sys.exit(any([os.waitpid(child, 0)[1] for child in children]))
