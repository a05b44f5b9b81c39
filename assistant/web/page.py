"""The page: Gradio draws the tabs, our own script fills them. No word typed here goes through Gradio's events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fastapi import APIRouter, FastAPI

from assistant.web.services import Services

_HEAD = (
    '<link rel="stylesheet" href="/ui/understudy.css"><link rel="icon" href="/ui/understudy.svg">'
    '<script type="module" src="/ui/main.js"></script>'
)


class Tab(Protocol):
    """One file for each tab: what it is called, and the routes its script calls."""

    KEY: str
    LABEL: str

    def routes(self, services: Services) -> APIRouter:
        """Its routes, below /api."""


def mount_page(app: FastAPI, tabs: Sequence[Tab], *, title: str) -> None:
    """Put the page at /: a tab for each, with an empty place `tab-KEY` that the script fills."""
    import gradio as gr

    with gr.Blocks(title=f"Understudy, {title}" if title else "Understudy", analytics_enabled=False) as page, gr.Tabs():
        for tab in tabs:
            with gr.Tab(tab.LABEL, id=tab.KEY):
                gr.Column(elem_id=f"tab-{tab.KEY}")
    theme = gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    gr.mount_gradio_app(app, page, path="", head=_HEAD, theme=theme, footer_links=[], show_error=False, ssr_mode=False)
