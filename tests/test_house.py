"""The rules of the house, checked by machine. A rule changes here and in the docs, never by an exception in passing."""

from __future__ import annotations

import ast
import functools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import collab
import collab.whatif

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "collab"

# A room may import only from the rooms before it.
ORDER = (
    "contact legible lines whole candidates records incoming wrong experiment rules events claims chat keyed markup "
    "weights team presence lapses factors gates fairness winning routing wave reasons balance actions shadow metrics "
    "story alerts coaching placing history analytics forecast whatif protocol live recording decided router stamping "
    "membership rooms attendance coach desk files delivery floor users team_at_work office intake door roundtrip "
    "checks web settings views app cli __main__"
).split()
# The rooms that are functions of their arguments: no I/O, no clock, no chance without a seed.
CENTRE = (
    "contact legible lines whole candidates records incoming wrong experiment rules events claims chat keyed markup "
    "weights team presence lapses factors gates fairness winning routing wave reasons balance actions shadow metrics "
    "story alerts coaching protocol"
).split()
# Third-party packages that are known in some rooms only.
SHORES = {
    "redis": {"live"},
    "fakeredis": {"live"},
    "websockets": {"live"},
    "duckdb": {"history"},
    "deltalake": {"history"},
    "arro3": {"history"},
    "markdown_it": {"markup"},
    "nh3": {"markup"},
    "numba": {"whatif"},
    "statsmodels": {"forecast"},
    "scipy": {"analytics", "forecast", "balance", "whatif"},
    "PIL": {"files"},
    "apprise": {"delivery"},
    "anthropic": {"coach"},
    "tornado": {"web"},
    "prometheus_client": {"web"},
    "panel": {"views", "app"},
    "panel_material_ui": {"views", "app"},
    "holoviews": {"views", "app"},
    "bokeh": {"views", "app"},
}
# Modules that reach out of the process, wait, or tell the time.
REACHES_OUT = set(
    "asyncio concurrent ctypes glob http io multiprocessing os pathlib secrets selectors shutil signal socket sqlite3 "
    "ssl subprocess tempfile threading time urllib".split()
)
CLOCKS = {"now", "utcnow", "today", "fromtimestamp"}
READS_THE_ENVIRONMENT = {"settings", "cli"}
NOT_LOADED_BY_IMPORT = {
    "panel",
    "redis",
    "fakeredis",
    "websockets",
    "duckdb",
    "deltalake",
    "numba",
    "statsmodels",
    "scipy",
    "bokeh",
    "holoviews",
    "nh3",
    "markdown_it",
    "tornado",
    "prometheus_client",
    "PIL",
    "apprise",
    "anthropic",
}

MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 40
# "collab/file.py" or "collab/file.py:function": why it is longer.
LONGER: dict[str, str] = {}

FORBIDDEN_WORDS = {"util", "utils", "manager", "helper", "helpers", "engine"}

MOST_CELLS = 30
MOST_LINES_OF_A_CELL = 15

TOP_LEVEL = set(
    "notebooks collab data tests environment.yml README.md pyproject.toml requirements.lock Makefile .ci benchmarks "
    "docs CHANGELOG.md LICENSE .gitignore .pre-commit-config.yaml".split()
)
# Found beside them in a checkout without git.
NOT_KEPT = {".git", ".venv", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__"}

# Says that something got better by so much; only a figure printed by benchmarks/ beside its command may.
GAIN = r"(?:improv\w*|increase\w*|increasing|reduc\w*|fewer|faster|slower|better|higher|lower|boost\w*|gain\w*|uplift)"
SHARE = r"\d[\d.,]*\s?(?:%|percent\b)"
CLAIM = re.compile(rf"\b{GAIN}\b[^.\n|]{{0,40}}?{SHARE}|{SHARE}[^.\n|]{{0,25}}?\b{GAIN}\b", re.IGNORECASE)
# "docs/file.md": why it may quote such claims.
QUOTES_CLAIMS: dict[str, str] = {}

FILES = sorted(HOUSE.rglob("*.py"))
NOTEBOOKS = sorted(path for path in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
PROSE = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "data").glob("*.md")),
]


def name(path: Path) -> str:
    """The path as the rules write it."""
    return path.relative_to(ROOT).as_posix()


def room(path: Path) -> str:
    """`history` for collab/history/schema.py, `team` for collab/team.py, `__init__` for collab/__init__.py."""
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


