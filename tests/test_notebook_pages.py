"""Notebooks as pages, without a browser: how they are read, and what their cells show."""

from __future__ import annotations

import json
import threading
import urllib.request
from pathlib import Path
from queue import Queue

import pandas as pd
import panel as pn
import pytest
from notices import until
from ports import free_port, listens

from collab.views.contents import contents
from collab.views.notebook import read, read_all
from collab.views.running import POOL, Running, outputs

ROOT = Path(__file__).resolve().parents[1]
CELL = """
from collab.views.scheduling import scheduler
scheduler()(lambda: None)
"""
EVIL = "<img src=x onerror=alert(1)>"


def a_notebook(file: Path, *cells: str) -> Path:
    """A file with a title and these cells of code."""
    file.parent.mkdir(parents=True, exist_ok=True)
    code = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    title = {"cell_type": "markdown", "source": ["# Who asks?\n", "\n", "Somebody does. Or not.\n"]}
    file.write_text(json.dumps({"cells": [title, *code]}))
    return file


def test_every_notebook_of_the_repository_says_its_question_and_one_line() -> None:
    for notebook in read_all(ROOT / "notebooks", ROOT / "docs" / "pictures"):
        assert notebook.question.endswith("?"), notebook.name
        assert len(notebook.line) > 20, notebook.name


def test_of_an_empty_short_list_nothing_is_proposed() -> None:
    cells = json.loads((ROOT / "notebooks" / "06_choose_weights.ipynb").read_text(encoding="utf-8"))["cells"]
    last = "".join([cell for cell in cells if cell["cell_type"] == "code"][-1]["source"])
    known = {"short_list": pd.DataFrame()}
    exec(last, known)  # asks the log for nothing: no other name is there
    assert "Nothing is proposed" in str(known["proposal"])


def test_notebooks_are_found_in_folders_with_their_pictures(tmp_path: Path) -> None:
    a_notebook(tmp_path / "02_more.ipynb")
    a_notebook(tmp_path / "panels" / "01_day.ipynb")
    a_notebook(tmp_path / ".ipynb_checkpoints" / "02_more.ipynb")
    (tmp_path / "02_more.png").touch()
    found = read_all(tmp_path, tmp_path)
    assert [one.name for one in found] == ["02_more", "01_day"]
    assert [one.picture for one in found] == ["02_more.png", ""]
    assert (found[0].question, found[0].line) == ("Who asks?", "Somebody does.")


def test_what_is_no_notebook_is_refused_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="which has none; name one that has"):
        read_all(tmp_path)
    a_notebook(tmp_path / "a.ipynb")
    a_notebook(tmp_path / "b" / "a.ipynb")
    with pytest.raises(ValueError, match="have the same name: a; rename"):
        read_all(tmp_path)
    file = tmp_path / "c.ipynb"
    file.write_text("no JSON")
    with pytest.raises(ValueError, match="is no notebook; save it with Jupyter"):
        read(file)
    file.write_text(json.dumps({"cells": []}))
    with pytest.raises(ValueError, match="begins with no heading; let its first cell begin"):
        read(file)


def test_a_cell_shows_what_it_prints_and_its_last_value_and_its_names_stay() -> None:
    names: dict[str, object] = {}
    assert outputs("total = 6\ntwice = total * 2", names) == []
    printed, value = outputs("print('total', total)\ntwice", names)
    assert (printed.object, value.object) == ("total 6", 12)
    [frame] = outputs("import pandas as pd\npd.Series([1, 2], name='leads')", names)
    assert isinstance(frame.object, pd.DataFrame)
    [text] = outputs("'*starred*'", names)
    assert isinstance(text, pn.pane.Str)


def test_a_view_that_asks_for_a_page_of_its_own_is_shown_where_it_stands() -> None:
    [shown] = outputs("import panel as pn\nview = pn.Row('here')\nview.servable(title='Mine')", {})
    assert isinstance(shown, pn.Row)


def test_a_notebook_runs_beside_the_pages_and_ends_at_a_cell_that_fails(tmp_path: Path) -> None:
    where = "import threading\nthreading.current_thread().name"
    running = Running(read(a_notebook(tmp_path / "a.ipynb", where, f"raise ValueError({EVIL!r})", "'never'")))
    running.done.result(30)
    first, second, third = running.outputs.values()
    assert first[0].object.startswith("notebook")
    assert first[0].object != threading.current_thread().name
    assert [len(second), len(third)] == [0, 0]
    assert "It ended at cell 2: ValueError: &lt;img" in running.said.object
    assert 'role="alert"' in running.said.object


def test_what_a_cell_makes_touches_its_page_in_the_thread_that_serves_it(tmp_path: Path) -> None:
    serving, touched, port = Queue[int](), Queue[int](), free_port()
    notebook = read(a_notebook(tmp_path / "a.ipynb", CELL))

    def opened() -> Running:
        serving.put(threading.get_ident())
        pn.state.curdoc.on_change(lambda event: touched.put(threading.get_ident()))
        return Running(notebook)

    server = pn.serve(opened, port=port, show=False, threaded=True, verbose=False)
    try:
        until(lambda: listens(port), "the server listens")
        urllib.request.urlopen(f"http://localhost:{port}/").close()
        mine = serving.get(timeout=30)
        # What is said before the cell, by the cell itself, and after it.
        assert {touched.get(timeout=30) for _ in range(3)} == {mine}
    finally:
        server.stop()


def test_who_leaves_the_page_stops_the_notebook(tmp_path: Path) -> None:
    gate = threading.Event()
    POOL.submit(gate.wait, 30)  # another notebook runs
    running = Running(read(a_notebook(tmp_path / "a.ipynb", "'never'")))
    assert "another one may come first" in running.said.object
    running.leave()
    gate.set()
    running.done.result(30)
    assert [len(column) for column in running.outputs.values()] == [0]


def test_the_index_shows_titles_as_text(tmp_path: Path) -> None:
    file = a_notebook(tmp_path / "a.ipynb")
    file.write_text(file.read_text().replace("Who asks?", f"Who asks {EVIL}?"))
    shown = contents(f"team {EVIL}", [read(file)]).object
    assert "<img" not in shown
    assert shown.count("&lt;img") == 2
