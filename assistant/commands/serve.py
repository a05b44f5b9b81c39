"""`understudy serve`: the web page on this machine, behind an address with a token."""

from __future__ import annotations

import argparse
import os
import secrets
import socket

from assistant.commands.common import Commands, add_practice, practice_of, today
from assistant.errors import InputError

DEFAULT_PORT = 8760
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def register(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "serve",
        help="the web page, on this machine alone",
        description="Prints an address with a token of this start; open it in a browser here. Stop with Ctrl-C.",
    )
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help=f"the port (default {DEFAULT_PORT}; 0: a free one)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="only this machine's own addresses are served")
    parser.add_argument("--model", metavar="CHOICE", help="off, default, a .gguf file or a URL (default: the settings)")
    add_practice(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped. Exit 0; 2 when the address cannot be served."""
    if arguments.host not in _LOOPBACK:
        raise InputError(
            f"{arguments.host}: only this machine's own addresses (127.0.0.1, ::1) are served as long as there is no "
            "login"
        )
    practice = practice_of(arguments)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    listening = _listen(arguments.host, arguments.port)
    port = listening.getsockname()[1]

    import uvicorn

    from assistant.bootstrap import Desk
    from assistant.web.app import build_app
    from assistant.web.services import Services

    token = secrets.token_urlsafe(24)
    names = [f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")]
    services = Services(practice, today, Desk(practice), model=arguments.model)
    services.warm_up()
    app = build_app(services, hosts=names, token=token, cookie=f"understudy_{port}")
    shown = "[::1]" if arguments.host == "::1" else arguments.host
    print(f"Understudy, {practice.settings.name or practice.folder.name}: open this address on this machine")
    print(f"  http://{shown}:{port}/?token={token}")
    print("Stop with Ctrl-C.", flush=True)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, proxy_headers=False, ws="none", lifespan="off"
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        services.close()
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises InputError when the port is taken."""
    family = socket.AF_INET6 if host == "::1" else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Who opens the printed address at once waits a moment, and is not refused.
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        raise InputError(
            f"port {port} cannot be used ({error}); choose another with --port, or 0 for a free one"
        ) from error
    return listening
