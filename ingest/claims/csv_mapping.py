"""Which column of a CSV file is what of a claim: guessed from its headers, or read from a TOML file a person edits.

Reads no claim.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.claims.header_key import KEYS
from ingest.claims.model import ClaimProblem

DATE_FORMATS = ("YYYY-MM-DD", "MM/DD/YYYY", "YYYYMMDD")
DELIMITERS = (",", ";", "\t", "|")
SEPARATORS = ",;|/: "
LINE_FIELDS = ("code", "modifiers", "units", "pointers", "billed")
# `claim` is the column that says which rows are one claim.
FIELDS = ("claim", *KEYS, *LINE_FIELDS)
# These may be spread over several columns; every other field has one.
SEVERAL = frozenset({"modifiers", "dx", "pointers"})

# Headers as exports write them, letters and digits only; the first of a field's list that is there is taken.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "claim": (
        *("claim", "claimid", "claimnumber", "claimno", "claimnum", "clm", "clmid", "clmno", "icn"),
        *("encounter", "encounterid", "encounternumber", "encounterno", "visitid", "visitnumber", "invoice"),
        *("invoicenumber", "invoiceno", "voucher", "vouchernumber", "patientcontrolnumber", "pcn", "id"),
    ),
    "payer": (
        *("payer", "payerid", "payername", "plan", "planname", "insurance", "insurancename", "insuranceplan"),
        *("primarypayer", "primaryinsurance", "carrier", "insurer"),
    ),
    "dos": (
        *("dos", "dateofservice", "servicedate", "svcdate", "dosfrom", "fromdos", "fromdate", "servicefromdate"),
        *("servicedatefrom", "dateofservicefrom", "fromdateofservice", "servicefrom", "date"),
    ),
    "pos": ("pos", "placeofservice", "placeofsvc", "poscode", "placeofservicecode", "place"),
    "age": ("age", "patientage", "ageatservice", "ageondos"),
    "sex": ("sex", "gender", "patientsex", "patientgender"),
    "dx": (
        *("dx", "diagnoses", "diagnosis", "dxcodes", "dxcode", "diagnosiscodes", "diagnosiscode", "icd", "icd10"),
        *("icd10codes", "icd10code", "icdcodes", "icdcode", "icd10cm"),
    ),
    "prior": ("prior", "priorprocedures", "priorprocedure", "history"),
    "received": ("received", "receiveddate", "datereceived", "payerreceived"),
    "authorization": (
        *("authorization", "authorizationnumber", "authorizationno", "auth", "authnumber", "authno", "priorauth"),
        *("priorauthorization", "priorauthnumber", "priorauthorizationnumber", "referral", "referralnumber"),
    ),
    "documentation": ("documentation", "docs", "documents"),
    "attachments": ("attachments", "attachment"),
    "new-patient": ("newpatient", "isnewpatient", "newpt"),
    "rendering": (
        *("rendering", "renderingprovider", "renderingnpi", "renderingprovidernpi", "provider", "providername"),
        *("providernpi", "npi", "surgeon", "doctor"),
    ),
    "ordering": (
        *("ordering", "orderingprovider", "orderingnpi", "orderingprovidernpi", "referring", "referringprovider"),
        *("referringnpi", "referringprovidernpi"),
    ),
    "corrected-of": ("correctedof", "originalclaim", "originalclaimnumber", "originalreference", "replaces"),
    "code": (
        *("code", "cpt", "cptcode", "procedurecode", "proccode", "proc", "procedure", "cpthcpcs", "cpthcpcscode"),
        *("hcpcs", "hcpcscode", "servicecode", "svccode"),
    ),
    "modifiers": ("modifiers", "modifier", "mods", "mod"),
    "units": ("units", "unit", "qty", "quantity", "unitsofservice", "serviceunits", "daysorunits", "unitcount"),
    "pointers": (
        *("pointers", "pointer", "dxpointers", "dxpointer", "dxptr", "dxptrs", "diagnosispointer"),
        *("diagnosispointers", "diagpointer", "diagptr", "icdpointer", "linediagnoses"),
    ),
    "billed": (
        *("billed", "charge", "charges", "billedamount", "chargeamount", "amount", "amountbilled", "fee"),
        *("linecharge", "totalcharge", "price"),
    ),
}
_NUMBERED = {
    "modifiers": re.compile(r"(?:modifiers?|mods?|cptmod|procmod|m)([1-4])\Z"),
    "dx": re.compile(
        r"(?:dx|diag|diagnosis|icd|icd10|dxcode|diagcode|diagnosiscode|icdcode|icd10code)(1[0-2]|[1-9])\Z"
    ),
    "pointers": re.compile(r"(?:pointer|dxpointer|dxptr|ptr|diagnosispointer|diagpointer|diagptr)([1-4])\Z"),
}
_MIDNIGHT = r"(?:[T ](?:0{1,2}:00(?::00(?:\.0+)?)?|12:00(?::00)? ?AM))?"
_DATE_PART = re.compile("YYYY|MM|DD")


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """What stands where. `columns` holds for each field (see FIELDS) its headers, in order.

    `delimiter` None: seen from the first line. `date_formats` are tried in order; MM and DD take one digit or two.
    `separators` may stand between several modifiers, diagnoses or pointers of one cell. `payers` turns what the export
    calls a payer into the practice's name for it.
    """

    columns: Mapping[str, tuple[str, ...]]
    delimiter: str | None = None
    date_formats: tuple[str, ...] = DATE_FORMATS
    separators: str = SEPARATORS
    decimal: str = "."
    payers: Mapping[str, str] = field(default_factory=dict)


def guess_mapping(headers: Sequence[str], delimiter: str | None = None) -> CsvMapping:
    """The mapping that common header names suggest; a field nobody names is left out."""
    folded: dict[str, str] = {}
    for header in headers:
        folded.setdefault(_folded(header), header)
    columns: dict[str, tuple[str, ...]] = {}
    for name in FIELDS:
        numbered = _numbered(name, folded)
        single = next((folded[one] for one in _NAMES[name] if one in folded), None)
        if numbered:
            columns[name] = numbered
        elif single is not None:
            columns[name] = (single,)
    return CsvMapping(columns, delimiter)


def read_mapping(text: str) -> tuple[CsvMapping | None, tuple[ClaimProblem, ...]]:
    """The mapping a person wrote, or everything that is wrong with it. Never raises."""
    try:
        raw = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(at[1]), int(at[2])) if at else (text.count("\n") + 1, len(text.rpartition("\n")[2]) + 1)
        return None, (ClaimProblem(line, column, f"this is no TOML: {str(error).partition(' (at')[0]}"),)
    except (ValueError, RecursionError):
        return None, (ClaimProblem(1, 1, "this is no TOML: a number too long, or brackets without end"),)
    log = _Log(text)
    mapping = _mapping(raw, log)
    return (None, tuple(sorted(log.problems))) if log.problems else (mapping, ())


def write_mapping(mapping: CsvMapping, unused: Sequence[str] = ()) -> str:
    """The mapping as TOML with an explanation, for a person to edit. `unused` are headers that no field takes."""
    rows = [
        "# Which column of the CSV file is what. Left stands Understudy's name, right the header of your column",
        '# exactly as in the file. modifiers, dx and pointers may have several: ["Mod 1", "Mod 2"].',
        "# Rows with the same value in the column of `claim` are the lines of one claim.",
        "",
    ]
    if mapping.delimiter is not None:
        rows.append(f"delimiter = {_quoted(mapping.delimiter)}")
    rows += [
        f"date-formats = [{', '.join(map(_quoted, mapping.date_formats))}]",
        f"separators = {_quoted(mapping.separators)}   # between several values of one cell",
        f"decimal = {_quoted(mapping.decimal)}",
        "",
        "[columns]",
    ]
    for name in FIELDS:
        headers = mapping.columns.get(name)
        if headers:
            shown = ", ".join(map(_quoted, headers))
            rows.append(f"{name} = {shown if len(headers) == 1 else f'[{shown}]'}")
        else:
            rows.append(f'# {name} = ""')
    if unused:
        rows += ["", "# Columns of the file that nothing takes:", *(f"#   {_quoted(one)}" for one in unused)]
    rows += ["", "# [payers]: what the export calls a payer, and what your notes call it.", "[payers]"]
    rows += [f"{_quoted(written)} = {_quoted(payer)}" for written, payer in mapping.payers.items()]
    return "\n".join(rows) + "\n"


def date_pattern(date_format: str) -> re.Pattern[str]:
    """A pattern with the groups y, m and d. Raises ValueError for a format without one each of YYYY, MM and DD.

    A time of midnight behind the day, as spreadsheets write it, is taken.
    """
    parts = _DATE_PART.findall(date_format)
    if sorted(parts) != ["DD", "MM", "YYYY"]:
        raise ValueError("a date format holds YYYY, MM and DD once each, such as MM/DD/YYYY")
    joined = date_format.replace("YYYY", "").replace("MM", "").replace("DD", "") == ""
    digits = "{2}" if joined else "{1,2}"
    pattern = ""
    at = 0
    for match in _DATE_PART.finditer(date_format):
        pattern += re.escape(date_format[at : match.start()])
        pattern += {"YYYY": "(?P<y>[0-9]{4})", "MM": f"(?P<m>[0-9]{digits})", "DD": f"(?P<d>[0-9]{digits})"}[match[0]]
        at = match.end()
    return re.compile(pattern + re.escape(date_format[at:]) + _MIDNIGHT + r"\Z", re.ASCII)


def _folded(header: str) -> str:
    return re.sub(r"[^a-z0-9]", "", header.casefold())


def _numbered(name: str, folded: Mapping[str, str]) -> tuple[str, ...]:
    """`Mod 1`, `Mod 2` ... in the order of their numbers."""
    pattern = _NUMBERED.get(name)
    if pattern is None:
        return ()
    found = [(int(match[1]), header) for one, header in folded.items() if (match := pattern.match(one))]
    return tuple(header for _, header in sorted(found))


class _Log:
    """Problems of a mapping file, placed where the key stands in its text."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self.problems: list[ClaimProblem] = []

    def add(self, key: str, message: str) -> None:
        for number, line in enumerate(self._lines, start=1):
            match = re.match(rf"\s*\[?\s*[\"']?({re.escape(key)})[\"']?\s*[=\].]", line)
            if match:
                self.problems.append(ClaimProblem(number, match.start(1) + 1, message))
                return
        self.problems.append(ClaimProblem(1, 1, f"{key}: {message}"))


