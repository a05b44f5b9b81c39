"""The Notes tab: find, read and write notes. A new note is checked as it is typed and saved as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from assistant.errors import InputError
from assistant.note_form import RULE_KEYS, NoteForm
from assistant.web.render import markdown_html, note_html
from assistant.web.services import Services
from assistant.web.shelf import freshness_of, is_stale, matches, summary
from ingest.notes.model import KbNote

KEY, LABEL = "notes", "Notes"
_LONGEST_SEARCH = 200
_Text = Field(default="", max_length=200_000)
_Line = Field(default="", max_length=2_000)


class Draft(BaseModel):
    """A note in the making. `rule`: answers by the keys of the form; all empty for no rule."""

    title: str = _Line
    payer: str = _Line
    codes: str = _Line
    text: str = _Text
    owner: str = _Line
    rule: dict[str, str] = Field(default_factory=dict, max_length=40)


def routes(services: Services) -> APIRouter:
    """GET /notes, /note, /note-form; POST /note-check, /note-save."""
    router = APIRouter()

    @router.get("/notes")
    async def notes(q: str = "") -> dict[str, Any]:
        return await services.reading.run(_listed, services, q[:_LONGEST_SEARCH])

    @router.get("/note")
    async def note(id: str, from_line: int = 0, to_line: int = 0) -> dict[str, Any]:  # noqa: A002  the query's own word
        return await services.reading.run(_one, services, id, (from_line, to_line) if from_line else None)

    @router.get("/note-form")
    async def form() -> dict[str, Any]:
        return {"rule_keys": [{"key": key, "label": label} for key, label in RULE_KEYS]}

    @router.post("/note-check")
    async def check(draft: Draft) -> dict[str, Any]:
        return await services.reading.run(_checked, services, draft)

    @router.post("/note-save")
    async def save(draft: Draft) -> dict[str, Any]:
        return await services.writing.run(_saved, services, draft)

    return router


def _listed(services: Services, query: str) -> dict[str, Any]:
    """The notes that hold every word, the practice's own first."""
    words, on = query.lower().split(), services.today()
    found = [one for one in services.shelf.notes().values() if matches(one, words)]
    found.sort(key=lambda one: (one.layer != "practice", one.kind, one.title.lower()))
    return {"notes": [summary(one, on) for one in found]}


def _one(services: Services, note_id: str, cited: tuple[int, int] | None) -> dict[str, Any]:
    notes = services.shelf.notes()
    found = notes.get(note_id)
    if found is None:
        raise InputError("there is no such note any more; search for it in the tab Notes")
    on = services.today()
    return {
        **summary(found, on),
        "freshness": freshness_of(found, on),
        "stale": is_stale(found, on),
        "sources": list(found.sources),
        "html": note_html(found, notes, cited=cited, payer_names=_payer_names(found, notes)),
        "problems": [f"line {one.line}: {one.message}" for one in services.shelf.problems(found.path)],
    }


def _payer_names(note: KbNote, notes: Mapping[str, KbNote]) -> list[str]:
    titles = {one.payers[0]: one.title for one in notes.values() if one.kind == "payer" and one.payers}
    return [titles.get(slug, slug) for slug in note.payers]


def _checked(services: Services, draft: Draft) -> dict[str, Any]:
    """What is wrong field by field, the rule in words, and the note as it will stand."""
    form, wrong = _form(services, draft)
    told: dict[str, Any] = {"wrong": wrong, "sentence": "", "markdown": "", "html": ""}
    if "title" not in wrong and "text" not in wrong:
        problems = form.problems()
        wrong |= {"note": "; ".join(one.message for one in problems)} if problems else {}
        told |= {"sentence": form.rule_sentence(), "markdown": form.markdown(), "html": markdown_html(draft.text)}
    return told


def _saved(services: Services, draft: Draft) -> dict[str, Any]:
    form, wrong = _form(services, draft)
    problems = list(wrong.values()) or [one.message for one in form.problems()]
    if problems:
        raise InputError(f"not saved: {'; '.join(problems)}")
    path = form.save()
    kept = path.relative_to(services.practice.kb).with_suffix("").as_posix()
    return {"id": kept, "path": f"kb/{path.relative_to(services.practice.kb).as_posix()}"}


def _form(services: Services, draft: Draft) -> tuple[NoteForm, dict[str, str]]:
    form = NoteForm(services.practice, on=services.today(), notes=tuple(services.shelf.notes().values()))
    wrong: dict[str, str] = {}
    for name, setter in (
        ("title", form.set_title),
        ("payer", form.set_payer),
        ("codes", form.set_codes),
        ("text", form.set_text),
        ("owner", form.set_owner),
    ):
        problem = setter(getattr(draft, name))
        if problem:
            wrong[name] = problem
    known = {key for key, _ in RULE_KEYS}
    if any(key not in known for key in draft.rule):
        raise InputError("the rule has a key that the form does not know")
    if not wrong and any(value.strip() for value in draft.rule.values()):
        problem = form.set_rule_answers(draft.rule)
        if problem:
            wrong["rule"] = problem
    return form, wrong
