"""The files that make a port a secure one: a certificate and its private key."""

from __future__ import annotations

import ssl
from typing import NoReturn

PLAIN = "openssl pkey -in KEY -out PLAIN"
"""What takes the pass phrase from a key."""


def tls(certificate: str | None, private_key: str | None) -> ssl.SSLContext | None:
    """What makes a port a secure one; None, and it is a plain one, if neither file is given.

    Raises:
        ValueError: there is a key and no certificate, or the files do not belong together; names them and the fix.
        OSError: a file cannot be read.
    """
    if certificate is None:
        if private_key is not None:
            raise ValueError(f"--private-key is {private_key!r} without its certificate; give --certificate, too")
        return None

    def asked() -> NoReturn:
        key = f"--private-key is {private_key!r}" if private_key is not None else f"--certificate is {certificate!r}"
        raise ValueError(f"{key}, whose key has a pass phrase; give one without ({PLAIN})")

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, private_key, asked)
    except ssl.SSLError as error:
        raise ValueError(_why(error, certificate, private_key)) from None
    return context


def _why(error: ssl.SSLError, certificate: str, private_key: str | None) -> str:
    if private_key is None:
        fix = "give the certificate chain in PEM, and its key with --private-key"
        return f"--certificate is {certificate!r}, which is no certificate with its key; {fix}"
    if error.reason == "KEY_VALUES_MISMATCH":
        fix = "give the two that were made together, the host's own certificate first in its file"
        return f"--private-key is {private_key!r}, which is not the key of --certificate {certificate!r}; {fix}"
    files = f"--certificate is {certificate!r} and --private-key {private_key!r}"
    return f"{files}, which cannot be used ({error.reason or error}); give both in PEM"
