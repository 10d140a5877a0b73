"""The bytes of files that members put into rooms: what kinds are taken, where they lie, small pictures of them."""

from collab.files.kinds import ARCHIVES, INLINE, TYPES, Unwanted, kind_of
from collab.files.shelf import Draft, Full, Shelf
from collab.files.thumbnail import NoPicture, thumbnail

__all__ = ["ARCHIVES", "INLINE", "TYPES", "Draft", "Full", "NoPicture", "Shelf", "Unwanted", "kind_of", "thumbnail"]
