"""A folder of weights, reviewed: does each file carry the report that its figures come from?"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import structs

from collab.records import dashed
from collab.whatif import journal, report
from collab.whatif.journal import Journal
from collab.whatif.proposal import Proposal, written
from collab.whatif.vouched import wrong


def faults(folder: str | os.PathLike[str]) -> tuple[int, list[str]]:
    """How many files of weights are in a folder and those within it, and what is wrong with them and their journals."""
    found: list[str] = []
    paths = sorted(path for path in Path(folder).rglob("*.y*ml") if not path.name.startswith("."))
    weights = [path for path in paths if path.name != journal.FILE]
    read: dict[Path, Proposal] = {}
    for path in weights:
        found += _of_file(path, read)
    found += _of_twins(read)
    found += _of_reports(sorted(Path(folder).rglob("*.html")))
    for path in paths:
        if path.name == journal.FILE:
            found += _of_journal(Journal(path.parent))
    return len(weights), found


def _of_file(path: Path, read: dict[Path, Proposal]) -> Iterator[str]:
    """What is wrong with a file of weights and its report; what it holds goes to the others that were read."""
    try:
        proposal, vouched = written(path)
    except (OSError, ValueError) as error:
        yield str(error)
        return
    read[path] = proposal
    yield from wrong(path, proposal, vouched)


def _of_twins(read: dict[Path, Proposal]) -> Iterator[str]:
    """Files of one id that say different things of one history; whoever adopts may be added to one of them."""
    first: dict[tuple[str, str | None], Path] = {}
    for path, proposal in read.items():
        one = first.setdefault((proposal.id, proposal.tenant), path)
        names = {read[one].by, proposal.by} - {None}
        if proposal.tenant and (len(names) > 1 or _nameless(read[one]) != _nameless(proposal)):
            yield f"{path}: id is {proposal.id}, as of {one}, which says something else; keep one of them"


def _nameless(proposal: Proposal) -> Proposal:
    return structs.replace(proposal, by=None)


def _of_reports(pages: Iterable[Path]) -> Iterator[str]:
    """Reports, named as they are saved, whose file of weights is not beside them."""
    for page in pages:
        if page.with_suffix(".yaml").exists() or page.name.startswith("."):
            continue
        try:
            shown = msgspec.json.decode(report.facts(page.read_bytes().decode()) or b"", type=Proposal)
        except (OSError, ValueError):  # another page
            continue
        if page.stem == shown.id:
            yield f"{page}: it is a report, but {page.stem}.yaml is not beside it; bring that back, or remove this"


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
            elif f"-{dashed(entry.weights)}" not in entry.id:
                yield f"{where}: weights are {list(entry.weights)}, which are not those of {entry.id}"
            continue
        left = journal.standing(entries[:number])
        if not left or (left[-1].id, left[-1].replaces) != (entry.id, entry.weights):
            yield f"{where}: it rolls back to {list(entry.weights)}, which was not in force before {entry.id}"
