"""Memory that a reading needed, given back to the system."""

from __future__ import annotations

import ctypes


def release() -> None:
    """Give freed memory back where the C library would keep it (glibc: up to 64 MiB, and what lies between)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
