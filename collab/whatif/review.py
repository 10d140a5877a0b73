"""A folder of weights, reviewed: does each file carry the report that its figures come from?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from collab.whatif import journal, report
from collab.whatif.journal import Journal
from collab.whatif.proposal import Proposal, Vouched, written


def faults(folder: str | os.PathLike[str]) -> tuple[int, list[str]]:
    """How many files of weights are in a folder and those within it, and what is wrong with them and their journals."""
    found: list[str] = []
    paths = sorted(path for path in Path(folder).rglob("*.y*ml") if not path.name.startswith("."))
    weights = [path for path in paths if path.name != journal.FILE]
    for path in weights:
        found += _of_file(path)
    for path in paths:
        if path.name == journal.FILE:
            found += _of_journal(Journal(path.parent))
    return len(weights), found


def _of_file(path: Path) -> Iterator[str]:
    """What is wrong with a file of weights and its report."""
    try:
        proposal, vouched = written(path)
    except (OSError, ValueError) as error:
        yield str(error)
        return
    if path.name != f"{proposal.id}.yaml":
        yield f"{path}: the name is {path.name}, but the id is {proposal.id}; name it {proposal.id}.yaml"
    if vouched is None:
        yield f"{path}: it has no report; save the proposal again with Proposal.save"
        return
    yield from _of_report(path, proposal, vouched)


def _of_report(path: Path, proposal: Proposal, vouched: Vouched) -> Iterator[str]:
    again = "propose the weights again and save both"
    if Path(vouched.file).name != vouched.file:
        yield f"{path}: report.file is {vouched.file!r}; it lies beside the file, give its name only"
        return
    try:
        page = (path.parent / vouched.file).read_bytes()
    except OSError as error:
        yield f"{path}: its report {vouched.file} cannot be read ({error.strerror}); {again}"
        return
    if (digest := report.digest(page)) != vouched.sha256:
        yield f"{path}: the SHA-256 of {vouched.file} is {digest}, not {vouched.sha256}: one was changed; {again}"
    try:
        shown = msgspec.json.decode(report.facts(page.decode()) or b"", type=Proposal)
    except ValueError:  # msgspec's errors are such, too
        yield f"{path}: {vouched.file} is no report that this program can read; {again}"
        return
    wrong = [name for name in Proposal.__struct_fields__ if getattr(shown, name) != getattr(proposal, name)]
    if wrong:
        yield f"{path}: {', '.join(wrong)} are not those of {vouched.file}, which is of {shown.id}; {again}"


def _of_journal(book: Journal) -> Iterator[str]:
    """What is wrong with a journal: entries changed, adoptions without a file, rollbacks to something else."""
    try:
        entries = book.entries()
    except (OSError, ValueError) as error:
        yield str(error)
        return
    for number, entry in enumerate(entries):
        where = f"{book.path}, entry {number + 1}"
        if entry.kind == "adopted":
            if not (file := book.folder / f"{entry.id}.yaml").exists():
                yield f"{where}: {file.name} is missing; bring it back"
            elif f"-{'-'.join(map(str, entry.weights))}" not in entry.id:
                yield f"{where}: weights are {list(entry.weights)}, which are not those of {entry.id}"
            continue
        left = journal.standing(entries[:number])
        if not left or (left[-1].id, left[-1].replaces) != (entry.id, entry.weights):
            yield f"{where}: it rolls back to {list(entry.weights)}, which was not in force before {entry.id}"
