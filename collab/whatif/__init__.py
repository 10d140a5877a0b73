"""What would have happened under other weights, from the logged decisions; no live system is touched."""

from __future__ import annotations

from collab.whatif.rescore import Rescored
from collab.whatif.what_if import WhatIf

__all__ = ["Rescored", "WhatIf"]
