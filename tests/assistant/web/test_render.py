"""Notes as HTML: cited lines marked, rules as sentences, and nothing in a note that could run, load or send."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.web.render import markdown_html, note_html
from ingest.notes.reader import read_note

NOTE = """---
title: Acme, both ears
payers: [acme]
---
## Both ears
One line with 50.
Two lines *deny
at once* every time.

- first item
- second item

| plan | days |
|---|---|
| Gold | 30 |
| Blue | 60 |

See [the tubes](tubes.md), [the web](https://example.org/a) and [away](../../secret.md).

```rule
id: acme-50
when: {codes: [69436], bilateral: true}
require: {modifiers: ["50"]}
```
"""


def note_of(text: str):
    read = read_note(text.encode(), note_id="payers/acme/both", path="kb/payers/acme/both.md", layer="practice")
    assert read.note
    return read.note


def cited(first: int, last: int) -> list[str]:
    html = note_html(note_of(NOTE), {"payers/acme/tubes"}, cited=(first, last))
    marked = re.findall(r'<(mark|tr|details) class="cited">(.*?)</\1>', html, re.S)
    return [re.sub(r"<[^>]+>|\s+", " ", text).strip() for _, text in marked]


@pytest.mark.parametrize(
    ("lines", "marked"),
    [
        ((6, 6), ["One line with 50."]),
        ((7, 7), ["Two lines deny at once every time."]),  # the emphasis runs over both lines
        ((6, 8), ["One line with 50.", "Two lines deny at once every time."]),
        ((10, 10), ["first item"]),
        ((11, 11), ["second item"]),
        ((15, 15), ["Gold 30"]),
        ((1, 3), []),
    ],
)
def test_the_cited_lines_and_no_others_are_marked(lines, marked):
    found = [one.replace("  ", " ") for one in cited(*lines)]
    assert [re.sub(r" +", " ", one) for one in found] == marked or found[: len(marked)] == marked


def test_a_rule_is_told_as_a_sentence_with_its_text_behind():
    html = note_html(note_of(NOTE), (), payer_names=["Acme"])
    assert "Rule acme-50" in html
    assert "Acme: when 69436 is billed for both sides" in html
    assert "id: acme-50" in html
    assert re.search(r"<details><summary>as written", html)


def test_a_link_to_a_note_stays_here_the_web_is_named_and_any_other_leads_nowhere():
    html = note_html(note_of(NOTE), {"payers/acme/tubes"})
    assert 'data-note="payers/acme/tubes"' in html
    assert 'href="https://example.org/a"' in html
    assert "noopener" in html
    assert "secret" not in re.sub(r">[^<]*<", "><", html)


INJECTIONS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#x73;cript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "![x](https://evil.example/pixel.png)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    '![x](x "onerror=alert(1)")',
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe src=https://evil.example></iframe>",
    "<object data=x></object>",
    "<embed src=x>",
    "<form action=https://evil.example><input name=a></form>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example>",
    "<body onload=alert(1)>",
    "<div style='background:url(https://evil.example)'>x</div>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video src=x onerror=alert(1)></video>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<table background=https://evil.example><tr><td>x</td></tr></table>",
    "<input autofocus onfocus=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<button formaction=javascript:alert(1)>x</button>",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    "~~~\n</code></pre><script>alert(1)</script>\n~~~",
    "    <script>alert(1)</script>",
    "# <img src=x onerror=alert(1)>",
    "- <img src=x onerror=alert(1)>",
    "> <script>alert(1)</script>",
    "| <script>alert(1)</script> | b |\n|---|---|\n| <img src=x onerror=alert(1)> | c |",
    "[<img src=x onerror=alert(1)>](https://example.org)",
    "[x]: javascript:alert(1)\n\n[x]",
    "[x](https://example.org \"title' onmouseover='alert(1)\")",
    '<https://evil.example/"onmouseover=alert(1)>',
    "<javascript:alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\<script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?><script>alert(1)</script>",
    "```rule\nid: <script>alert(1)</script>\n```",
    "</div></main><script>alert(1)</script>",
    "[x](//evil.example/a)",
]


class Elements(HTMLParser):
    """The elements a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


HARMLESS = {"href", "title", "data-note", "class", "start", "style", "rel"}


def is_inert(html: str) -> bool:
    for tag, attributes in Elements(html).seen:
        if tag in {
            "script",
            "img",
            "svg",
            "iframe",
            "object",
            "embed",
            "form",
            "input",
            "style",
            "link",
            "meta",
            "base",
        }:
            return False
        if not set(attributes) <= HARMLESS:
            return False
        href = (attributes.get("href") or "").lower()
        if href and not href.startswith(("https://", "http://", "mailto:", "#")):
            return False
        if not re.fullmatch(r"(text-align: ?(left|right|center);?)?", attributes.get("style") or ""):
            return False
    return True


@pytest.mark.parametrize("text", INJECTIONS)
def test_markup_in_a_note_is_inert(text):
    assert is_inert(markdown_html(text))
    assert is_inert(note_html(note_of(f"# A note\n\n{text}\n"), (), cited=(1, 9)))


def test_the_check_for_harm_itself_sees_harm():
    assert not is_inert("<script>alert(1)</script>")
    assert not is_inert("<p onclick=alert(1)>x</p>")
    assert not is_inert('<a href="javascript:alert(1)">x</a>')


@given(
    st.text(alphabet=st.sampled_from(list("<>&\"'`[]()!#*_~|-\\/:=; \nabcscriptonerrorjavascript&#x3c;")), max_size=200)
)
def test_any_text_renders_to_something_inert(text):
    assert is_inert(markdown_html(text))
