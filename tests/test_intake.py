"""Leads from a file: what is read, what is refused and why, and that a file may come again."""

from __future__ import annotations

import csv
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from collab.cli import main
from collab.contact import customer_of
from collab.history import History
from collab.intake import COLUMNS, FIXES, Taken, _row, read, take_in
from collab.office import Office
from collab.records import Lead, Urgency

HEAD = "ID;Name;Property Type;budget;urgency;score;requires;customer\n"
GOOD = "L-1;Zoë;condo;450000;High;90;language:es property:condo;c-1\n"

BAD_ID, BAD_SCORE = (
    "id is 'L 2'; give 1 to 120 characters without spaces",
    "score is '101'; give a whole number from 0 to 100",
)


def written(folder: Path, text: str, name: str = "leads.csv") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_row_becomes_a_lead_and_an_empty_cell_its_default(tmp_path: Path) -> None:
    file = read(written(tmp_path, "\ufeff" + HEAD + GOOD + "\n;;;;;;;\nL-2;Bo;;;;;;\n"))
    assert [(row.number, row.reason) for row in file.rows] == [(2, ""), (5, "")]
    skills = ("language:es", "property:condo")
    assert file.rows[0].lead == Lead(
        id="L-1",
        name="Zoë",
        property_type="condo",
        budget=450_000,
        urgency=Urgency.high,
        score=90,
        requires=skills,
        customer="c-1",
    )
    assert file.rows[1].lead == Lead(id="L-2", name="Bo")


@pytest.mark.parametrize("first", ["sep=;\n", "\ufeffsep=;\r\n", '"sep=;"\n', "SEP=;\n"])
def test_a_first_line_that_names_the_separator_is_stepped_over(tmp_path: Path, first: str) -> None:
    file = read(written(tmp_path, first + "id;name;location\nL-1;Zoë;a,b,c,d\nL 2;Bo;\n"))
    assert [(row.number, row.reason[:12]) for row in file.rows] == [(3, ""), (4, "id is 'L 2';")]
    assert file.rows[0].lead == Lead(id="L-1", name="Zoë", location="a,b,c,d")
    assert (file.separator, file.header) == (";", ["id", "name", "location"])


@pytest.mark.parametrize("text", ["sep=;\n", "sep=|\nid|name\nL-1|Bo\n"])
def test_a_separator_without_a_header_or_that_is_none_is_no_file_of_leads(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="has no column id and no column name in its first row"):
        read(written(tmp_path, text))


@pytest.mark.parametrize(
    "row, reason",
    [
        (";Bo;;;;;;", "id is ''; give 1 to 120 characters without spaces"),
        ("L 2;Bo;;;;;;", BAD_ID),
        ("L-2; ;;;;;;", "name is ''; give 1 to 200 characters"),
        ("L-2;Bo;;450k;;;;", "budget is '450k'; give a number of 0 or more in digits, e.g. 450000"),
        ("L-2;Bo;;450.000;;;;", "budget is '450.000'; write 450000 or 450, whichever it is"),
        ("L-2;Bo;;450.125;;;;", "budget is '450.125'; write 450125 or 450.1250, whichever it is"),
        ("L-2;Bo;;nan;;;;", "budget is 'nan'; give a number of 0 or more in digits, e.g. 450000"),
        ("L-2;Bo;;;soon;;;", "urgency is 'soon'; give one of low, medium, high, critical"),
        ("L-2;Bo;;;;101;;", BAD_SCORE),
        ("L-2;Bo;;;;;;c 1", "customer is 'c 1'; give at most 120 characters without spaces"),
        (
            "L 2;Bo;;450.000;;101;;",
            ", and ".join((BAD_ID, "budget is '450.000'; write 450000 or 450, whichever it is", BAD_SCORE)),
        ),
        (f"L-2;Bo;{'c' * 99};;;;;", f"property_type is '{'c' * 80}'…; give at most 60 characters"),
        ("L-2;Bo", "the row has 2 cells and the header 8; give all cells, empty ones too"),
        ("L-2;Bo;a;b;1;;;;;", "the row has 10 cells and the header 8; quote cells that hold the separator"),
    ],
)
def test_a_row_that_is_no_lead_says_field_value_and_fix(tmp_path: Path, row: str, reason: str) -> None:
    file = read(written(tmp_path, HEAD + GOOD + row + "\n"))
    assert [(row.number, row.reason) for row in file.rows] == [(2, ""), (3, reason)]
    assert file.rows[1].lead is None


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), min_size=13, max_size=13))
def test_a_row_has_a_lead_or_names_each_field_that_does_not_fit_once_and_briefly(cells: list[str]) -> None:
    row, fields = _row(2, cells, list(COLUMNS), "acme"), list(zip(COLUMNS, cells, strict=True))[2:]
    alone = [_row(2, ["-", "-", cell], ["id", "name", column], "acme").reason for column, cell in fields]
    assert (row.lead is None) == bool(row.reason)
    assert all(one in row.reason for one in alone)
    assert len(row.reason) < 13 * 600


