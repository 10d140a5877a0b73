"""How what happens on other threads reaches a session."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import panel as pn
from bokeh.document import Document
from panel.io.state import set_curdoc


def _in_document(doc: Document, callback: Callable[[], None]) -> None:
    """Let what the callback makes belong to this document: its theme, and files from its own server.

    A browser gets the page, makes its views, which takes a second or more, and then says that it is ready. Until then
    the callback waits, because Panel drops what changes in between.
    """
    with set_curdoc(doc):
        if pn.state.loaded:
            callback()
        else:
            pn.state.onload(callback)


def _soon(doc: Document, callback: Callable[[], None]) -> None:
    """Let a page do something on its next tick, unless it was closed meanwhile."""
    context = doc.session_context
    if context is None or context.destroyed:
        return
    with suppress(AttributeError):  # it may be closed at this moment, in another thread
        doc.add_next_tick_callback(functools.partial(_in_document, doc, callback))


def _served(doc: Document | None) -> bool:
    return doc is not None and doc.session_context is not None


def at_end(act: Callable[[], Any]) -> None:
    """Do this when the session ends that is being made; never in a notebook or a script, which have none."""
    if _served(pn.state.curdoc):
        pn.state.on_session_destroyed(lambda context: act())


def scheduler() -> Callable[[Callable[[], None]], Any]:
    """How to reach this session's thread from any other: its document, else the loop that runs here, else at once.

    A document is only touched in its own thread: what another thread adds to it while it is opened or held gets lost.
    """
    doc = pn.state.curdoc
    served = _served(doc)
    try:
        loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
    except RuntimeError:  # a cell of a notebook, say, runs beside the loop that serves its page
        loop = _loop_of(doc) if served else None
    tell: Callable[..., None] = _at_once if loop is None else functools.partial(_in_loop, loop)
    return functools.partial(tell, _soon, doc) if served else tell


def _loop_of(doc: Document) -> asyncio.AbstractEventLoop | None:
    application = getattr(doc.session_context.server_context, "application_context", None)
    return None if application is None else application.io_loop.asyncio_loop


def _in_loop(loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *args: Any) -> None:
    with suppress(RuntimeError):  # its server may have stopped
        loop.call_soon_threadsafe(callback, *args)


def _at_once(callback: Callable[..., None], *args: Any) -> None:
    callback(*args)