_TABLES = ("columns", "payers")
_SETTINGS = ("delimiter", "date-formats", "separators", "decimal")


def _mapping(raw: Mapping[str, Any], log: _Log) -> CsvMapping:
    for key in raw:
        if key not in (*_TABLES, *_SETTINGS):
            log.add(key, f"unknown key{_near(key, (*_TABLES, *_SETTINGS))}")
    columns = raw.get("columns")
    if not isinstance(columns, dict) or not columns:
        log.add("columns", 'there is no table [columns]; write which column is what, such as code = "CPT"')
        columns = {}
    found: dict[str, tuple[str, ...]] = {}
    for key, value in columns.items():
        headers = _headers(key, value, log)
        if headers:
            found[key] = headers
    for needed in ("claim", "code"):
        if needed not in found and not log.problems:
            what = "which rows are one claim" if needed == "claim" else "the procedure code"
            log.add("columns", f'[columns] does not say where {needed} stands ({what}); add {needed} = "YOUR COLUMN"')
    delimiter = raw.get("delimiter")
    if delimiter is not None and delimiter not in DELIMITERS:
        log.add("delimiter", r'the delimiter is ",", ";", "|" or "\t"')
    formats = raw.get("date-formats", list(DATE_FORMATS))
    separators, decimal = raw.get("separators", SEPARATORS), raw.get("decimal", ".")
    if not isinstance(separators, str) or any(one.isalnum() for one in separators) or not separators:
        log.add("separators", "separators are signs that may stand between several values of one cell, no letters")
        separators = SEPARATORS
    if decimal not in (".", ","):
        log.add("decimal", 'decimal is "." or ","')
    return CsvMapping(found, delimiter, _formats(formats, log), separators, str(decimal), _payers(raw, log))


