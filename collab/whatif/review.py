"""A folder of weights, reviewed: does each file carry the report that its figures come from?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from collab.whatif import journal
from collab.whatif.journal import Journal
from collab.whatif.proposal import written
from collab.whatif.vouched import wrong


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
    yield from wrong(path, proposal, vouched)


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
