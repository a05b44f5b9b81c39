"""Order files, addenda and tabular lists with a handful of codes, as text."""

from __future__ import annotations


def order(*rows):
    """An order file; a row is `code flag description`."""
    lines = []
    for number, row in enumerate(rows, start=1):
        code, flag, text = row.split(" ", 2)
        lines.append(f"{number:05d} {code:<7} {flag} {text[:60]:<60} {text}\r\n")
    return "".join(lines)


def addenda(*rows):
    """An order addendum; a row is `label: flag code description`."""
    lines = []
    for row in rows:
        label, rest = row.split(": ", 1)
        flag, code, text = rest.split(" ", 2)
        lines.append(f"{label + ':':<13}{flag} {code:<8}{text[:60]:<60} {text}\r\n")
    return "".join(lines)


def tabular(body, version="2027"):
    """A tabular list with one chapter and section."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<ICD10CM.tabular>\n<version>{version}</version>\n<chapter><name>10</name>'
        f'<desc>Breath (J00-J99)</desc><section id="J30-J39"><desc>Upper</desc>{body}</section></chapter></ICD10CM.tabular>'
    )


NOSE = """<diag><name>J30</name><desc>Rhinitis</desc>
<excludes1><note>other (J31.-)</note><note>see elsewhere</note></excludes1>
<codeFirst><note>cause, if known (J45.-)</note></codeFirst>
<diag><name>J30.1</name><desc>Pollen</desc><inclusionTerm><note>Hay fever</note></inclusionTerm>
<useAdditionalCode><note>smoke (Z72.0)</note></useAdditionalCode></diag></diag>
<diag><name>J31</name><desc>Wound</desc>
<sevenChrDef><extension char="A">first</extension><extension char="S">sequela</extension></sevenChrDef>
<diag><name>J31.1</name><desc>Tip</desc></diag></diag>
<diag><name>J32</name><desc>Rhinitis in diseases classified elsewhere</desc></diag>"""
CODES_2027 = ("J30 0 Rhinitis", "J301 1 Pollen", "J311 0 Tip", "J311XXA 1 Tip, first")