@functools.cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@functools.cache
def imports(path: Path) -> list[tuple[int, str]]:
    """The line and the full name of every absolute import, wherever it stands."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of the file, nested ones too."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@functools.cache
def rooms() -> set[str]:
    """The rooms that exist."""
    found = {room(path) for path in FILES}
    return found - {"__init__", "__main__"}


def test_every_room_has_its_place_in_the_order() -> None:
    assert rooms() - set(ORDER) == set()


def test_imports_run_down_the_order_only() -> None:
    wrong = []
    for path in FILES:
        here = room(path)
        if here not in ORDER:  # __init__ opens any room, lazily
            continue
        below = set(ORDER[: ORDER.index(here) + 1])
        for line, full in imports(path):
            package, _, rest = full.partition(".")
            target = rest.partition(".")[0]
            if package == "collab" and target in rooms() and target not in below:
                wrong.append(f"{name(path)}:{line} {here} imports {target}")
    assert wrong == []


def test_third_party_packages_are_known_at_their_shores_only() -> None:
    wrong = []
    for path in FILES:
        for line, full in imports(path):
            package = full.partition(".")[0]
            if room(path) not in SHORES.get(package, {room(path)}):
                wrong.append(f"{name(path)}:{line} {package} belongs to {sorted(SHORES[package])}")
    assert wrong == []


def test_no_import_is_relative() -> None:
    found = [
        f"{name(path)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert found == []


def called(node: ast.Call) -> tuple[str, str]:
    """The last two names of what is called: `random.Random()` is ("random", "Random")."""
    function = node.func
    if isinstance(function, ast.Attribute):
        owner = function.value
        last = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
        return last, function.attr
    return "", function.id if isinstance(function, ast.Name) else ""


def impure(node: ast.AST) -> str | None:
    """What a call does that a function of its arguments cannot."""
    if not isinstance(node, ast.Call):
        return None
    owner, function = called(node)
    if function in CLOCKS and owner in {"datetime", "date", "pd", "Timestamp"}:
        return f"{owner}.{function}() reads the clock"
    if (function in {"open", "input", "print"} and not owner) or function in {"read_text", "write_text"}:
        return f"{function}() is I/O"
    if function in {"Random", "default_rng"} and not node.args:
        return f"{function}() has no seed"
    if owner == "random" and function not in {"Random", "default_rng", "Generator"}:
        return f"random.{function}() has no seed"
    return None


def test_the_centre_does_no_io_and_reads_no_clock() -> None:
    wrong = []
    for path in (path for path in FILES if room(path) in CENTRE):
        packages = ((line, full.partition(".")[0]) for line, full in imports(path))
        wrong += [f"{name(path)}:{line} imports {package}" for line, package in packages if package in REACHES_OUT]
        acts = ((node, impure(node)) for node in ast.walk(tree(path)))
        wrong += [f"{name(path)}:{node.lineno} {act}" for node, act in acts if act and isinstance(node, ast.Call)]
    assert wrong == []


def test_the_environment_is_read_in_the_settings_and_the_console_script_only() -> None:
    wrong = []
    for path in (path for path in FILES if room(path) not in READS_THE_ENVIRONMENT):
        for node in ast.walk(tree(path)):
            read = isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}
            named = isinstance(node, ast.alias) and node.name in {"environ", "environb", "getenv"}
            if read or named:
                wrong.append(f"{name(path)}:{node.lineno}")
    assert wrong == []


def test_files_and_functions_are_short() -> None:
    long = []
    for path in FILES:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MOST_LINES_OF_A_FILE and name(path) not in LONGER:
            long.append(f"{name(path)} has {lines} lines")
        for function in functions(path):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > MOST_LINES_OF_A_FUNCTION and f"{name(path)}:{function.name}" not in LONGER:
                long.append(f"{name(path)}:{function.lineno} {function.name} has {lines} lines")
    assert long == []


def undocumented(node: Any, where: str) -> Iterator[str]:
    """The public classes, functions and methods without a docstring."""
    for child in node.body:
        kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if not isinstance(child, kinds) or child.name.startswith("_"):
            continue
        again = {ast.unparse(one).rpartition(".")[2] for one in child.decorator_list} & {
            "setter",
            "overload",
            "override",
        }
        if ast.get_docstring(child) is None and not again:
            yield f"{where}:{child.lineno} {child.name}"
        if isinstance(child, ast.ClassDef):
            yield from undocumented(child, where)


def test_every_public_name_has_a_docstring() -> None:
    missing = []
    for path in FILES:
        parsed = tree(path)
        if ast.get_docstring(parsed) is None:
            missing.append(name(path))
        missing += undocumented(parsed, name(path))
    assert missing == []


def words(identifier: str) -> set[str]:
    """The words of a snake_case or CamelCase name."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", identifier)}


