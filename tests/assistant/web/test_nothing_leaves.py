"""Nothing leaves this machine: the server runs where there is no route, and the kernel counts what tried to go out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.models, pytest.mark.slow]

# Runs inside a network namespace that has a loopback device and no route. Prints one JSON object.
INSIDE = r"""
import http.client, json, re, subprocess, sys, time

subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

def tried():
    # How many packets had no route since the namespace began, by IPv4 and IPv6.
    names, values = [line.split() for line in open("/proc/net/snmp") if line.startswith("Ip:")]
    six = dict(line.split() for line in open("/proc/net/snmp6"))
    return int(values[names.index("OutNoRoutes")]) + int(six["Ip6OutNoRoutes"])

before = tried()
practice = sys.argv[1]
server = subprocess.Popen(
    [sys.executable, "-m", "assistant.cli", "serve", "--port", "0", "--model", sys.argv[2], "--practice", practice],
    stdout=subprocess.PIPE, text=True)
try:
    address = next(found.group(0) for found in (re.search(r"http://\S+", line) for line in server.stdout) if found)
    port, token = re.match(r"http://127\.0\.0\.1:(\d+)/\?token=(\S+)", address).groups()

    def call(method, path, body=None, cookie=None):
        link = http.client.HTTPConnection("127.0.0.1", int(port), timeout=240)
        headers = {"X-Understudy": "1", "Content-Type": "application/json"} | ({"Cookie": cookie} if cookie else {})
        link.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = link.getresponse()
        return answer, answer.read().decode()

    came, _ = call("GET", f"/?token={token}")
    cookie = came.getheader("set-cookie").split(";")[0]
    page = call("GET", "/", cookie=cookie)[1]
    for name in set(re.findall(r'(?:src|href)="\.?/?((?:assets|ui|static)/[^"]+|theme\.css)"', page)):
        call("GET", "/" + name, cookie=cookie)
    told = call("POST", "/api/ask", {"question": "which modifier does Northwind want for 69436 in both ears", "thread": "a"}, cookie)[1]
    call("POST", "/api/check", {"claim": "payer: northwind-ppo   dos: 2026-09-15   pos: 24\ndx: H65.23\n69436-RT"}, cookie)
    call("POST", "/api/propose", {"note": "Right ear: myringotomy, tube placed under general anesthesia."}, cookie)
    call("GET", "/api/tables", cookie=cookie)
    sockets = []
    for family in ("tcp", "tcp6", "udp", "udp6"):
        for line in open(f"/proc/net/{family}").read().splitlines()[1:]:
            sockets.append((family, line.split()[1], line.split()[2]))
finally:
    server.terminate()
    server.wait(60)
events = [json.loads(line) for line in told.splitlines()]
# That the counter counts is shown at the end: one packet that has no route.
import socket
counted = tried() - before
probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    probe.connect(("192.0.2.1", 53))
except OSError:
    pass
print(json.dumps({"counted": counted, "probe": tried() - before - counted, "sockets": sockets,
                  "status": [one["reply"]["status"] for one in events if one["event"] == "answer"],
                  "events": [one["event"] for one in events]}))
"""
LOOPBACK = ("0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F")
NOBODY = ("00000000", "0" * 32)


def isolated() -> bool:
    tools = all(shutil.which(name) for name in ("unshare", "ip"))
    return (
        tools
        and subprocess.run(["unshare", "-rn", "ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0
    )


@pytest.mark.parametrize("model", ["off", "default"])
def test_without_a_route_everything_works_and_nothing_tries_to_go_out(shared, tempting, model):
    if not isolated():
        pytest.skip("no network namespace can be made here (unshare, ip)")

    run = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", INSIDE, str(shared.root), model],
        capture_output=True, text=True, timeout=600, env={**os.environ, **tempting}, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["probe"] == 1
    assert told["counted"] == 0
    assert told["sockets"]
    for family, here, there in told["sockets"]:
        assert here.split(":")[0] in LOOPBACK, (family, here)
        assert there.split(":")[0] in (*LOOPBACK, *NOBODY), (family, there)
    assert told["status"][0] == "answered"
    assert ("sentence" in told["events"] or len(told["status"]) == 2 or "without_model" in told["events"]) == (
        model != "off"
    )