def _headers(key: str, value: Any, log: _Log) -> tuple[str, ...]:
    if key not in FIELDS:
        log.add(key, f"unknown field{_near(key, FIELDS)}")
        return ()
    headers = [value] if isinstance(value, str) else value
    if not isinstance(headers, list) or not all(isinstance(one, str) and one.strip() for one in headers):
        log.add(key, 'write the header of a column in quotation marks, or a list of headers such as ["Mod 1", "Mod 2"]')
        return ()
    if len(headers) > 1 and key not in SEVERAL:
        log.add(key, f"only {', '.join(sorted(SEVERAL))} may have several columns; name one")
    return tuple(one.strip() for one in headers)


def _formats(value: Any, log: _Log) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        log.add("date-formats", 'date-formats is a list such as ["MM/DD/YYYY"]')
        return DATE_FORMATS
    for one in value:
        try:
            date_pattern(one)
        except ValueError as error:
            log.add("date-formats", str(error))
    return tuple(value)


def _payers(raw: Mapping[str, Any], log: _Log) -> dict[str, str]:
    payers = raw.get("payers", {})
    if not isinstance(payers, dict) or not all(isinstance(one, str) for one in payers.values()):
        log.add("payers", '[payers] holds lines such as "AETNA: HMO 01" = "aetna-hmo"')
        return {}
    return {str(written).strip(): payer for written, payer in payers.items()}


def _near(key: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    folded = _folded(key)
    meant = next((name for name in FIELDS if name in known and folded in _NAMES[name]), None)
    meant = meant or next(iter(get_close_matches(key, known, n=1)), None)
    return f'; did you mean "{meant}"?' if meant else f"; known are {', '.join(known)}"


def _quoted(text: str) -> str:
    """A TOML basic string."""
    shown = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return '"' + re.sub("[\x00-\x1f\x7f]", lambda match: f"\\u{ord(match[0]):04x}", shown) + '"'