def test_no_file_or_class_is_named_by_a_word_that_says_nothing() -> None:
    python = [*FILES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    found = [name(path) for path in [*python, *NOTEBOOKS] if words(path.stem) & FORBIDDEN_WORDS]
    for path in python:
        classes = (node for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef))
        found += [f"{name(path)}:{node.lineno} {node.name}" for node in classes if words(node.name) & FORBIDDEN_WORDS]
    assert found == []


def test_importing_collab_loads_no_panel_no_redis_and_no_database() -> None:
    code = "import sys, collab; print(*{name.partition('.')[0] for name in sys.modules})"
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert set(ran.stdout.split()) & NOT_LOADED_BY_IMPORT == set()


def test_completion_offers_every_public_name_though_none_is_loaded() -> None:
    for module in (collab, collab.whatif):
        assert set(module.__all__) <= set(dir(module))
        assert [name for name in module.__all__ if not hasattr(module, name)] == []


def cells(path: Path) -> list[dict[str, Any]]:
    """The notebook's cells, each with its text as one string in `source`."""
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in found]


def python_of(cell: dict[str, Any]) -> ast.AST:
    """A code cell without its magics, parsed as IPython would (await at the top is fine)."""
    lines = (line for line in cell["source"].splitlines() if not line.lstrip().startswith(("%", "!")))
    return compile("\n".join(lines), "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def faults(path: Path) -> Iterator[str]:
    """What a notebook does that the rules forbid."""
    every = cells(path)
    if not every[0]["source"].startswith("# ") or every[0]["cell_type"] != "markdown":
        yield "the first cell is no title"
    if every[-1]["cell_type"] != "markdown":
        yield "the last cell is no prose"
    if len(every) > MOST_CELLS:
        yield f"{len(every)} cells"
    for number, cell in enumerate(every):
        if cell["cell_type"] != "code":
            continue
        if every[number - 1]["cell_type"] != "markdown":
            yield f"cell {number} has no prose before it"
        if len(cell["source"].splitlines()) > MOST_LINES_OF_A_CELL:
            yield f"cell {number} has more than {MOST_LINES_OF_A_CELL} lines"
        if cell["outputs"] or cell["execution_count"] is not None:
            yield f"cell {number} stores its output"
        defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        if any(isinstance(node, defined) for node in ast.walk(python_of(cell))):
            yield f"cell {number} defines something, which belongs in a room"


def test_notebooks_are_short_told_in_prose_and_stored_without_output() -> None:
    assert NOTEBOOKS, "there are no notebooks"
    assert [f"{name(path)}: {fault}" for path in NOTEBOOKS for fault in faults(path)] == []


def test_the_readme_maps_exactly_the_rooms_that_exist() -> None:
    blocks = re.findall(
        r"^```\w*\n(collab/\s*\n.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S
    )
    assert len(blocks) == 1, "README.md has one fenced block that begins with `collab/`"
    mapped: list[str] = []
    for line in blocks[0].splitlines()[1:]:
        if line and not line.startswith(" "):
            break  # what follows are other folders of the repository
        if re.match(r"  \S", line):
            mapped.append(line.split()[0])
    exist = {f"{one}/" if (HOUSE / one).is_dir() else f"{one}.py" for one in rooms()}
    assert sorted(set(mapped) - {"__init__.py"}) == sorted(exist)
    assert len(mapped) == len(set(mapped))


def prose() -> Iterator[tuple[str, str]]:
    """Everything that is written for people, by file."""
    yield from ((name(path), path.read_text(encoding="utf-8")) for path in PROSE if path.exists())
    for path in NOTEBOOKS:
        yield name(path), "\n".join(cell["source"] for cell in cells(path) if cell["cell_type"] == "markdown")


def test_no_document_claims_a_gain_in_percent_that_nobody_measured() -> None:
    texts = [(where, text) for where, text in prose() if where not in QUOTES_CLAIMS]
    assert [f"{where}: {claim.group()}" for where, text in texts for claim in CLAIM.finditer(text)] == []


@pytest.mark.parametrize("text", ["an improvement of 40 %", "response times reduced by 35%", "20 percent faster"])
def test_a_claim_in_percent_is_recognized(text: str) -> None:
    assert CLAIM.search(text)


def test_the_top_level_holds_exactly_what_was_agreed() -> None:
    found = {path.name for path in ROOT.iterdir()} - NOT_KEPT
    if (ROOT / ".git").exists():
        command = ["git", "-C", str(ROOT), "check-ignore", *sorted(found)]
        found -= set(subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.split())
    assert found == TOP_LEVEL


def test_what_fails_a_left_out_test_under_ci_is_loaded(request: pytest.FixtureRequest) -> None:
    assert request.config.pluginmanager.has_plugin("under_ci"), 'tests/conftest.py says pytest_plugins = ["under_ci"]'
