"""The report that a file of weights vouches for: is it there, unchanged, and made of what the file says?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from collab.records import Hash
from collab.whatif import report

if TYPE_CHECKING:
    from collab.whatif.proposal import Proposal

AGAIN = "propose the weights again and save both"
"""What mends a file whose report says something else."""


class Vouched(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The report that belongs to a proposal: its file, beside it, and the SHA-256 of its bytes."""

    file: str
    sha256: Hash


def wrong(path: Path, proposal: Proposal, vouched: Vouched | None) -> Iterator[str]:
    """What is wrong with a file of weights and its report: one sentence each, which names the file and the fix."""
    if path.name != f"{proposal.id}.yaml":
        yield f"{path}: the name is {path.name}, but the id is {proposal.id}; name it {proposal.id}.yaml"
    if vouched is None:
        yield f"{path}: it has no report; save the proposal again with Proposal.save"
        return
    if Path(vouched.file).name != vouched.file:
        yield f"{path}: report.file is {vouched.file!r}; it lies beside the file, give its name only"
        return
    try:
        page = (path.parent / vouched.file).read_bytes()
    except OSError as error:
        yield f"{path}: its report {vouched.file} cannot be read ({error.strerror}); {AGAIN}"
        return
    yield from _of_page(path, proposal, vouched, page)


def _of_page(path: Path, proposal: Proposal, vouched: Vouched, page: bytes) -> Iterator[str]:
    if vouched.sha256 not in (digest := report.digest(page), report.digest(_plain(page))):
        yield f"{path}: the SHA-256 of {vouched.file} is {digest}, not {vouched.sha256}: one was changed; {AGAIN}"
    try:
        shown = msgspec.json.decode(report.facts(page.decode()) or b"", type=type(proposal))
    except ValueError:  # msgspec's errors are such, too
        yield f"{path}: {vouched.file} is no report that this program can read; {AGAIN}"
        return
    apart = [name for name in proposal.__struct_fields__ if getattr(shown, name) != getattr(proposal, name)]
    if apart:
        yield f"{path}: {', '.join(apart)} are not those of {vouched.file}, which is of {shown.id}; {AGAIN}"
    elif _plain(page) != _plain(report.html(proposal).encode()):
        yield (
            f"{path}: {vouched.file} does not show these figures as this program does: it was changed by hand, or "
            f"another version wrote it; check it with that one, or {AGAIN}"
        )


def _plain(page: bytes) -> bytes:
    """The page with the line ends it was saved with: a checkout of git may write others."""
    return page.replace(b"\r\n", b"\n")
