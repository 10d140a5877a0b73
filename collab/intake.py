"""Leads from a CSV file: each row becomes a lead and goes through the desk, or is a reject with its reason.

The columns are the fields of a lead, in any order; `id` and `name` must be there. An empty cell is the field's default,
and `requires` names skills with spaces between them. A file may come again: a lead whose id is known is left alone.
"""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from collab.claims import lead_key
from collab.desk import Desk
from collab.incoming import GivenLead
from collab.office import Office
from collab.records import Lead, Urgency
from collab.wrong import MOST_SHOWN

logger = logging.getLogger(__name__)

COLUMNS = GivenLead.__struct_fields__
"""What a column may be called."""

NAMED = re.compile(r"sep=([,;\t])", re.IGNORECASE)
"""A first line that says what separates the cells, as spreadsheets write and read it; the header is the line after."""

NOTES = ("row", "reason")
"""Columns of a rejects file, which are not looked at when it comes back corrected."""

FIXES = {
    "id": "give 1 to 120 characters without spaces",
    "name": "give 1 to 200 characters",
    "property_type": "give at most 60 characters",
    "location": "give at most 60 characters",
    "budget": "give a number of 0 or more in digits, e.g. 450000",
    "language": "give at most 20 characters",
    "urgency": f"give one of {', '.join(Urgency)}",
    "score": "give a whole number from 0 to 100",
    "requires": "give skills like language:es with spaces between them",
    "source": "give at most 60 characters",
    "customer": "give at most 120 characters without spaces",
    "email": "give an address like zoe@example.com",
    "phone": "give a number with its country code, e.g. +1 555 010 2030",
}
"""What each field may hold, in the words of a reason."""


THOUSANDS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
"""A number that one half of the world reads as a thousand times what it is to the other."""


class Row(Struct, frozen=True):
    """A row of a file: its number as a spreadsheet shows it (the header is 1), and its lead or why it has none."""

    number: int
    cells: list[str]
    lead: Lead | None
    reason: str = ""


class LeadFile(Struct, frozen=True):
    """A file that was read: its path, its columns as they are named there, its rows, and what separates its cells."""

    path: Path
    header: list[str]
    rows: list[Row]
    separator: str = ","

    @property
    def rejects(self) -> Path:
        """Where its rejects go: `leads.rejects.csv` beside `leads.csv`."""
        return self.path.with_name(f"{self.path.stem}.rejects.csv")


class Taken(Struct, frozen=True, kw_only=True):
    """What became of a file's rows: given to an agent, waiting, known before, or rejected."""

    assigned: int = 0
    waiting: int = 0
    known: int = 0
    rejected: int = 0

    def sentence(self, file: LeadFile) -> str:
        """The counts in one sentence."""
        parts = [f"{self.assigned:,} assigned", f"{self.waiting:,} waiting", f"{self.known:,} known before"]
        parts.append(f"{self.rejected:,} rejected" + (f" (see {file.rejects})" if self.rejected else ""))
        return f"{file.path.name}: of {len(file.rows):,} rows {', '.join(parts[:-1])} and {parts[-1]}"


