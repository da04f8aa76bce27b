"""The errors that a person can act on."""

NO_MEMORY = ("DefaultCPUAllocator", "Failed to allocate memory", "bad_alloc")
"""In the text of an error where torch, SimpleITK, ONNX Runtime or the C++ below them got no memory."""


class InputError(Exception):
    """Bad usage, or an unreadable or unsuitable input.

    ``str(error)`` is one clear sentence: what is wrong and what to do. It holds no patient data. The command line
    prints it and exits with code 2; the Slicer panel shows it.
    """


class OutOfReach(InputError):
    """A file that cannot be read here and need not be damaged: of a newer OrthoAI, or closed to this person.

    Whoever repairs what is damaged must leave it alone.
    """


class Canceled(Exception):
    """The user stopped the run. ``str(error)`` says what became of its work."""

    def __init__(self, sentence: str = "Canceled: nothing was written.") -> None:
        super().__init__(sentence)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` says that the memory of the computer or of the graphics card has ended."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    # ONNX Runtime has exceptions of its own.
    known = isinstance(error, RuntimeError) or type(error).__module__.startswith("onnxruntime")
    return known and any(words in str(error) for words in NO_MEMORY)
