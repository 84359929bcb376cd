#!/usr/bin/env python3
"""A thermometer and a lamp as a node server, in the standard library alone.

PGURL='http://...' python3 thermometer.py      (the address that the node server's page shows once)
"""
import json, os, random, time, urllib.error, urllib.request


def call(url, token=None, body=None):
    """One call; None if the server cannot be reached now."""
    request = urllib.request.Request(url, data=json.dumps(body).encode() if body is not None else None)
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as e:
        if e.code in (401, 403):
            raise SystemExit("the server does not know us any more")
        return None
    except (OSError, ValueError):
        return None


def until_done(*args):
    """The same, again and again until it is done."""
    while (answer := call(*args)) is None:
        time.sleep(1)
    return answer


def node(address, name, driver, value, uom):
    return {"addnode": {"address": address, "name": name, "nodedefid": address.upper(), "primary": "controller",
                        "drivers": [{"driver": driver, "value": value, "uom": uom}]}}


start = until_done(os.environ["PGURL"])
url, token = start["apiUrl"], start["token"]
until_done(url, token, [{"connected": True}, node("controller", "Workshop", "ST", 1, 2),
                        node("thermo", "Workshop thermometer", "CLITEMP", 20, 4), node("lamp", "Workshop lamp", "ST", 0, 51)])
after, warmth, next_poll = None, 20.0, 0
while True:
    answer = call(url + "?wait=5" + ("" if after is None else f"&after={after}"), token)
    if answer is None:
        time.sleep(1)
        continue
    for message in (m["msg"] for m in answer["messages"]):
        if "stop" in message or "delete" in message:
            raise SystemExit("told to stop")
        command = message.get("command")
        if command and command["address"] == "lamp":
            value = "0" if command["cmd"] == "DOF" else command.get("value", "100")
            until_done(url, token, {"status": {"address": "lamp", "driver": "ST", "value": value, "uom": 51}})
    after = answer["next"]      # only now: what is not done comes again
    if time.monotonic() >= next_poll:
        warmth = round(warmth + random.uniform(-0.3, 0.3), 1)
        call(url, token, {"status": {"address": "thermo", "driver": "CLITEMP", "value": warmth, "uom": 4}})
        next_poll = time.monotonic() + start["nodeServer"]["shortPoll"]
