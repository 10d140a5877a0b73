"""The server's side of the page: its socket, without Nagle's delay, and what is said when it is lost."""

from __future__ import annotations

import asyncio
import functools
import logging
import warnings
from contextlib import suppress
from typing import Any

import panel as pn
from bokeh.document import Document
from bokeh.document.events import MessageSentEvent
from bokeh.protocol import Protocol
from bokeh.server.views.ws import WebSocketClosedError, WSHandler
from bokeh.util.warnings import BokehUserWarning
from panel.io import document as panels

GONE = "The server does not answer. This page comes back by itself when it does."
"""What a page says when its server is gone."""


def prepare() -> None:
    """Make this process, or this session of `panel serve`, ready for pages that say when their server is gone."""
    pn.extension("tabulator", notifications=True, reconnect=False, disconnect_notification=GONE)
    send_at_once()
    leave_nothing()
    logging.getLogger("bokeh.server.views.ws").addFilter(_amid_a_message)  # the same filter is added once
    # of a part that came later a browser sends all with its first word, as if the server had not made it
    warnings.filterwarnings("ignore", "reference already known", BokehUserWarning)


def _amid_a_message(record: logging.LogRecord) -> bool:
    """Is it more than that a page was closed while it was written to? Bokeh warns of that once for each message."""
    return record.msg != "Failed sending message as connection was closed"


def send_at_once() -> None:
    """Turn Nagle's algorithm off on every page's socket: small patches leave at once instead of after an answer.

    Bokeh's handler leaves it on and has no setting for it; twice is as once.
    """
    if getattr(WSHandler.open, "at_once", False):
        return
    opened = WSHandler.open

    @functools.wraps(opened)
    def open_at_once(self: WSHandler, *args: Any, **kwargs: Any) -> Any:
        self.set_nodelay(True)
        return opened(self, *args, **kwargs)

    open_at_once.at_once = True  # type: ignore[attr-defined]
    WSHandler.open = open_at_once


def leave_nothing() -> None:
    """Let what a page is told while Panel writes to it be written next, instead of with the next change.

    Panel marks a page as written when it is done with a message, also if another came while it waited for the socket;
    the writer of that one finds the mark gone and leaves it lying. Twice is as once.
    """
    written = panels._dispatch_msgs
    if getattr(written, "leaves_nothing", False):
        return

    async def write_all(document: Document) -> None:
        await written(document)
        if document in panels._WRITE_MSGS and document not in panels._WRITE_BLOCK:
            panels._WRITE_BLOCK[document] = True
            panels._dispatch_write_task(document, write_all, document)

    write_all.leaves_nothing = True  # type: ignore[attr-defined]
    panels._dispatch_msgs = write_all


def ready(name: str, text: str) -> Any:
    """A message of Bokeh's by which a page hears `text` under this name, for any number of pages."""
    event = MessageSentEvent(_nowhere(), name, text)
    return Protocol().create("PATCH-DOC", [event])  # type: ignore[no-untyped-call]


@functools.cache
def _nowhere() -> Document:
    """The document that Bokeh asks each event for; its message does not name it, and making one takes longer."""
    return Document()


class Wire:
    """Writes ready messages to the page of one session, in order and whole.

    Bokeh makes each message for each session anew; what many are told alike is made once and written as it is. Call it
    in the loop of the page's server.
    """

    def __init__(self, document: Document) -> None:
        self._session = document.session_context.session  # type: ignore[union-attr]

    def write(self, message: Any) -> None:
        """Write to wherever the page is connected; what is closed hears nothing."""
        for connection in tuple(self._session._subscribed_connections):
            socket = connection._socket
            if not socket.write_lock._block._value:  # somebody is amid a message
                _keep(asyncio.ensure_future(socket.send_message(message)))
            elif socket.ws_connection is not None and not socket.ws_connection.is_closing():
                with suppress(WebSocketClosedError):
                    for part in (message.header_json, message.metadata_json, message.content_json):
                        _keep(super(WSHandler, socket).write_message(part))


_writing: set[asyncio.Future[None]] = set()


def _keep(writing: asyncio.Future[None]) -> None:
    """Hold what is being written; that its page went away meanwhile is no fault."""
    _writing.add(writing)
    writing.add_done_callback(_written)


def _written(writing: asyncio.Future[None]) -> None:
    _writing.discard(writing)
    if not writing.cancelled():
        writing.exception()


def wire() -> Wire | None:
    """The wire to the page of this session; none in a notebook or a script, or outside the loop of a server."""
    document = pn.state.curdoc
    context = None if document is None else document.session_context
    if getattr(context, "session", None) is None or pn.state._jupyter_kernel_context:
        return None
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return None
    return Wire(document)
