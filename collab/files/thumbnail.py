"""Small pictures of pictures, made with a bound on what a hostile one may cost."""

from __future__ import annotations

import secrets
import warnings
from pathlib import Path

MOST_PIXELS = 40_000_000
"""A picture of more pixels is not opened: it may be small on the disk and huge in memory."""

SIDE = 320
"""The longest side of a thumbnail, in pixels."""

TYPE = "image/webp"
"""The type of all thumbnails."""


class NoPicture(ValueError):
    """No thumbnail can be made of the file: it is no picture, broken, or too large."""


def thumbnail(source: Path, target: Path) -> None:
    """Make the thumbnail of a picture, without the place and camera that it may name; takes a while, so use a thread.

    Raises:
        NoPicture: none can be made.
    """
    from PIL import Image, ImageOps

    new = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the bound below is the lower one
            with Image.open(source, formats=("PNG", "JPEG", "GIF", "WEBP")) as picture:
                width, height = picture.size
                if width * height > MOST_PIXELS:
                    raise NoPicture(f"the picture has {width} x {height} pixels; at most {MOST_PIXELS:,} are opened")
                picture.draft("RGB", (2 * SIDE, 2 * SIDE))
                small = ImageOps.exif_transpose(picture)
                small.thumbnail((SIDE, SIDE))
                small = small.convert("RGBA" if "A" in small.getbands() or "transparency" in small.info else "RGB")
        small.info.clear()
        target.parent.mkdir(parents=True, exist_ok=True)
        small.save(new, "WEBP", quality=80)
        new.replace(target)
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        new.unlink(missing_ok=True)
        if isinstance(error, NoPicture):
            raise
        raise NoPicture(f"no picture can be made of the file: {error}") from error
