"""``python -m orthoai.worker``: the worker process."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import NoReturn

from orthoai.cli.exits import DONE
from orthoai.worker.channel import claim_standard_streams
from orthoai.worker.launch import GROUP_VARIABLE
from orthoai.worker.server import Server
from orthoai.worker.tree import end_own_process
from orthoai.worker.verbs import VERBS

NICENESS = 5
"""The screen goes first. On Windows the client says so when it starts us."""


def main() -> NoReturn:
    """Serve until the client leaves. The process is then ended without a farewell to libraries that may hang in it."""
    channel = claim_standard_streams()
    owns_group = os.environ.pop(GROUP_VARIABLE, "") == "1"
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(NICENESS)
    said_bye = Server(channel, VERBS, partial(end_own_process, owns_group)).serve()
    # A client that says bye sweeps up behind us, and may want to see that we ended well.
    end_own_process(owns_group and not said_bye, DONE)


if __name__ == "__main__":
    main()
