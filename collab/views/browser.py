"""What a page leaves with the browser: its address, and how this person likes it."""

from __future__ import annotations

from functools import partial
from typing import Any

import panel as pn
import param
from panel.custom import JSComponent

from collab.views.address import Address
from collab.views.board import Board

SETTLED_MS = 300
"""An address is written when it has been the same for so long: browsers refuse too many changes of it."""


HERE = ["paused", "member", "lead"]
"""What a window keeps for itself: it outlives a reload, and another is not held still, or somebody else, with it."""

TYPED = "typed-"
"""What the class of a field begins with whose text is stored at each key, whether the server hears of it or not."""

NEW = ["member"]
"""What of that a new window begins with."""


class Browser(JSComponent):
    """Shows nothing; writes the query into the address bar, and keeps settings in the browser's own store.

    The browser hands over what it `found` once, when it has made the page; from then on what is in `kept` is stored.
    """

    query = param.String("", doc="The query of the address.")
    found = param.Dict(default=None, allow_None=True, doc="What was stored, and if the dark is liked, once it is said.")
    kept = param.Dict(default={}, doc="What is to be stored.")
    by = param.String("", doc="Who signed in, whose lead it is that is typed in here; nobody's where nobody has to.")

    _esm = f"""
    const NAME = "collab", TYPED = "{TYPED}", HERE = {HERE}, NEW = {NEW}
    const stores = () => [localStorage, sessionStorage]
    function stored() {{
      try {{ return Object.assign({{}}, ...stores().map((store) => JSON.parse(store.getItem(NAME)))) }}
      catch {{ return {{}} }}
    }}
    function store(kept) {{
      const entries = Object.entries(kept), isHere = ([name]) => HERE.includes(name)
      const parts = [entries.filter((one) => !isHere(one) || NEW.includes(one[0])), entries.filter(isHere)]
      try {{ stores().forEach((store, i) => store.setItem(NAME, JSON.stringify(Object.fromEntries(parts[i])))) }}
      catch {{}}
    }}
    export function render({{ model }}) {{
      let waiting, typed = {{}}
      // the server may be away while somebody types, or behind: what stands in the field is right
      const all = () => {{
        const lead = model.kept.lead ?? {{}}
        if (!Object.keys(typed).length) return model.kept
        return {{...model.kept, lead: {{by: model.by, ...lead, ...typed}}}}
      }}
      const hear = (event) => {{
        const [field, ...around] = event.composedPath()
        const named = around.flatMap((one) => [...one.classList ?? []]).find((one) => one.startsWith(TYPED))
        if (!named) return
        typed[named.slice(TYPED.length)] = field.value
        store(all())
      }}
      const leave = (event) => {{ if (event.key === "collab-left") location.reload() }}  // signed out on another page
      document.addEventListener("input", hear)
      addEventListener("storage", leave)
      model.on("query", () => {{
        clearTimeout(waiting)
        waiting = setTimeout(() => {{
          const asked = location.pathname + model.query + location.hash
          history.replaceState(history.state, "", asked)
        }}, {SETTLED_MS})
      }})
      model.on("kept", () => {{
        if (!Object.keys(model.kept.lead ?? {{}}).length) typed = {{}}  // it was routed
        store(all())
      }})
      model.on("remove", () => {{
        document.removeEventListener("input", hear)
        removeEventListener("storage", leave)
      }})
      model.found = {{prefers: matchMedia("(prefers-color-scheme: dark)").matches, ...stored()}}
    }}
    """


def kept(address: Address, board: Board, shown: Any) -> Browser:
    """Keeps in the browser a page's address, its theme, its pause, who acts on it and the lead that is typed in."""
    browser = Browser(query=address.query, by=board.by, width=0, height=0, margin=0)
    address.param.watch(lambda event: browser.param.update(query=event.new), "query")
    settings = {
        "dark": (shown, "dark_theme", bool),
        "paused": (board, "paused", bool),
        "person": (board, "person", str),
        "lead": (board, "lead", dict),
    } | ({"member": (board, "member", str)} if board.seat is None else {})  # nobody reads as somebody else

    def apply(event: Any) -> None:
        found = event.new or {}
        browser.kept = {name: value for name, value in found.items() if name in settings}
        for name, (of, parameter, kind) in settings.items():
            if isinstance(found.get(name), kind) and found[name] != getattr(of, parameter):
                setattr(of, parameter, found[name])
        if "dark" not in found and found.get("prefers"):
            shown.dark_theme = True
            browser.kept = {name: value for name, value in browser.kept.items() if name != "dark"}  # nobody chose it

    def keep(name: str) -> Any:
        return lambda event: browser.param.update(kept={**browser.kept, name: event.new})

    # before a page has said that it is ready, Panel drops what it is told
    browser.param.watch(lambda event: pn.state.onload(partial(apply, event)), "found")
    for name, (of, parameter, _) in settings.items():
        of.param.watch(keep(name), parameter)
    return browser
