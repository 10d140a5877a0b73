"""The words of a message as HTML that is safe to show: a subset of Markdown, and nothing else (pure).

Members write **bold**, *italic*, ~~struck~~, `code`, fenced code, lists, quotes, tables, links and @mentions. Headings,
rules, images and HTML stay the text that they are: a message is shown, it loads nothing and runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from collab.chat import MENTION
from collab.legible import unforced

TAGS = set("a blockquote br code em li ol p pre s span strong table tbody td th thead tr ul".split())
"""All tags that a message is shown with."""

SCHEMES = {"http", "https", "mailto"}
"""Where a link may lead."""

REL = "noopener nofollow noreferrer"
"""A page behind a link learns nothing of this one, and search engines do not follow it."""

MENTIONED = "mention"
"""The class of the span around a mention."""

_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>]+", re.IGNORECASE)


def to_html(text: str, members: Iterable[str] | None = None) -> str:
    """The message as HTML of `TAGS` only, links to `SCHEMES` only, each in a page of its own.

    Args:
        text: what was said.
        members: whom a mention may name, beside `@all`; None shows every `@name` as one.
    """
    known = None if members is None else frozenset(members) | {"all"}
    return nh3.clean(
        _markdown.render(unforced(text), {"known": known}),
        tags=TAGS,
        attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
        allowed_classes={"span": {MENTIONED}},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes=SCHEMES,
        url_relative="deny",
        link_rel=REL,
    )


def _mentions(state: StateCore) -> None:
    """Put mentions into spans; those in code or in a link stay text."""
    for block in state.tokens:
        if block.type == "inline" and block.children and "@" in block.content:
            block.children = [*_marked(block.children, state.env)]


def _marked(tokens: list[Token], env: MutableMapping[str, object]) -> Iterable[Token]:
    links = 0
    for token in tokens:
        links += (token.type == "link_open") - (token.type == "link_close")
        if token.type == "text" and not links:
            yield from _split(token, env["known"])
        else:
            yield token


def _split(token: Token, known: object) -> Iterable[Token]:
    done = 0
    for found in MENTION.finditer(token.content):
        if not isinstance(known, frozenset) or found.group(1) in known:
            yield _text(token.content[done : found.start()])
            yield Token("mention_open", "span", 1, attrs={"class": MENTIONED})
            yield _text(found.group())
            yield Token("mention_close", "span", -1)
            done = found.end()
    yield _text(token.content[done:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _made() -> MarkdownIt:
    """The parser: CommonMark without what a message does not show, with struck words, tables and bare addresses."""
    markdown = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": True})
    markdown.enable(["strikethrough", "table", "linkify"])
    markdown.disable(["image", "heading", "lheading", "hr", "html_block", "html_inline", "reference"])
    markdown.core.ruler.after("linkify", "mentions", _mentions)
    markdown.validateLink = lambda url: _LINK.fullmatch(url) is not None  # type: ignore[method-assign]
    return markdown


_markdown = _made()