def test_two_leads_of_one_id_in_one_file_are_told_apart(tmp_path: Path) -> None:
    file = read(written(tmp_path, HEAD + GOOD + GOOD + "L-1;Bo;;;;;;\n"))
    reason = "id is 'L-1', which row 2 has with other data; give each lead its own"
    assert [(row.number, row.reason) for row in file.rows] == [(2, ""), (3, ""), (4, reason)]


@pytest.mark.parametrize(
    "data, said",
    [
        (b"", "has no column id and no column name in its first row; columns are id, name, property_type"),
        (b"id,urgency\n", "has no column name in its first row"),
        (b"id,name,urgancy\n", "has a column 'urgancy', which no lead has; rename or remove it; columns are id, name"),
        (b"id,name,Name\n", "has 2 columns 'name'; keep one"),
        (b"id,name\nL,\xff\n", "cannot be read as CSV in UTF-8"),
        (
            b'id,name\nK,"a\nb"\nL,"x\nM,y\n',
            "cannot be read from row 3 (line 4) on: unexpected end of data; close the quote that opens there",
        ),
        (b'id,name\nL,"x\nM,"y"\n', "cannot be read from row 2 (line 2) on: ',' expected after '\"'"),
    ],
)
def test_a_file_that_is_none_of_leads_is_refused_whole(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=re.escape(said)):
        read(path)


def test_a_customer_is_known_by_e_mail_and_phone_and_neither_is_kept(tmp_path: Path) -> None:
    rows = "L-1,Zoë,Zoe@Example.com,\nL-2,Bo,,+1 555 010 2030\nL-3,Al,al@,\nL-4,Al,,555\n"
    file = read(written(tmp_path, "id,name,email,phone\n" + rows), "acme")
    customers = [customer_of("zoe@example.com", "", "acme"), customer_of("", "+15550102030", "acme")]
    assert [row.lead.customer for row in file.rows if row.lead is not None] == customers
    assert [row.reason for row in file.rows[2:]] == [
        "e-mail is 'al@'; give an address like zoe@example.com, or leave it empty",
        "phone is '555'; give it with its country code, e.g. +1 555 010 2030, or leave it empty",
    ]


def test_every_field_of_a_lead_is_a_column_with_its_fix() -> None:
    assert set(FIXES) == set(COLUMNS) == {*Lead.__struct_fields__, "email", "phone"}
    shown = CliRunner().invoke(main, ["import", "--help"]).output
    assert all(column in shown for column in COLUMNS)


