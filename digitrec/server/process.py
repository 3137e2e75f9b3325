"""The process of the server: its memory, its files, and how its threads share the interpreter."""

import asyncio
import ctypes
import gc
import sys
from contextlib import suppress

import cv2

_COLLECT_SECONDS = 10
_MANY_FILES = 65536
_M_ARENA_MAX = -8
_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 128 * 1024
_SWITCH_SECONDS = 0.001


def configure_process() -> None:
    """Fit the process to many threads that come and go, before there are any."""
    _share_heaps()
    _allow_many_files()
    # After each message it sends, the server's loop lines up for the interpreter behind what computes: not for 5 ms.
    sys.setswitchinterval(_SWITCH_SECONDS)
    # Pictures are read beside each other, so OpenCV needs no threads for one; of each of ours that comes and goes, its
    # own would keep a kilobyte for good: https://github.com/opencv/opencv/issues/23252
    cv2.setNumThreads(1)


def freeze_heap() -> None:
    """Spare the garbage collector what is there by now, for good."""
    gc.collect()
    gc.freeze()
    # With a hundred sessions a collection of everything stops all of them for 50 ms, by default every 200 drawings.
    gc.set_threshold(5_000, 10, 20)


async def collect_garbage_periodically() -> None:
    """Free what sessions that are gone left behind, which the collector itself puts off ever longer.

    Before there is much of it: among what takes its place, holes stay.
    """
    while True:
        await asyncio.sleep(_COLLECT_SECONDS)
        gc.collect()


def _share_heaps() -> None:
    """Have threads share two of the heaps of glibc: of up to eight a core, what lies unused grows for hours.

    What is large lies outside of them and goes back to the system: by itself glibc soon takes that into its heaps, too.
    """
    with suppress(AttributeError, OSError, TypeError):
        # Other systems do not have it, nor Windows a library without a name.
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def _allow_many_files() -> None:
    """Let the process open as many files as it may; a session holds four, and many a system stops at 1024."""
    try:
        import resource
    except ImportError:
        # Windows has no such limit.
        return
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MANY_FILES if most == resource.RLIM_INFINITY else min(most, _MANY_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, wanted), most))
