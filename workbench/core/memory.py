"""Memory that is free goes back to the system."""

# glibc's mallopt(3).
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
_LARGE, _ARENAS = 1 << 20, 2


def hand_back_freed() -> None:
    """Lets a long run of mixed sizes keep little of what it freed: large blocks go back at once, few pools grow.

    glibc otherwise raises the size it hands back with every larger block, and keeps a pool for each thread: 30 of
    380 MB of a pre-labelling. On other C libraries it does nothing.
    """
    import ctypes
    import sys

    if sys.platform != "linux":
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_MMAP_THRESHOLD, _LARGE)
    mallopt(_ARENA_MAX, _ARENAS)
