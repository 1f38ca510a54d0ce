"""Memory that a model leaves behind goes back to the system at once."""

import ctypes
import gc
from contextlib import suppress


def give_back_memory() -> None:
    """Free a graph that is not used any more, and what the allocator keeps of it.

    Graphs hold themselves in circles, which Python frees when it comes to it; glibc
    keeps freed memory for later use.
    """
    gc.collect()
    with suppress(AttributeError, OSError):  # other systems have no such function
        ctypes.CDLL(None).malloc_trim(0)


def freeze_what_stays() -> None:
    """Spare the objects of all imports from every later search for circles.

    With them a search takes half a second, in which nobody is answered.
    """
    gc.collect()
    gc.freeze()
