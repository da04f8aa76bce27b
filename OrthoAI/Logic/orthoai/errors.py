"""The errors that a person can act on."""


class InputError(Exception):
    """Bad usage, or an unreadable or unsuitable input.

    ``str(error)`` is one clear sentence: what is wrong and what to do. It holds no patient data. The command line
    prints it and exits with code 2; the Slicer panel shows it.
    """


class Canceled(Exception):
    """The user stopped the run. ``str(error)`` says what became of its work."""

    def __init__(self, sentence: str = "Canceled: nothing was written.") -> None:
        super().__init__(sentence)
