"""YAML that can be pointed at: each value knows the line on which it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")


def text_of(path: Path) -> str:
    """The text of a file that people write.

    Raises:
        ValueError: it is no text in UTF-8; names the file and the fix.
        OSError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8 ({error.reason}); save it as that") from None


class Lines:
    """A text of YAML, read, with the place of each value.

    Raises:
        ValueError: it is no YAML, or names a field twice; says the line.
    """

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        try:
            loader = yaml.SafeLoader(text)
            self._root = loader.get_single_node()
            self._once(self._root)
            self.data: Any = loader.construct_document(self._root) if self._root is not None else None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ValueError(f"{name}, line {line}: {error.problem}; mend the YAML there") from None
        except (yaml.YAMLError, RecursionError) as error:
            raise ValueError(
                f"{name} is no YAML ({type(error).__name__}); write it as text, see docs/alerts.md"
            ) from None

    def fields(self, first: str) -> dict[str, Any]:
        """What is read, which has fields, `first` among them.

        Raises:
            ValueError: it is a list, a single value or nothing.
        """
        if not isinstance(self.data, dict):
            said = "empty" if self.data is None else "a list" if isinstance(self.data, list) else "a single value"
            raise self.fault(f"it is {said} and has no fields; begin with a line `{first}:`")
        return self.data

    def fault(self, text: str, path: str = "$") -> ValueError:
        """An error at a path as msgspec writes it: `$.routes[0].within_s`."""
        node, field, at = self._root, "", ""
        for key, place in STEP.findall(path):
            field, at = key or field, f"{at}.{key}" if key else f"{at}[{place}]" if place else at
            node = self._below(node, key, place) or node
        line = node.start_mark.line + 1 if node is not None else 1
        value = f" ({field} is {node.value!r})" if isinstance(node, yaml.ScalarNode) and field else ""
        return ValueError(f"{self.name}, line {line}, {at.lstrip('.') or 'the file'}: {text}{value}")

    @staticmethod
    def _below(node: Any, key: str, place: str) -> Any:
        if isinstance(node, yaml.MappingNode):
            return next((below for name, below in node.value if name.value == key), None)
        if isinstance(node, yaml.SequenceNode) and place and int(place) < len(node.value):
            return node.value[int(place)]
        return None

    def _once(self, node: Any) -> None:
        """Refuse what YAML lets pass: a field given twice, of which the first would silently go."""
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for name, below in node.value:
                if name.value in seen:
                    line = name.start_mark.line + 1
                    raise ValueError(f"{self.name}, line {line}: {name.value} is there twice; take one out")
                seen.add(str(name.value))
                self._once(below)
        elif isinstance(node, yaml.SequenceNode):
            for below in node.value:
                self._once(below)
