"""A page of the push platform, as a program, on python-socketio: the same flags and line protocol as client.mjs.

    client.py --url http://127.0.0.1:PORT --app A (--user U --password P | --session S) [--transports polling,websocket]

It is built on the asyncio client because the threaded one runs the handler of each message in a thread of its own, so its
order of events is not the order of arrival.
"""

import argparse
import asyncio
import base64
import json
import os
import sys

import aiohttp
import socketio

COMMAND_BYTES_MAX = 64 * 1024 * 1024
ANSWER_SECONDS_MAX = 20  # for the CONNECT packet; the default of one second fails on a busy machine


def show(**line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def encode(value):
    if isinstance(value, (bytes, bytearray)):
        return {"_bin": base64.b64encode(value).decode()}
    if isinstance(value, (list, tuple)):
        return [encode(inner) for inner in value]
    if isinstance(value, dict):
        return {key: encode(inner) for key, inner in value.items()}
    return value


def decode(value):
    if isinstance(value, list):
        return [decode(inner) for inner in value]
    if isinstance(value, dict):
        if isinstance(value.get("_bin"), str):
            return base64.b64decode(value["_bin"])
        return {key: decode(inner) for key, inner in value.items()}
    return value


async def login(flags):
    body = {"provider": "rest", "username": flags.user, "password": flags.password}
    async with aiohttp.ClientSession() as http:
        async with http.post(flags.url + "/good/api/v5/auth", params={"appID": flags.app}, json=body) as response:
            text = await response.text()
            try:
                answer = json.loads(text)
            except ValueError:
                answer = text
            if response.status >= 300:
                show(t="login_refused", status=response.status, body=answer)
                sys.exit(1)
    show(t="login", session=answer["result"]["token"])
    return answer["result"]["token"]


def listen(sio):
    @sio.event
    def connect():
        show(t="connected", sid=sio.sid, transport=sio.transport())

    @sio.event
    def connect_error(error=None, *_):
        if isinstance(error, dict):
            show(t="connect_error", message=error.get("message"), data=error.get("data"))
        else:
            show(t="connect_error", message=str(error), data=None)

    @sio.event
    def disconnect(reason):
        show(t="disconnect", reason=reason)

    @sio.on("*")
    def any_event(name, *args):
        show(t="event", name=name, args=encode(args))


async def obey(sio, command):
    if command["do"] == "emit":
        told = command.get("id")
        callback = (lambda *answer: show(t="ack", id=told, args=encode(answer))) if command.get("ack") else None
        await sio.emit(command["name"], tuple(decode(command.get("args", []))), callback=callback)
    elif command["do"] == "disconnect":
        await sio.disconnect()
    else:
        raise ValueError("unknown command: " + str(command["do"]))


async def command_lines():
    reader = asyncio.StreamReader(limit=COMMAND_BYTES_MAX)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def connect(sio, flags, session):
    transports = flags.transports.split(",") if flags.transports else None
    try:
        auth = {"app_id": flags.app, "session_id": session}
        await sio.connect(flags.url, auth=auth, transports=transports, wait_timeout=ANSWER_SECONDS_MAX)
    except socketio.exceptions.ConnectionError:
        return  # the connect_error handler has told
    # The client upgrades before `connect` returns, and has no event for it.
    if sio.transport() == "websocket" and (transports is None or transports[0] == "polling"):
        show(t="upgrade", transport="websocket")


async def main():
    parser = argparse.ArgumentParser()
    for name in ("url", "app", "user", "password", "session", "transports"):
        parser.add_argument("--" + name)
    flags = parser.parse_args()
    session = flags.session or await login(flags)
    sio = socketio.AsyncClient()
    listen(sio)
    await connect(sio, flags, session)
    async for command in command_lines():
        if command["do"] == "exit":
            break
        try:
            await obey(sio, command)
        except Exception as error:  # told, not hidden: the test decides what it means
            show(t="error", message=repr(error))
    await sio.disconnect()


asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # no reconnection task may outlive the end of standard input
