"""The server's side of a page: nothing that a page was to hear is left lying."""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from bokeh.document import Document
from bokeh.document.events import MessageSentEvent
from bokeh.protocol import Protocol
from bokeh.server.views.ws import WSHandler
from bokeh.util.warnings import BokehUserWarning
from panel.io import document as panels
from tornado.locks import Lock

from collab.views.socket import leave_nothing, prepare, ready


class Socket:
    """A page's socket, each message on which is written when the test says so."""

    def __init__(self) -> None:
        self.writing: asyncio.Queue[tuple[str, asyncio.Future[None]]] = asyncio.Queue()

    def write(self, connection: Any, events: Any = None, msg: Any = None) -> list[asyncio.Future[None]]:
        [event] = msg.content["events"]
        written = asyncio.get_running_loop().create_future()
        self.writing.put_nowait((event["msg_data"], written))
        return [written]


class Connection:
    """One page."""

    def __init__(self) -> None:
        self.protocol, self._socket = Protocol(), Socket()


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A page whose socket Panel knows how to write to."""
    panels.extra_socket_handlers[Socket] = lambda connection, **given: connection._socket.write(connection, **given)
    yield Connection()
    del panels.extra_socket_handlers[Socket]


def test_what_comes_while_something_is_being_written_is_written_next(connection: Connection) -> None:
    leave_nothing()
    leave_nothing()  # as a second server of this process does
    document, socket = Document(), connection._socket

    def tell(text: str) -> None:
        panels.schedule_write_events(document, [connection], [MessageSentEvent(document, "said", text)])  # type: ignore[list-item]

    async def go() -> list[str]:
        tell("first")
        first, written = await socket.writing.get()
        written.set_result(None)  # its writer goes on at the next turn of the loop
        tell("second")  # and this one's begins after it, in the same
        second, written = await socket.writing.get()
        written.set_result(None)
        await asyncio.gather(*panels._write_tasks[document])
        return [first, second]

    assert asyncio.run(asyncio.wait_for(go(), 10)) == ["first", "second"]
    assert document not in panels._WRITE_MSGS


def test_a_page_that_was_closed_amid_a_message_is_no_warning_and_all_else_is(caplog: pytest.LogCaptureFixture) -> None:
    async def write() -> None:
        closed = WSHandler.__new__(WSHandler)
        closed.ws_connection, closed.write_lock = None, Lock()
        await closed.send_message(ready("said", "hello"))

    with caplog.at_level(logging.WARNING):
        prepare()
        asyncio.run(write())
        assert not caplog.records
        logging.getLogger("bokeh.server.views.ws").warning("Something else")
    assert [record.getMessage() for record in caplog.records] == ["Something else"]


def test_a_part_that_a_browser_names_in_full_is_no_news() -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        prepare()
        warnings.warn("reference already known 'p1702'", BokehUserWarning, stacklevel=1)
        warnings.warn("something else", BokehUserWarning, stacklevel=1)
    assert [str(one.message) for one in said] == ["something else"]
