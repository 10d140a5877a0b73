"""Weights as a proposal: what they are and replace, why, and what the log says of them; saved, adopted, rolled back."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from collab.lines import Lines
from collab.records import Fact, Name, dashed
from collab.team import Team
from collab.whatif import journal, kept, report
from collab.whatif.journal import AdoptionRefused, Entry, Journal, Reason
from collab.whatif.reported import Figures
from collab.whatif.rescore import Values, integers
from collab.whatif.vouched import Vouched, wrong


class Proposal(Fact, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Weights that somebody proposes, with the figures that speak for or against them; `WhatIf.propose` makes one.

    Attributes:
        weights: four integers that sum to 100, in the order of `FACTORS`.
        replaces: the weights in force when it was made; None for frames.
        reason: why.
        by: who proposes it; whoever adopts it first, if nobody is named.
        created: the time of the last event that the figures know of.
        tenant, history, version: whose history the figures are of, where it is, and up to which place; None, None and 0
            for frames.
        figures: what the report shows.
    """

    weights: Values
    replaces: Values | None = None
    reason: Reason
    by: Name | None = None
    created: datetime
    tenant: str | None = None
    history: str | None = None
    version: Annotated[int, Meta(ge=0)] = 0
    figures: Figures

    def __post_init__(self) -> None:
        super().__post_init__()
        integers(self.weights)
        if self.replaces is not None:
            integers(self.replaces)

    @property
    def id(self) -> str:
        """The day, the integers and the history's version, e.g. `2026-11-24-40-30-15-15-at-5123`: a file's name."""
        version = f"-at-{self.version}" if self.version else ""
        return f"{self.created:%Y-%m-%d}-{dashed(self.weights)}{version}"

    def __str__(self) -> str:
        names = [dashed(given) for given in (self.weights, self.replaces) if given is not None]
        who = f" by {self.by}" if self.by else ""
        lines = [f"Proposal {self.id}{who}: {' in place of '.join(names)}", f"  why: {self.reason}"]
        for one in (*self.figures.per_lead, *self.figures.whole_team):
            lines.append(f"  {one.metric} ({one.question}) {one}")
        return "\n".join(lines)

    __repr__ = __str__

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Proposal:
        """The proposal of a file, which is as its report shows it.

        Raises:
            OSError: it cannot be read.
            ValueError: it is no proposal; names the file, the field, the value and what is expected. Or it does not
                carry its report unchanged; says all that `collab weights check` says of it.
        """
        proposal, vouched = written(Path(path))
        if found := list(wrong(Path(path), proposal, vouched)):
            raise ValueError("\n".join(found))
        return proposal

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write `<id>.yaml`, and beside it the report that it vouches for; returns the path of the former.

        Raises:
            AdoptionRefused: a proposal of this id that says something else was adopted.
        """
        path = Path(folder) / f"{self.id}.yaml"
        page = report.html(self)
        vouched = {"file": f"{self.id}.html", "sha256": report.digest(page)}
        text = kept.text_of({"id": self.id, **msgspec.to_builtins(self), "report": vouched})
        if path.exists() and self.id in {entry.id for entry in Journal(folder).entries()} and _differs(path, self):
            raise AdoptionRefused(
                f"{path} is adopted and says something else (reason, by or figures); load it, or propose these weights "
                "again when more is recorded"
            )
        kept.write(path.with_suffix(".html"), page)
        kept.write(path, text)
        return path

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write the report as one page of HTML that asks no other host for anything; its folder is made if need be."""
        kept.write(Path(path), report.html(self))
        return Path(path)

    def adopt(self, *, by: str, folder: str | os.PathLike[str] | None = None) -> Entry:
        """Save it with its report and put it into the journal of the folder; whoever watches that brings it into force.

        Adopting it once more while it is in force adds nothing and returns the entry of whoever was first. Without a
        folder it is the one that an office of the history watches.

        Raises:
            AdoptionRefused: its weights are in force by something else, or it was adopted with other figures.
            ValueError: no folder is given and none is known, or `by` is empty.
        """
        there = self._folder(folder)
        book = Journal(there)
        with book.locked():
            entries, team = book.entries(), self._team()
            before, last = in_force(entries, team), entries[-1] if entries else None
            fields: dict[str, Any] = {"id": self.id, "weights": self.weights, "replaces": before or self.replaces}
            entry = journal.entry_of(kind="adopted", **fields, by=by, reason=self.reason)
            if last is not None and (last.kind, last.id, before) == ("adopted", self.id, self.weights):
                return last
            if before == self.weights:  # an entry that changes nothing would be what a rollback takes back
                raise AdoptionRefused(
                    f"weights are {dashed(before)}, which are in force already; propose others, or let them be"
                )
            self._named(there, by).save(there)
            return book.add(entry)

    def rollback(self, *, by: str, reason: str = "rolled back", folder: str | os.PathLike[str] | None = None) -> Entry:
        """Bring the weights that it replaced into force again.

        Raises:
            AdoptionRefused: it is not what was adopted last, or nobody knows what it replaced.
        """
        there = self._folder(folder)
        left = journal.standing(Journal(there).entries())
        if not left or left[-1].id != self.id:
            now = f"{left[-1].id} is" if left else "nothing is"
            raise AdoptionRefused(f"id is {self.id}, which is not in force by {there / journal.FILE}: {now}")
        return journal.rollback(there, by=by, reason=reason)

    def _folder(self, folder: str | os.PathLike[str] | None) -> Path:
        if folder is not None:
            return Path(folder)
        found = None
        if self.history is not None and self.tenant is not None:
            found = journal.watched(self.history, self.tenant)
        if found is None or self._team() is None:
            where = "of frames" if self.history is None else f"of {self.history}, where no history is found"
            raise ValueError(f"folder is None, and the proposal is {where}; name the folder, e.g. folder='weights'")
        return found

    def _team(self) -> Team | None:
        """The team of the history as far as it is recorded now, if it is at hand."""
        if self.history is None or "://" in self.history or not Path(self.history).is_dir():
            return None
        from collab.history import History  # loads the database, which a what-if over frames does without

        there = History(self.history, self.tenant)
        return there.team() if there.exists else None

    def _named(self, folder: Path, by: str) -> Proposal:
        """The same with who proposed it: as it is saved there already, else whoever adopts it now."""
        if self.by is not None:
            return self
        path = folder / f"{self.id}.yaml"
        saved = written(path)[0] if path.exists() else self
        return msgspec.structs.replace(self, by=saved.by or by)


def in_force(entries: tuple[Entry, ...], team: Team | None) -> Values | None:
    """The weights that are in force, or will be when the last entry is taken up; None if nobody knows."""
    waits = (entries[-1] if entries else None) if team is None else journal.due(entries, team)
    if waits is not None:
        return waits.weights
    return None if team is None else team.weights.values


def written(path: Path) -> tuple[Proposal, Vouched | None]:
    """What a file holds, whatever its report says: the proposal, and what it vouches for; None if it names none.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no proposal; names the file, the field, the value and what is expected.
    """
    found = Lines(path.read_bytes(), str(path)).data
    fields = dict(found) if isinstance(found, dict) else found
    id, vouched = (fields.pop("id", None), fields.pop("report", None)) if isinstance(fields, dict) else (None, None)
    proposal = kept.converted(fields, Proposal, str(path))
    if id != proposal.id:
        raise ValueError(f"{path}: id is {id!r}, but day, weights and version make {proposal.id!r}; bring it in line")
    return proposal, None if vouched is None else kept.converted(vouched, Vouched, f"{path}, report")


def _differs(path: Path, proposal: Proposal) -> bool:
    return written(path)[0] != proposal
