"""`understudy serve`: what it refuses before anything is served. The served page has its own tests."""

from __future__ import annotations

import socket

import pytest


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.10", "practice.lan", "127.0.0.1.evil.example", ""])
def test_any_address_but_this_machines_own_is_refused(small, library_of, run, host):
    library_of(small.library)
    code, out, err = run("serve", "--host", host, "--port", "0", "--practice", str(small.root))
    assert code == 2
    assert "login" in err
    assert "http://" not in out


def test_a_port_in_use_is_told_with_what_to_do(small, library_of, run):
    library_of(small.library)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = run("serve", "--port", str(taken.getsockname()[1]), "--practice", str(small.root))
    assert code == 2
    assert "--port" in err


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_port_that_is_none_is_refused(small, library_of, run, port):
    library_of(small.library)
    assert run("serve", "--port", port, "--practice", str(small.root))[0] == 2
