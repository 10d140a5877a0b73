"""Whether somebody records into a local folder: the lock that a recorder holds for as long as it is there."""

from __future__ import annotations

from filelock import FileLock, Timeout

from collab.history.folder import Folder

MOMENT_S = 0.2
"""A recorder waits so long for its lock: who looks whether somebody has it holds it for less."""


def lock_of(folder: Folder, partition: int) -> FileLock:
    """The lock of who records this partition into a local folder."""
    return FileLock(f"{folder.path(f'.recorder-p{partition:02}')}.lock", timeout=MOMENT_S, thread_local=False)


def is_recorded(url: str, partition: int) -> bool:
    """Whether anybody, in whichever process, records this partition into the local folder now.

    Raises:
        OSError: the folder is gone, or may not be written.
    """
    try:
        with lock_of(Folder(url), partition).acquire(timeout=0):
            return False
    except Timeout:
        return True
