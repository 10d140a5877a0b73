"""A page's question whether its server is there, asked again and again on the socket that brings what is new.

With it goes how long the page took to answer its person's keys and presses since the last time.
"""

from __future__ import annotations

from typing import Any

from panel.custom import JSComponent

from collab.office import Office
from collab.views.presses import MEASURED, presses_of
from collab.views.theme import OVER_ALL

EVERY_MS = 10_000
"""How often it is asked."""

LATE_MS = 20_000
"""After so long without an answer the page says that it stands still: a browser hears of a dead network much later."""

SOON_MS = 3_000
"""The same once the browser has said that it has no network, which need not be between it and its server."""

LOOK = (
    "position: fixed; top: 8px; left: 50%; transform: translateX(-50%); z-index: 2000; padding: 10px 16px; "
    f"border-radius: 8px; {OVER_ALL}; font-size: 15px; width: max-content; max-width: calc(100vw - 48px)"
)


class Beat(JSComponent):
    """Shows nothing while the server answers; else since when it has not, until it does.

    A server that hangs, or that no network leads to, leaves the socket open: the page would stand still and look alive.
    Where the socket is closed the page says so anyway, and asks no more.

    Args:
        office: whose page it is.
    """

    _esm = f"""{MEASURED}
    export function render({{ model }}) {{
      let asked = 0, looked = Date.now(), late = {LATE_MS}, sign = null
      const pressed = presses()
      const clear = () => {{ sign?.remove(); sign = null }}
      const say = () => {{
        if (sign) return
        sign = document.createElement("div")
        sign.setAttribute("role", "alert")
        sign.style = "{LOOK}"
        const since = `No answer from the server since ${{new Date(asked).toISOString().slice(11, 19)}} UTC.`
        document.body.append(sign)
        sign.textContent = `${{since}} What is shown stands still; it goes on by itself.`
      }}
      const look = () => {{
        const now = Date.now()
        if (now - looked > 2 * {EVERY_MS}) asked = 0  // the page slept, not the server
        looked = now
        if (asked && now - asked > late) say()
        if (!asked) {{ asked = now; model.send_msg(document.hidden ? [] : pressed.take()) }}
      }}
      const doubt = () => {{ late = {SOON_MS}; look(); setTimeout(look, {SOON_MS} + 100) }}
      const timer = setInterval(look, {EVERY_MS})
      const end = () => {{ clearInterval(timer); pressed.end(); clear(); removeEventListener("offline", doubt) }}
      addEventListener("offline", doubt)
      addEventListener("collab-gone", end)
      model.on("msg:custom", () => {{ asked = 0; late = {LATE_MS}; clear() }})
      model.on("remove", end)
    }}
    """

    def __init__(self, office: Office, **params: Any) -> None:
        self._presses = presses_of(office)
        super().__init__(**params)

    def _handle_msg(self, data: Any) -> None:
        """Answer, and take in what took how long."""
        self._presses.hear(data)
        self._send_msg("there")
