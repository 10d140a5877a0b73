"""The open cockpit of a live sales or support team, for the people who tune it.

`collab.History` reads what happened, `collab.Forecast` says what will come, `collab.WhatIf` says what other weights
would have changed, `collab.Weights` are the four knobs, `collab.Office` runs a team in this process, `collab.connect`
is a member at a gateway. Importing this package loads none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collab.forecast import Forecast
    from collab.history import History
    from collab.history.export import export
    from collab.live.client import connect
    from collab.office import Office
    from collab.weights import Weights
    from collab.whatif import WhatIf

__all__ = ["Forecast", "History", "Office", "Weights", "WhatIf", "connect", "export"]

_HOME = {
    "Forecast": "collab.forecast",
    "History": "collab.history",
    "Office": "collab.office",
    "Weights": "collab.weights",
    "WhatIf": "collab.whatif",
    "connect": "collab.live.client",
    "export": "collab.history",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'collab' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
