"""What the environment says, for the page and the console script; nothing else reads it."""

from __future__ import annotations

import os
from typing import Any

from collab.balance import Thresholds
from collab.coach import KEY, PLACE, TOKENS_A_DAY, Model
from collab.files import Shelf
from collab.office import DEMO
from collab.office.duties import is_page

TENANT = "main"
"""The tenant when none is named."""


def settings(**given: Any) -> dict[str, Any]:
    """The office's settings: those given, else those of the environment, else the embedded default.

    Raises:
        ValueError: one that is read here is wrong; names it and the fix.
    """
    return texts(**given) | {
        "secrets": os.environ,
        "thresholds": thresholds(given.get("moves")),
        "coach": coach(given.get("coach")),
        "page": page(given.get("page")) or given.get("served", ""),
    }


def texts(**given: Any) -> dict[str, Any]:
    """The settings that are taken as they are said, right or wrong: an office or a check reads them."""
    at_work = given.get("team_at_work")
    if at_work is None:
        at_work = os.environ.get("COLLAB_TEAM_AT_WORK", "") not in ("", "0")
    return {
        "stream": given.get("stream") or os.environ.get("COLLAB_REDIS") or "embedded://",
        "history": given.get("history") or os.environ.get("COLLAB_HISTORY") or "data/history",
        "tenant": given.get("tenant") or os.environ.get("COLLAB_TENANT") or (DEMO if at_work else TENANT),
        "team_at_work": at_work,
        "shadow": given.get("shadow") or os.environ.get("COLLAB_SHADOW") or None,
        "rules": given.get("rules") or os.environ.get("COLLAB_RULES") or None,
        "notify": given.get("notify") or os.environ.get("COLLAB_NOTIFY") or None,
        "weights": given.get("weights") or os.environ.get("COLLAB_WEIGHTS"),
        "balance": given.get("balance") or os.environ.get("COLLAB_BALANCE") or "propose",
    }


def page(given: str | None = None) -> str:
    """Where people open the page, as given or in the environment; "" if neither says it.

    Raises:
        ValueError: it is no http or https address; names the setting and the fix.
    """
    name, said = ("--page", given) if given else ("COLLAB_PAGE", os.environ.get("COLLAB_PAGE", ""))
    if not said:
        return ""
    if not is_page(said):
        raise ValueError(f"{name} is {said!r}; give the whole address of the page, e.g. https://collab.example")
    return said


def coach(given: str | None = None) -> Model | None:
    """The model that advises on conversations, as given or in the environment; None leaves it to rules.

    Raises:
        ValueError: its key or its package is missing, or its budget is no number.
    """
    if not (name := given or os.environ.get("COLLAB_COACH", "")):
        return None
    text = os.environ.get("COLLAB_COACH_TOKENS") or str(TOKENS_A_DAY)
    if not text.isdigit():
        raise ValueError(f"COLLAB_COACH_TOKENS is {text!r}; give the most tokens of a team in a day, such as 200000")
    return Model(name, os.environ.get(KEY), os.environ.get(PLACE), tokens_a_day=int(text))


def thresholds(moves: int | None = None) -> Thresholds:
    """When loads are evened out, with so many moves an hour at most.

    Raises:
        ValueError: the environment names no number.
    """
    text = os.environ.get("COLLAB_MOVES") or ""
    if moves is None and not text:
        return Thresholds()
    if moves is None and not text.isdigit():
        raise ValueError(f"COLLAB_MOVES is {text!r}; give the most leads an hour, a whole number such as 20")
    return Thresholds(per_hour=int(text) if moves is None else moves)


def keys() -> str:
    """The file of the keys that sign tokens."""
    return os.environ.get("COLLAB_KEYS") or "data/keys"


def sign_in(given: str | None = None) -> str | None:
    """The file of those who may sign in to the page; None where nobody has to."""
    return given or os.environ.get("COLLAB_SIGN_IN") or None


def files_folder() -> str | None:
    """The folder of the files in rooms, if one is named."""
    return os.environ.get("COLLAB_FILES") or None


def shelf(history: str, files: str | None = None, **limits: Any) -> Shelf | None:
    """Where files lie: a folder that is named, else one beside the tables of a history that is a folder, else none.

    Raises:
        ValueError: files cannot be put into the folder that is named; says why.
    """
    if (folder := files or files_folder()) is None:
        return None if "://" in history else Shelf(f"{history}/_files", **limits)
    named = Shelf(folder, **limits)
    named.test()
    return named
