"""Where the folders that Understudy brings along lie: beside the installed package, or at the root of a checkout."""

from __future__ import annotations

from pathlib import Path

# A checkout keeps the library inside the sample practice's kb/; the installed package carries it by its own name.
_IN_CHECKOUT = {"library": "kb/library"}


def shipped_folder(name: str) -> Path:
    """The folder `<package>/_shipped/<name>`, else `<root>/<name>` of the checkout (`kb/library` for `library`).

    `name` is `library` or `prompts`; `kb/library` is understood too. Raises FileNotFoundError, naming both places,
    when neither is there.
    """
    package = Path(__file__).resolve().parent
    short = "library" if name == "kb/library" else name
    installed = package / "_shipped" / short
    checkout = package.parent / _IN_CHECKOUT.get(short, short)
    for folder in (installed, checkout):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f'the folder "{name}" that comes with Understudy is missing: neither {installed} nor {checkout} is there; '
        "install Understudy anew, or run it from a whole checkout"
    )
