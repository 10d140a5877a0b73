"""A notebook as it lies in its file: the question it asks, and its cells."""

from __future__ import annotations

import json
import re
from pathlib import Path

from msgspec import Struct

ELSEWHERE = {".ipynb_checkpoints"}
"""Folders of which the notebooks are nobody's."""


class Cell(Struct, frozen=True):
    """Prose, or code that is run."""

    source: str
    code: bool


class Notebook(Struct, frozen=True):
    """A notebook.

    Attributes:
        name: the name of its file, which is its address, too.
        question: its first heading.
        line: the first sentence below it.
        picture: the name of the file with its picture, or "".
    """

    name: str
    question: str
    line: str
    cells: tuple[Cell, ...]
    picture: str = ""


def read(file: Path, pictures: Path | None = None) -> Notebook:
    """The notebook of a file.

    Raises:
        ValueError: it is no notebook, or begins with no heading.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))["cells"]
        cells = tuple(Cell("".join(cell["source"]), cell["cell_type"] == "code") for cell in found)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is no notebook; save it with Jupyter, or take it out of the folder") from error
    said = re.match(r"# (.+)\n*([^.?!]*[.?!]?)", cells[0].source) if cells and not cells[0].code else None
    if said is None:
        raise ValueError(f"{file} begins with no heading; let its first cell begin with # and the question")
    picture = f"{file.stem}.png"
    shown = pictures is not None and (pictures / picture).is_file()
    return Notebook(file.stem, said[1].strip(), " ".join(said[2].split()), cells, picture if shown else "")


def read_all(folder: Path, pictures: Path | None = None) -> list[Notebook]:
    """The notebooks of a folder and of those in it, by their paths.

    Raises:
        ValueError: there are none, two have one name, or one is wrong.
    """
    files = [file for file in sorted(folder.rglob("*.ipynb")) if not ELSEWHERE & set(file.parts)]
    files.sort(key=lambda file: (len(file.parts), file))
    if not files:
        raise ValueError(f"folder of notebooks is {str(folder)!r}, which has none; name one that has, e.g. notebooks")
    twice = {file.stem for file in files if [other.stem for other in files].count(file.stem) > 1}
    if twice:
        raise ValueError(f"notebooks in {folder} have the same name: {', '.join(sorted(twice))}; rename one of each")
    return [read(file, pictures) for file in files]
