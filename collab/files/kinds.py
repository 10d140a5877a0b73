"""What a file is, by its bytes alone: neither its name nor what its sender calls it is believed."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from pathlib import Path

HEAD = 8192
"""So many bytes of a file tell what it is."""

MOST_LISTED = 2 << 20
"""So long may the list of what is in a zip file be, about 20,000 files: as objects it takes twenty times as much."""

INLINE = frozenset("image/png image/jpeg image/gif image/webp".split())
"""Types that a browser may show in place; all others are only saved."""

_OFFICE = "application/vnd.openxmlformats-officedocument"
ARCHIVES = {
    "word/document.xml": f"{_OFFICE}.wordprocessingml.document",
    "xl/workbook.xml": f"{_OFFICE}.spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OFFICE}.presentationml.presentation",
}
"""Types of zip files, by a member that they have."""

_MAGIC: tuple[tuple[str, bytes], ...] = (
    ("image/png", rb"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", rb"\xff\xd8\xff"),
    ("image/gif", rb"GIF8[79]a"),
    ("image/webp", rb"RIFF....WEBP"),
    ("audio/wav", rb"RIFF....WAVE"),
    ("audio/mpeg", rb"ID3|\xff[\xfb\xf3\xf2]"),
    ("audio/ogg", rb"OggS"),
    ("video/mp4", rb"....ftyp"),
    ("video/webm", rb"\x1a\x45\xdf\xa3"),
    ("application/pdf", rb"%PDF-"),
    ("application/zip", rb"PK\x03\x04"),
)
_PATTERNS = [(kind, re.compile(magic, re.DOTALL)) for kind, magic in _MAGIC]
NAMES = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WebP",
    "application/pdf": "PDF",
    f"{_OFFICE}.wordprocessingml.document": "Word",
    f"{_OFFICE}.spreadsheetml.sheet": "Excel",
    f"{_OFFICE}.presentationml.presentation": "PowerPoint",
    "text/plain": "plain text",
    "application/zip": "zip",
    "audio/mpeg": "MP3",
    "audio/ogg": "Ogg",
    "audio/wav": "WAV",
    "video/mp4": "MP4",
    "video/webm": "WebM",
}
"""What people call the types."""

TYPES = frozenset(NAMES)
"""Every type that is known; a file of none is not taken."""

_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<[a-zA-Z!?/]")
_PROGRAMS = ("META-INF/MANIFEST.MF", "AndroidManifest.xml", "vbaProject.bin")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Unwanted(ValueError):
    """The file is of a kind that is not taken: HTML, SVG, a program, or nothing that is known."""


def kind_of(path: Path, allowed: frozenset[str] = TYPES) -> str:
    """The media type of a file.

    Raises:
        Unwanted: it is of none of the allowed types; says what it is instead.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    kind = next((kind for kind, pattern in _PATTERNS if pattern.match(head)), None)
    if kind == "application/zip":
        kind = _kind_of_zip(path)
    kind = kind or _kind_of_text(head)
    if kind not in allowed:
        taken = ", ".join(name for one, name in NAMES.items() if one in allowed)
        raise Unwanted(f"the file is {NAMES.get(kind, kind)}; taken are {taken}")
    return kind


def _kind_of_text(head: bytes) -> str:
    if _MARKUP.match(head):
        return "HTML, SVG or other markup, which a browser might run"
    if head.startswith(b"#!"):
        return "a script with an interpreter, which might be run"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or not _CONTROLS.search(head):
            return "text in another encoding than UTF-8; save it in that"
        return "of no known type"
    return "of no known type" if _CONTROLS.search(head) else "text/plain"


class _TooMany(Exception):
    """A zip file names more than is read."""


class _Zipped(io.FileIO):
    """A zip file of which the list of what is in it, which is read at once, is read only if it is short enough."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MOST_LISTED:
            raise _TooMany
        return super().read(size)


def _kind_of_zip(path: Path) -> str:
    try:
        with _Zipped(path) as file, zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except _TooMany:
        return f"a zip file of too many files: their list has more than {MOST_LISTED >> 20} MiB; zip fewer"
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError):
        return "a broken zip file"
    if any(name == program or name.endswith(f"/{program}") for name in names for program in _PROGRAMS):
        return "a zip file with a program in it"
    return next((kind for member, kind in ARCHIVES.items() if member in names), "application/zip")
