"""When somebody should be told: rules as data, with thresholds that hold still, hours and who is told next (pure)."""

from collab.rules.book import Book, OfTenant
from collab.rules.hours import DAYS, Day, Hours
from collab.rules.kind import KINDS, Kind
from collab.rules.rule import Rule, Severity

__all__ = ["DAYS", "KINDS", "Book", "Day", "Hours", "Kind", "OfTenant", "Rule", "Severity"]
