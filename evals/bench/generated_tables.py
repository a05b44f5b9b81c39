"""Full-size reference tables in CMS's own layouts with invented rows, for benches and tests. Holds no row of CMS's.

The codes are numbers drawn by chance; which pairs exist, their dates and indicators are drawn too. The same seed gives
the same files.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

# A release of NCCI PTP edits, practitioner, of 2026: rows, codes, and the four files CMS cuts it into.
FULL_PAIRS = 2_200_000
FULL_CODES = 13_000
PTP_FILES = 4
_PREAMBLE = (
    "Generated for a bench; every code and pair is invented.\t\t\t\t\t\t\r\n"
    "Column1/Column2 Edits\t\t\t\t\t\t\r\n"
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n"
    "\t\t\t\t*=no data\t1=allowed\t\r\n"
    "\t\t\t\t\t9=not applicable\t\r\n"
)
_EFFECTIVE = ("19960101", "20050101", "20150401", "20200101", "20230701", "20260701")
_DELETED = ("*", "*", "*", "20031231", "20190630", "20260630")


def invented_codes(count: int = FULL_CODES, seed: int = 1) -> tuple[str, ...]:
    """`count` five-digit numbers in order, at most 90,000."""
    return tuple(sorted(f"{number:05d}" for number in random.Random(seed).sample(range(10_000, 100_000), count)))


def write_ptp(
    folder: Path,
    pairs: int = FULL_PAIRS,
    codes: Sequence[str] | None = None,
    *,
    files: int = PTP_FILES,
    version: str = "322",
    seed: int = 2,
) -> tuple[Path, ...]:
    """Write a PTP release as `ccipra-v322r0-f1.TXT` and so on; `pairs` pairs and a few more rows, by column 1.

    As in the real files a few codes have thousands of partners and many have a handful.
    """
    chance = random.Random(seed)
    codes = codes or invented_codes()
    heads = sorted(chance.sample(codes, max(files, len(codes) * 9 // 10)))
    weights = [chance.paretovariate(1.2) for _ in heads]
    scale = pairs / sum(weights)
    for _ in range(20):  # no code has more partners than there are codes, so the others get more
        scale *= pairs / sum(min(len(codes) - 1, max(1, weight * scale)) for weight in weights)
    written = []
    for number in range(files):
        path = folder / f"ccipra-v{version}r0-f{number + 1}.TXT"
        first, last = len(heads) * number // files, len(heads) * (number + 1) // files
        with path.open("w", encoding="ascii", newline="") as file:
            file.write(_PREAMBLE)
            for place in range(first, last):
                size = min(len(codes) - 1, max(1, round(weights[place] * scale)))
                file.write("".join(_rows(heads[place], sorted(chance.sample(codes, size)), chance)))
        written.append(path)
    return tuple(written)


def write_mue(folder: Path, codes: Sequence[str] | None = None, *, seed: int = 3) -> Path:
    """Write MUE limits for every code, in the layout with a notice of several lines and a broken heading cell."""
    chance = random.Random(seed)
    path = folder / "MCR_MUE_PractitionerServices_Eff_07-01-2026.csv"
    kinds = ("1 Line Edit", "2 Date of Service Edit: Policy", "3 Date of Service Edit: Clinical")
    with path.open("w", encoding="ascii", newline="") as file:
        file.write('"Generated for a bench.\r\n\r\nEvery row is invented.",,,\r\n"HCPCS/\r\nCPT Code",')
        file.write("Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\r\n")
        for code in codes or invented_codes():
            file.write(f"{code},{chance.choice((1, 1, 1, 2, 4, 12))},{chance.choice(kinds)},Invented\r\n")
    return path


def write_fee_schedule(folder: Path, codes: Sequence[str] | None = None, *, seed: int = 4) -> Path:
    """Write the fee schedule of July 2026 in the layout of that year, one row in ten also with 26 and TC."""
    chance = random.Random(seed)
    path = folder / "PPRRVU2026_Jul_nonQPP.csv"
    with path.open("w", encoding="ascii", newline="") as file:
        file.write(f",,2026 National Physician Fee Schedule Relative Value File July Release{',' * 29}\r\n")
        file.write(f",,Every row is invented{',' * 29}\r\n,,RELEASED 06/30/2026{',' * 29}\r\n")
        file.write(f"{',' * 29}NON-FACILITY,FACILITY,\r\n")
        file.write(",,,STATUS,MEDICARE,WORK,NON-FAC,NA,FACILITY,NA,MP,NON-FACILITY,FACILITY,PCTC,GLOB,PRE,INTRA,POST,")
        file.write("MULT,BILAT,ASST,CO-,TEAM,PRIC,ENDO,CONV,DIAGNOSTIC,CALCULATION,FAMILY,PAYMENT,PAYMENT,PAYMENT\r\n")
        file.write("HCPCS,MOD,DESCRIPTION,CODE,PAYMENT,RVU,PE RVU,INDICATOR,PE RVU,INDICATOR,RVU,TOTAL,TOTAL,IND,DAYS,")
        file.write(
            "OP,OP,OP,PROC,SURG,SURG,SURG,SURG,IND,BASE,FACTOR,PROCEDURES,FLAG,INDICATOR,AMOUNT,AMOUNT,AMOUNT\r\n"
        )
        for code in codes or invented_codes():
            modifiers = ("", "26", "TC") if chance.random() < 0.1 else ("",)
            days = chance.choice(("000", "010", "090", "XXX", "ZZZ"))
            indicators = ",".join(chance.choice(marks) for marks in ("023", "0129", "012", "012", "019"))
            for modifier in modifiers:
                file.write(
                    f"{code},{modifier},INVENTED,A,,1.00,1.00,,1.00,,0.10,2.10,2.10,{len(modifiers) // 3},{days},"
                )
                file.write(f"0.00,0.00,0.00,{indicators},9,,33.4009,09,0,99,0.00,0.00,0.00\r\n")
    return path


def write_add_on(folder: Path, codes: Sequence[str] | None = None, *, seed: int = 5) -> Path:
    """Write add-on code edits as text with tabs: one code in twenty needs one of a few others."""
    chance = random.Random(seed)
    codes = codes or invented_codes()
    path = folder / "AOC_V2026Q3-MCR.txt"
    with path.open("w", encoding="ascii", newline="") as file:
        file.write("AOC_Edit_Type\tAdd-On_Code\tAOC_DelDT\tPrimary_Code\tPrimary_Code_DelDT\tAOC_Edit_EffDT\t")
        file.write("AOC_Edit_DelDT\tSpecial_Instruction_Notes\r\n")
        for code in chance.sample(codes, max(1, len(codes) // 20)):
            edit_type = chance.choice("1112")
            primaries = ["CCCCC"] if edit_type == "2" else chance.sample(codes, min(12, len(codes)))
            file.write("".join(f"{edit_type}\t{code}\t\t{primary}\t\t2013091\t\t\r\n" for primary in primaries))
    return path


def _rows(column1: str, partners: Sequence[str], chance: random.Random) -> list[str]:
    rows = []
    for column2 in partners:
        if column2 == column1:
            continue
        effective = chance.choice(_EFFECTIVE)
        deleted = chance.choice([day for day in _DELETED if day > effective or day == "*"])
        indicator = chance.choice("0111119")
        rows.append(
            f"{column1}\t{column2}\t\t{effective}\t{deleted}\t{indicator}\tInvented rationale of some length\r\n"
        )
        if deleted == "20031231":
            rows.append(f"{column1}\t{column2}\t\t20100101\t*\t1\tInvented rationale of some length\r\n")
    return rows
