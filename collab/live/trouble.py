"""What does not go on is told in the log once, however long it lasts."""

from __future__ import annotations

from logging import Logger


def told_once(logger: Logger, before: str, error: Exception, message: str, *args: object) -> str:
    """What an error says, logged below the message with its trace unless it was said before, too.

    Args:
        logger: where it is told.
        before: what this returned the time before; "" if all was well.
        error: what is handled now.
        message: what does not go on, with places for `args`.
    """
    why = str(error) or repr(error)
    if why != before:
        logger.error(message, *args, exc_info=error)
    return why
