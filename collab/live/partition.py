"""Which of the partitions a tenant is on, and the key that all of its keys begin with."""

from __future__ import annotations

import re
import zlib

PARTITIONS = 16
"""How many streams the tenants share."""


def is_tenant(tenant: str) -> bool:
    """Can this be a tenant's name?"""
    return _TENANT.fullmatch(tenant) is not None


def check_tenant(tenant: str) -> None:
    """Raise a ValueError unless this can be a tenant's name."""
    if not is_tenant(tenant):
        raise ValueError(
            f"tenant is {tenant!r}; give up to 64 letters, digits and . _ -, a letter or digit first, and not id"
        )


def partition_of(tenant: str) -> int:
    """The number of the partition that the tenant is on."""
    return zlib.crc32(tenant.encode()) % PARTITIONS


def key_of(tenant: str) -> str:
    """What the keys of the tenant's partition begin with; the braces keep them on one node of a cluster."""
    return key_at(partition_of(tenant))


def key_at(partition: int) -> str:
    """The same by the partition's number."""
    return f"collab:{{p{partition:02}}}"


_TENANT = re.compile(r"(?!id$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
