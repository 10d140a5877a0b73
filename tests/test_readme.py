"""What the README shows is what the program does."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from gateways import a_gate, soon

from collab.intake import read
from collab.views.notebook import read_all

ROOT = Path(__file__).parent.parent
MOST_BYTES = 60 * 1024
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.M | re.S)


def test_its_map_names_every_page_of_docs() -> None:
    listed = re.search(r"^docs/ +(.*)$", TEXT, re.M)
    assert listed is not None
    assert {page.name for page in (ROOT / "docs").glob("*.md")} <= set(re.findall(r"[\w-]+\.md", listed[1]))


FENCED = re.compile(r"^```.*?^```", re.M | re.S)


def block(word: str) -> str:
    """The only block of Python that has this word in it."""
    found = [text for text in BLOCKS if word in text]
    assert len(found) == 1, f"{len(found)} blocks have {word}"
    return found[0]


@pytest.mark.parametrize("text", BLOCKS)
def test_every_block_is_a_whole_program(text: str) -> None:
    compile(text, "README.md", "exec")


def test_a_team_of_one_s_own_routes_its_first_lead_and_its_history_is_read(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = block("office.stop()")
    assert "redis://localhost:6379/0" in text
    exec(text.replace("redis://localhost:6379/0", redis_url), {})
    exec(block("what_if.rescore").replace('"demo"', '"acme"'), {})
    exec(block("as_of").replace('"demo"', '"acme"'), {})
    said = capsys.readouterr().out
    assert said.startswith("ana\n")
    assert re.search(r"0 +ana +1 ", said)
    assert "0 of 1 leads (0.0%) would have gone to somebody else" in said


def test_its_index_has_every_notebook_by_its_question_and_every_tab_with_a_small_picture() -> None:
    for notebook in read_all(ROOT / "notebooks"):
        assert f"| [{notebook.name}](notebooks/" in TEXT
        assert f".ipynb) | {notebook.question} |" in TEXT
    for name in ("Team", "Alerts", "Leads", "Chat", "What-if", "Tuning", "Analytics", "Diagnostics"):
        assert f"docs/pictures/tab-{name.lower()}.png" in TEXT
    for path in re.findall(r"\((\S+\.(?:png|ipynb))\)", TEXT):
        assert (ROOT / path).is_file(), path
    for picture in (ROOT / "docs" / "pictures").glob("*.png"):
        assert picture.stat().st_size <= MOST_BYTES, picture.name
        assert f"docs/pictures/{picture.name}" in TEXT, "no picture lies about unused"


def anchors(page: Path) -> set[str]:
    """What a link to a page of Markdown may name behind its #: the headings, as forges spell them."""
    heads = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w -]", "", head.strip().lower()).replace(" ", "-") for head in heads}


def test_every_link_to_a_file_leads_there_and_to_the_heading_that_it_names() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "data").glob("*.md")]
    broken, met = [], 0
    for page in pages:
        for link in re.findall(r"\]\((?!\w+:)([^)\s]+)\)", FENCED.sub("", page.read_text(encoding="utf-8"))):
            path, _, anchor = link.partition("#")
            there = page.parent / path if path else page
            met += 1
            if not there.exists() or (anchor and anchor not in anchors(there)):
                broken.append(f"{page.name}: {link}")
    assert met
    assert broken == []


def test_nobody_is_told_to_install_the_other_project_of_this_name() -> None:
    places = [path for folder in ("collab", "docs", "notebooks") for path in (ROOT / folder).rglob("*")]
    for path in [ROOT / "README.md", *(path for path in places if path.suffix in (".py", ".md", ".ipynb"))]:
        wrong = re.findall(r"pip install (?:-\S+ )*['\"]?collab\b.*", path.read_text(encoding="utf-8"))
        assert not wrong, f"{path}: {wrong}"


def test_the_leads_of_its_file_can_be_imported(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(re.findall(r"^```csv\n(.*?)^```", TEXT, re.M | re.S)[0])
    rows = read(tmp_path / "leads.csv").rows
    assert [row.lead.name for row in rows if row.lead] == ["Noa Berg", "Sam Ito"]


def test_somebody_from_another_machine_says_a_word_and_hears_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, _, ending = block("collab.connect").partition("with contextlib")
    assert "asyncio.run(talk(os.environ" in ending

    async def say() -> None:
        async with a_gate(tmp_path, tenant="demo") as gate:
            shown: dict[str, Any] = {}
            exec(text.replace("ws://localhost:8765", gate.url), shown)
            talking = asyncio.create_task(shown["talk"](gate.access.token("demo", "visitor")))
            said = [""]

            def heard() -> bool:
                said[0] += capsys.readouterr().out
                return "Who speaks Spanish?" in said[0]

            await soon(heard)
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)

    asyncio.run(say())
