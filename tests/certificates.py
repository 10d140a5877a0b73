"""A certificate of localhost that signed itself, and keys, for tests: nobody trusts them, and they guard nothing."""

from __future__ import annotations

from pathlib import Path

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUGjsgro6kqLxgtMhYwDmf2ZeB3OIwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMTkxMjA4
MDAwMDAwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATVYsjBrYHKD4tBaaQBt69MAYNVmFNQyyjz28VtBXixlmgavrZZX2gd
W/6OHCa1N3YMooeXpMXvZJh4W1n1Dnmho28wbTAdBgNVHQ4EFgQUKySgwQI7Wodl
+oXiA4wm2hmO7ncwHwYDVR0jBBgwFoAUKySgwQI7Wodl+oXiA4wm2hmO7ncwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAIAudM76+li8JFyYr4L7rlyGjwUht3L2Cs7VwpYkVm+/AiEA
/yi9IH2gJxwezCqzudfhPjd5iEJI/hK77u7GrLKISdQ=
-----END CERTIFICATE-----
"""

KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6ma1ONpsxpkLzFlS
jTvEoQsagYOM/szrNBzZrqv89FihRANCAATVYsjBrYHKD4tBaaQBt69MAYNVmFNQ
yyjz28VtBXixlmgavrZZX2gdW/6OHCa1N3YMooeXpMXvZJh4W1n1Dnmh
-----END PRIVATE KEY-----
"""

OTHER_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYcTRdulCEOnKpIi1
6xN6a8XUbFVYyGHwkDtlaTSNEHuhRANCAATSXFRIoDb7F9n2LKn0sOPIQrvfzWkk
U29Me/KAIMqFNKCvYbN+fPYl3A7jgHKZo/Oor2wXGY0d6yWWgCeEdGiZ
-----END PRIVATE KEY-----
"""
"""The key of another certificate."""

LOCKED_KEY = """\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhkgU6YlFgg/gICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEDoez7nXPqyK2gzdR8v2tfwEgZDo
P2Ry/+S7ypbgVNerI9kpvS4b5QTOrsqufPHPCZ6UgDyfH5GcIMhtOs/ExOJheQX1
Bfur24ocePzexSIMAuYgxi99bF9UBlCrF81yoye5eU2TpXS1XdpwHIeKnHFjzWN/
a0g7waqw7S/pdbG6C9gwuLY18YbRtPRGUCy1GQ6EYyVx4ojp7T7j4rLwx0AGVdo=
-----END ENCRYPTED PRIVATE KEY-----
"""
"""The certificate's key under a pass phrase."""


def written(folder: Path) -> dict[str, str]:
    """The files of all this by name: certificate, key, other, locked."""
    files = {"certificate": CERTIFICATE, "key": KEY, "other": OTHER_KEY, "locked": LOCKED_KEY}
    paths = {}
    for name, text in files.items():
        paths[name] = str(folder / f"{name}.pem")
        (folder / f"{name}.pem").write_text(text, encoding="ascii")
    return paths