def read(path: Path, tenant: str = "main") -> LeadFile:
    """Read a file of leads; fields are separated by commas, semicolons or tabs, also if it says so, the text is UTF-8.

    Raises:
        ValueError: the file has no header of a lead's fields, or is no such text; says what to change.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            first = lines.readline()
            named = NAMED.fullmatch(first.rstrip("\r\n").strip('"'))
            separator = named[1] if named else max(",;\t", key=first.count)
            lines.seek(0)
            table = _table(path, csv.reader(lines, delimiter=separator, strict=True))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} cannot be read as CSV in UTF-8: {error}; save it as that") from None
    begins = 1 if named else 0
    header = table[begins] if len(table) > begins else []
    names = ["_".join(name.split()).lower() for name in header]
    _check_header(path, names)
    numbered = [
        (number, cells)
        for number, cells in enumerate(table[begins + 1 :], begins + 2)
        if any(cell.strip() for cell in cells)
    ]
    rows = _told_apart([_row(number, cells, names, tenant) for number, cells in numbered])
    return LeadFile(path, header, rows, separator)


def take_in(office: Office, file: LeadFile, progress: Callable[[int, int], None] | None = None) -> Taken:
    """Route a file's leads at the desk of a started office, in the order of the rows, and write its rejects.

    A rejects file of an earlier time is replaced, or removed if there is nothing to reject.

    Raises:
        RuntimeError: the office has no desk, as another process has the embedded stream.
    """
    if office.desk is None:
        raise RuntimeError(
            f"another process has the history at {office.history_url} open, and with it the embedded stream; stop it, "
            "or let both use one Redis, e.g. COLLAB_REDIS=redis://localhost:6379/0"
        )
    if not office.call(_members(office.desk)).result():
        logger.warning("%s has nobody on its roster, so leads wait until somebody joins", office.tenant)
    history = office.history
    recorded = set(history.columns("arrivals", ["lead"])["lead"].tolist()) if history.exists else set()
    became: dict[str, int] = {"rejected": 0}
    _write_rejects(file)
    for done, row in enumerate(file.rows, 1):
        outcome = "rejected" if row.lead is None else office.call(_route(office.desk, row.lead, recorded)).result()
        became[outcome] = became.get(outcome, 0) + 1
        if progress is not None:
            progress(done, len(file.rows))
    return Taken(**became)


async def _members(desk: Desk) -> int:
    return len(desk.team.members())


async def _route(desk: Desk, lead: Lead, recorded: set[str]) -> str:
    """What became of the lead, as `Taken` counts it."""
    if lead.id in recorded or lead.id in desk.team.leads or (await desk.stream.values([lead_key(lead.id)]))[0]:
        return "known"
    return "waiting" if (await desk.route_lead(lead)).agent is None else "assigned"


def _table(path: Path, reader: Any) -> list[list[str]]:
    table: list[list[str]] = []
    line = 1
    try:
        for cells in reader:
            table.append(cells)
            line = reader.line_num + 1
    except csv.Error as error:
        fix = "close the quote that opens there, or write one that is part of a cell twice"
        raise ValueError(f"{path} cannot be read from row {len(table) + 1} (line {line}) on: {error}; {fix}") from None
    return table


def _told_apart(rows: list[Row]) -> list[Row]:
    """The rows, those rejected that give another lead the id of one before."""
    found: dict[str, Row] = {}
    told = []
    for row in rows:
        if row.lead is not None and (first := found.setdefault(row.lead.id, row)).lead != row.lead:
            reason = f"id is {row.lead.id!r}, which row {first.number} has with other data; give each lead its own"
            row = Row(row.number, row.cells, None, reason)
        told.append(row)
    return told


def _check_header(path: Path, names: list[str]) -> None:
    known = ", ".join(COLUMNS)
    if missing := [name for name in ("id", "name") if name not in names]:
        raise ValueError(
            f"{path} has no column {' and no column '.join(missing)} in its first row; columns are {known}"
        )
    for name in names:
        if name not in COLUMNS and name not in NOTES:
            raise ValueError(
                f"{path} has a column {name!r}, which no lead has; rename or remove it; columns are {known}"
            )
        if names.count(name) > 1:
            raise ValueError(f"{path} has {names.count(name)} columns {name!r}; keep one")


def _row(number: int, cells: list[str], names: list[str], tenant: str) -> Row:
    if len(cells) != len(names):
        fix = "quote cells that hold the separator" if len(cells) > len(names) else "give all cells, empty ones too"
        return Row(number, cells, None, f"the row has {len(cells)} cells and the header {len(names)}; {fix}")
    texts = {name: cell.strip() for name, cell in zip(names, cells, strict=True) if name in COLUMNS}
    fields: dict[str, object] = {name: text for name, text in texts.items() if text or name in ("id", "name")}
    if "requires" in fields:
        fields["requires"] = texts["requires"].split()
    if "urgency" in fields:
        fields["urgency"] = texts["urgency"].lower()
    try:
        return Row(number, cells, _lead(fields, texts, tenant))
    except ValueError:  # which names one fault
        return Row(number, cells, None, ", and ".join(_faults(fields, texts, tenant)))


def _lead(fields: Mapping[str, object], texts: Mapping[str, str], tenant: str) -> Lead:
    """The lead of a row; a ValueError says what is wrong with the first field that does not fit."""
    if "budget" in fields and THOUSANDS.fullmatch(text := texts["budget"]):
        less = text.removesuffix(".000") if text.endswith(".000") else f"{text}0"  # which is no thousand
        raise ValueError(f"budget is {text!r}; write {text.replace('.', '')} or {less}, whichever it is")
    try:
        return msgspec.convert(fields, GivenLead, strict=False).plain(tenant)
    except msgspec.ValidationError as error:
        wrong = str(error).partition("$.")[2].rstrip("`").partition("[")[0]
        raise ValueError(f"{wrong} is {_shown(texts[wrong])}; {FIXES[wrong]}") from None


def _faults(fields: Mapping[str, object], texts: Mapping[str, str], tenant: str) -> Iterator[str]:
    """What is wrong with each field, in the order of the columns: it is read beside what is right."""
    for name, value in fields.items():
        try:
            _lead({"id": "-", "name": "-", name: value}, texts, tenant)
        except ValueError as error:
            yield str(error)


def _shown(text: str) -> str:
    return repr(text) if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]!r}…"


def _write_rejects(file: LeadFile) -> None:
    rejects = [row for row in file.rows if row.lead is None]
    if not rejects:
        file.rejects.unlink(missing_ok=True)
        return
    kept = [place for place, name in enumerate(file.header) if name.strip().lower() not in NOTES]
    with file.rejects.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, delimiter=file.separator)
        writer.writerow([*NOTES, *(file.header[place] for place in kept)])
        for row in rejects:
            told = len(row.cells) == len(file.header)
            cells = [row.cells[place] for place in kept] if told else row.cells
            writer.writerow([row.number, row.reason, *cells])
