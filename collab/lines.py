"""YAML that can be pointed at: each value knows the line on which it stands."""

from __future__ import annotations

from typing import Any

import yaml


class Lines:
    """A text of YAML, read, with the place of each value; keys are texts, as they are written.

    Raises:
        ValueError: it is no YAML, or names a field twice; says the line and the fix.
    """

    def __init__(self, text: str | bytes, name: str) -> None:
        self.name = name
        self._root: yaml.Node | None = None
        try:
            loader = _Loader(text if isinstance(text, str) else text.decode())
            self._root = loader.get_single_node()
            self._named(self._root)
            self.data: Any = None if self._root is None else loader.construct_document(self._root)
        except UnicodeDecodeError as error:
            raise ValueError(f"{name} is no text in UTF-8 ({error.reason}); save it as that") from None
        except yaml.MarkedYAMLError as error:
            raise ValueError(f"{self._on(error.problem_mark)}: {error.problem}; mend the YAML there") from None
        except (yaml.YAMLError, RecursionError) as error:
            raise ValueError(f"{name} is no YAML: {' '.join(str(error).split())}; write it as text") from None

    def fields(self, first: str) -> dict[str, Any]:
        """What is read, which has fields, `first` among them.

        Raises:
            ValueError: it is a list, a single value or nothing.
        """
        if not isinstance(self.data, dict):
            said = "empty" if self.data is None else "a list" if isinstance(self.data, list) else "a single value"
            raise self.fault(f"it is {said} and has no fields; begin with a line `{first}:`")
        return self.data

    def at(self, path: str) -> str:
        """The file and the line of a path as msgspec writes it, `$.routes[0].within_s`, or of what is there of it."""
        return self._on(getattr(self._found(path)[0], "start_mark", None))

    def fault(self, text: str, path: str = "$") -> ValueError:
        """An error at a path, with the value if it is a single one."""
        where = path.replace("[...]", "").lstrip("$.")
        node, field = self._found(path)
        value = f" ({field} is {node.value!r})" if isinstance(node, yaml.ScalarNode) and field else ""
        return ValueError(f"{self.at(path)}, {where or 'the file'}: {text}{value}")

    def _on(self, mark: yaml.Mark | None) -> str:
        return f"{self.name}, line {mark.line + 1 if mark else 1}"

    def _found(self, path: str) -> tuple[Any, str]:
        """The last node of a path that is there, and the field by which it was reached."""
        node, field, rest = self._root, "", path.removeprefix("$")
        while steps := [step for step in _steps(node) if f"{rest}.".startswith((f"{step[0]}.", f"{step[0]}["))]:
            step, node = max(steps, key=lambda step: len(step[0]))  # a name may have dots
            field, rest = step[1:] if step[0] == "." else field, rest.removeprefix(step)
        return node, field

    def _named(self, node: yaml.Node | None) -> None:
        """Make keys texts, and refuse a field that is given twice, of which the first would silently go."""
        seen: set[str] = set()
        for name, below in node.value if isinstance(node, yaml.MappingNode) else ():
            where = self._on(name.start_mark)
            if not isinstance(name, yaml.ScalarNode):
                raise ValueError(f"{where}: a list or fields stand where a name does; write a name before the colon")
            if name.value in seen:
                raise ValueError(f"{where}: {name.value} is there twice; take one out")
            seen.add(name.value)
            if name.tag != MERGE:
                name.tag = "tag:yaml.org,2002:str"
            self._named(below)
        for below in node.value if isinstance(node, yaml.SequenceNode) else ():
            self._named(below)


MERGE = "tag:yaml.org,2002:merge"
"""The tag of the key `<<`, which brings in the fields of another mapping."""


class _Loader(yaml.SafeLoader):
    """Says also on which line a value is none."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ArithmeticError, AttributeError, LookupError, ValueError):
            kind = node.tag.rpartition(":")[2]
            said = f"this is read as {kind}, and there is no such {kind}"
            raise yaml.constructor.ConstructorError(None, None, said, node.start_mark) from None


def _steps(node: yaml.Node | None) -> list[tuple[str, Any]]:
    if isinstance(node, yaml.MappingNode):
        return list({f".{name.value}": below for name, below in node.value}.items())  # the last is its own, not merged
    if isinstance(node, yaml.SequenceNode):
        return [(f"[{place}]", below) for place, below in enumerate(node.value)]
    return []
