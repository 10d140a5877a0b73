"""What to say to a customer: points and a draft, from rules that need nobody, or from a model that is told little."""

from __future__ import annotations

from collab.coaching.advice import Advice, Asked, Stage
from collab.coaching.private import private
from collab.coaching.rules import advise

__all__ = ["Advice", "Asked", "Stage", "advise", "private"]
