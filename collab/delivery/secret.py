"""What must not be seen: kept in a file or in the environment, never in `notify.yaml`, never in a log or an error."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct


class Secret:
    """A text that shows itself to nobody who does not ask for it by `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"


class Kept(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a secret is kept: in a `file`, from the folder of `notify.yaml` on, or in the environment as `env`."""

    file: str = ""
    env: str = ""

    def __post_init__(self) -> None:
        if bool(self.file) == bool(self.env):
            raise ValueError("a secret is kept in one place; give {file: path} or {env: NAME}")

    def read(self, folder: Path, environment: Mapping[str, str], what: str) -> Secret:
        """The secret, without the white space around it.

        Raises:
            ValueError: it is not there, or empty; says which of what it is.
        """
        if self.env:
            text, where = environment.get(self.env, ""), f"the environment has no {self.env}"
            fix = f"set {self.env}, or give {{file: path}}"
        else:
            path = folder / self.file
            try:
                text, where = path.read_text(encoding="utf-8"), f"{path} is empty"
            except (OSError, UnicodeDecodeError) as error:
                text, where = "", f"{path} cannot be read ({type(error).__name__})"
            fix = "write it there, readable for whoever serves, or give {env: NAME}"
        if not text.strip():
            raise ValueError(f"{what} is not known: {where}; {fix}")
        return Secret(text.strip())
