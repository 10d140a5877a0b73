"""Messages as HTML: the subset is shown, and nothing that a message holds can run, load or lead astray."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from attacks import ATTACKS
from hypothesis import given
from hypothesis import strategies as st

from collab.markup import MENTIONED, REL, SCHEMES, TAGS, to_html

VOID = {"br"}
PIECES = st.sampled_from([*ATTACKS, *"<>&\"'`*_~[]()!|@#:/\\\n", "](", "javascript:", "http://", "```\n", "> ", "- "])
MESSAGES = st.lists(PIECES | st.text(max_size=10), max_size=12).map("".join)


class Tree(HTMLParser):
    """What a reader of the HTML finds that is not allowed, and the words that are left."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.wrong += [f"{tag} stays open" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.wrong.append(f"tag {tag}")
        if tag not in VOID:
            self._open.append(tag)
        given = dict(attrs)
        allowed = {"a": {"href", "rel", "target"}, "span": {"class"}, "ol": {"start"}}.get(tag, set())
        self.wrong += [f"{tag} {name}" for name in given if name not in allowed]
        if tag == "a" and (given.get("rel") != REL or given.get("target") != "_blank"):
            self.wrong.append(f"link {given}")
        # A link without a place is text: it goes nowhere.
        if tag == "a" and "href" in given and urlsplit(given["href"] or "").scheme not in SCHEMES:
            self.wrong.append(f"link to {given.get('href')}")
        if given.get("class", MENTIONED) != MENTIONED or not str(given.get("start", "1")).isdigit():
            self.wrong.append(f"{tag} {given}")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"{tag} closed out of place")

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"comment {data}")

    handle_decl = handle_pi = unknown_decl = handle_comment


@pytest.mark.parametrize("text", ATTACKS)
def test_an_attack_is_shown_as_words_or_not_at_all(text: str) -> None:
    assert Tree(to_html(text)).wrong == []
    assert Tree(to_html(f"- *a* {text}\n\n> {text}")).wrong == []


@given(MESSAGES)
def test_no_message_gets_anything_past(text: str) -> None:
    assert Tree(to_html(text, ["ana"])).wrong == []


@pytest.mark.parametrize(
    "text, html",
    [
        ("**b** *i* ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>"),
        ("a\nb", "<p>a<br>\nb</p>"),
        ("# no heading\n\n---", "<p># no heading</p>\n<p>---</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("> q", "<blockquote>\n<p>q</p>\n</blockquote>"),
        ("```python\nx < y\n```", "<pre><code>x &lt; y\n</code></pre>"),
        ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"),
    ],
)
def test_the_subset_is_shown(text: str, html: str) -> None:
    assert to_html(text).strip() == html


def test_a_table_is_shown() -> None:
    html = to_html("| a | b |\n|:-:|---|\n| 1 | **2** |")
    assert "<th>a</th>" in html
    assert "<td><strong>2</strong></td>" in html


@pytest.mark.parametrize(
    "text, address",
    [
        ("[x](https://a.example/b?c=1&d=2)", "https://a.example/b?c=1&amp;d=2"),
        ("[x](mailto:a@b.example)", "mailto:a@b.example"),
        ("<http://a.example>", "http://a.example"),
        ("see https://a.example/b.", "https://a.example/b"),
        ("see www.a.com", "http://www.a.com"),
        ("a@b.com", "mailto:a@b.com"),
    ],
)
def test_a_link_opens_a_page_that_learns_nothing_of_this_one(text: str, address: str) -> None:
    assert f'<a href="{address}" target="_blank" rel="{REL}">' in to_html(text)


def test_mentions_of_members_are_marked_but_not_those_in_code_or_links() -> None:
    html = to_html("@ana and @bo, @all! `@ana` [@ana](https://a.example) x@ana", ["ana"])
    assert html.count(f'<span class="{MENTIONED}">') == 2
    assert f'<span class="{MENTIONED}">@ana</span> and @bo, <span class="{MENTIONED}">@all</span>!' in html
    assert f'<span class="{MENTIONED}">@bo</span>' in to_html("@bo")
    assert to_html("[a](https://a.example) @ana").endswith(f'</a> <span class="{MENTIONED}">@ana</span></p>\n')


def test_what_cannot_be_shown_keeps_its_words() -> None:
    assert Tree(to_html("![a cat](http://a.example/cat.png)")).words.strip() == "!a cat"
    assert Tree(to_html("<b>x</b>")).words.strip() == "<b>x</b>"
    assert Tree(to_html("[x](javascript:alert(1))")).words.strip() == "[x](javascript:alert(1))"


def test_words_are_shown_in_the_direction_of_their_script_and_marks_of_a_language_stay() -> None:
    said = "\u0645\u0631\u062d\u0628\u0627\u200f (\u2067v2\u2069)"
    assert to_html(f"{said} \u202e dlrow \u202c") == f"<p>{said}  dlrow \u202c</p>\n"
    assert "\u202d" not in to_html("`a\u202db`")
