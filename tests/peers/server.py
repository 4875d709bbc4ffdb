"""A push platform on python-socketio, written from the platform's contract alone, for the transports that it has its own ways with.

  server.py [--no-upgrades] [--ping-interval SECONDS] [--ping-timeout SECONDS]

Apps `demo` and `other`, users as they come; a socket shows the session that they got. A client's event `message` is sent back as
`message-back`, `message-with-ack` is acked with its arguments. Prints `listening on http://127.0.0.1:PORT` when ready. Ends on SIGTERM, and when its standard
input closes (so it never outlives whoever started it). `--no-upgrades`: its handshakes offer no WebSocket. `GET /truth` tells how many pushes and deliveries
there were. It shares no code with pushproof.
"""

import argparse
import asyncio
import base64
import secrets
import sys

import socketio
from aiohttp import web

flags = argparse.ArgumentParser()
flags.add_argument("--no-upgrades", action="store_true")
flags.add_argument("--ping-interval", type=int, default=25)
flags.add_argument("--ping-timeout", type=int, default=20)
flags = flags.parse_args()

sio = socketio.AsyncServer(
    async_mode="aiohttp",
    allow_upgrades=not flags.no_upgrades,
    ping_interval=flags.ping_interval,
    ping_timeout=flags.ping_timeout,
)
truth = {"pushes": 0, "deliveries": 0}
sessions = {}  # session id: app and user


async def login(request):
    app, asked = request.query["appID"], await request.json()
    token = secrets.token_hex(16)
    sessions[token] = (app, asked["username"])
    return web.json_response({"result": {"token": token}, "status": "ok"})


async def logout(request):
    token = request.query["sessionID"]
    if sessions.pop(token, None):
        for sid, _ in list(sio.manager.get_participants("/", f"session {token}")):
            await sio.disconnect(sid)
    return web.json_response({"result": True, "status": "ok"})


async def push(request):
    app, asked = request.query["appID"], await request.json()
    room = f"{app}/{asked['userID']}"
    truth["pushes"] += 1
    truth["deliveries"] += len(list(sio.manager.get_participants("/", room)))
    # A tuple has the arguments: without one, null would be none.
    args = (asked["message"],) if "message" in asked else ()
    if "messageBase64" in asked:
        args = (base64.b64decode(asked["messageBase64"]),)
    await sio.emit(asked["eventName"], args, room=room)
    return web.json_response({"result": [], "status": "ok"})


async def tell_truth(_):
    return web.json_response(truth)


@sio.event
async def connect(sid, environ, auth):
    try:
        app, user = sessions[auth["session_id"]]
    except (TypeError, KeyError):
        app = None
    if app is None or app != auth.get("app_id"):
        raise socketio.exceptions.ConnectionRefusedError("not authorized")
    await sio.enter_room(sid, f"{app}/*")
    await sio.enter_room(sid, f"{app}/{user}")
    await sio.enter_room(sid, f"session {auth['session_id']}")


@sio.on("message")
async def message(sid, *args):
    await sio.emit("message-back", args, to=sid)


@sio.on("message-with-ack")
async def message_with_ack(_, *args):
    return args


async def main():
    app = web.Application()
    sio.attach(app)
    app.router.add_post("/good/api/v5/auth", login)
    app.router.add_get("/good/api/v4/auth/logout", logout)
    app.router.add_post("/good/api/v5/data/push/send", push)
    app.router.add_get("/truth", tell_truth)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
