"""What pages share of an office: one of each, which goes with its office."""

from __future__ import annotations

import gc
import uuid
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from offices import QUIET

from collab.office import Office
from collab.views.checkup import checkup_of
from collab.views.feed import feed_of
from collab.views.pulse import pulse_of


@pytest.mark.parametrize("of", [feed_of, checkup_of, pulse_of])
def test_an_office_that_nobody_uses_any_more_goes_with_what_was_made_of_it(
    tmp_path: Path, of: Callable[[Office], Any]
) -> None:
    office = Office(f"embedded://{uuid.uuid4().hex}", str(tmp_path / "history"), rules=QUIET).start()
    assert of(office) is of(office)
    office.stop()
    kept = weakref.ref(office)
    del office
    gc.collect()
    assert kept() is None