def test_a_file_is_routed_once_beside_another_office_on_the_same_redis(tmp_path: Path, redis_url: str) -> None:
    path = written(tmp_path, HEAD + GOOD.replace("language:es property:condo", "") + "L-2;Bo;;;soon;;;\nL-3;Cy;;;;;;\n")
    serving = Office(redis_url, str(tmp_path / "history"), tenant="t").start()
    desk = serving.desk
    assert desk is not None
    try:
        serving.call(desk.add_agent("ana", "Ana", capacity=1)).result()
        serving.call(desk.set_presence("ana", "available")).result()
        steps: list[tuple[int, int]] = []
        importing = Office(redis_url, str(tmp_path / "history"), tenant="t").start()
        try:
            assert importing.mode == "joined"
            taken = take_in(importing, read(path), lambda *step: steps.append(step))
            assert taken == Taken(assigned=1, waiting=1, rejected=1)
            assert steps == [(1, 3), (2, 3), (3, 3)]
            assert take_in(importing, read(path)) == Taken(known=2, rejected=1)
            serving.call(desk.close_lead("L-1", "ana", converted=True)).result()
            assert take_in(importing, read(path)) == Taken(known=2, rejected=1)
        finally:
            importing.stop()
    finally:
        serving.stop()
    with (tmp_path / "leads.rejects.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines, delimiter=";"))
    assert rows[0][:4] == ["row", "reason", "ID", "Name"]
    assert rows[1][:4] == ["3", "urgency is 'soon'; give one of low, medium, high, critical", "L-2", "Bo"]


def test_the_command_tells_the_counts_and_takes_corrected_rejects(tmp_path: Path) -> None:
    given = ["--stream", "embedded://", "--history", str(tmp_path / "history"), "--tenant", "t"]
    path = written(tmp_path, HEAD + GOOD + "L-2;Bo;;;soon;;;\n")
    command = [sys.executable, "-c", "from collab.cli import main; main()", "import", str(path), *given]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 1, ran.stderr
    rejects = tmp_path / "leads.rejects.csv"
    counts = f"of 2 rows 0 assigned, 1 waiting, 0 known before and 1 rejected (see {rejects})"
    assert ran.stdout.splitlines()[-1] == f"leads.csv: {counts}"
    assert "leads.csv: 100%" in ran.stderr
    assert "t has nobody on its roster, so leads wait until somebody joins" in ran.stderr
    corrected = written(tmp_path, rejects.read_text(encoding="utf-8").replace(";soon;", ";low;"), "again.csv")
    office = Office("embedded://again", str(tmp_path / "history"), tenant="t").start()
    try:
        assert take_in(office, read(corrected)) == Taken(waiting=1)
        assert take_in(office, read(path)) == Taken(known=1, rejected=1)  # the recorded one is known after a restart
        reading = Office("embedded://else", str(tmp_path / "history"), tenant="t").start()
        try:
            with pytest.raises(RuntimeError, match=r"another process has the history at .* open, and with it"):
                take_in(reading, read(path))
        finally:
            reading.stop()
    finally:
        office.stop()
    assert sorted(History(tmp_path / "history", "t").sql("SELECT lead FROM arrivals")["lead"]) == ["L-1", "L-2"]
    file = read(written(tmp_path, HEAD + GOOD))
    ran = CliRunner().invoke(main, ["import", str(written(tmp_path, HEAD + GOOD)), *given])
    assert ran.exit_code == 0, ran.output
    assert Taken(known=1).sentence(file) == "leads.csv: of 1 rows 0 assigned, 0 waiting, 1 known before and 0 rejected"


def importing(path: Path, folder: Path, **settings: Any) -> subprocess.Popen[str]:
    """The command at work on an embedded stream."""
    given = ["--stream", "embedded://", "--history", str(folder), "--tenant", "t"]
    command = [sys.executable, "-c", "from collab.cli import main; main()", "import", str(path), *given]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings)


def test_one_that_is_interrupted_says_how_far_it_came_and_goes_on_where_it_was(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name\n" + "".join(f"L-{number},Zoe\n" for number in range(50_000)))
    with importing(path, tmp_path / "history") as command:
        assert command.stderr is not None
        while "lead/s" not in command.stderr.readline():
            pass
        command.send_signal(signal.SIGINT)
        said = command.communicate(timeout=120)[1]
    assert command.returncode == 1
    found = re.search(
        r"Error: leads.csv: interrupted after ([\d,]+) of 50,000 rows, which stay; to go on, import", said
    )
    assert found, said
    done = int(found[1].replace(",", ""))
    kept = History(tmp_path / "history", "t").sql("SELECT lead FROM arrivals")["lead"]
    assert done <= len(kept) == len(set(kept)) <= done + 1
    office = Office("embedded://on", str(tmp_path / "history"), tenant="t").start()
    try:
        first = written(tmp_path, "id,name\n" + "".join(f"L-{number},Zoe\n" for number in range(len(kept) + 2)))
        assert take_in(office, read(first)) == Taken(known=len(kept), waiting=2)
    finally:
        office.stop()


def no_files_over_a_kilobyte() -> None:
    """Let this process write as if the disk were full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


def test_leads_that_could_not_be_recorded_do_not_count_as_taken_in(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name\nL-1,Zoe\n")
    with importing(path, tmp_path / "history") as command:
        assert command.communicate(timeout=120)[0].endswith("1 waiting, 0 known before and 0 rejected\n")
    path = written(tmp_path, "id,name\nL-1,Zoe\nL-2,Bo\n")
    with importing(path, tmp_path / "history", preexec_fn=no_files_over_a_kilobyte) as command:
        out, said = command.communicate(timeout=120)
    assert (command.returncode, out) == (1, ""), said
    assert "Error: leads.csv: not all was recorded: " in said
    assert said.endswith("; mend that, and import the file again, which leaves alone what is there\n")
    with importing(path, tmp_path / "history") as command:
        assert command.communicate(timeout=120)[0].endswith("1 waiting, 1 known before and 0 rejected\n")
