"""The bot as it is started, over real HTTP: a small Bot API server on this machine stands in for Telegram."""

from __future__ import annotations

import contextlib
import json
import logging
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from bot.channels.telegram.run import run
from bot.errors import ChannelError
from bot.settings import Settings
from tests.fakes import BOT, KENT, PRIVATE, TOKEN
from tests.support import TUESDAY_MORNING, assistant

MESSAGE = {"message_id": 1, "date": 1_700_000_000, "chat": PRIVATE, "from": KENT, "text": "/help"}


class Server(ThreadingHTTPServer):
    """Knows one token, offers one message, and sends SIGTERM when it has been confirmed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sent: list[dict[str, Any]] = []
        self.token = TOKEN

    def result(self, method: str, parameters: dict[str, Any]) -> Any:
        if method == "getMe":
            return BOT
        if method == "sendMessage":
            self.sent.append(parameters)
            return {**MESSAGE, "message_id": 2}
        if method == "getUpdates":
            if int(parameters.get("offset", 0)) > 1:
                if int(parameters.get("timeout", 0)):
                    signal.raise_signal(signal.SIGTERM)
                return []
            return [{"update_id": 1, "message": MESSAGE}]
        return True


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        _, bot, method = self.path.split("/")
        if bot != f"bot{self.server.token}":
            self.answer(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
            return
        parameters = {key: value[0] for key, value in parse_qs(body).items()}
        self.answer(200, {"ok": True, "result": self.server.result(method, parameters)})

    def answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        with contextlib.suppress(ConnectionError):  # a bot that stops does not wait for its last long poll
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """Take the filter away again that a run puts on the log."""
    before = [(handler, list(handler.filters)) for handler in logging.getLogger().handlers]
    yield
    for handler, filters in before:
        handler.filters[:] = filters


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def settings(server: Server) -> Settings:
    return Settings(telegram_token=TOKEN, telegram_base_url=f"http://127.0.0.1:{server.server_port}")


async def test_the_bot_answers_over_http_and_stops_on_a_signal(server: Server) -> None:
    await run(assistant(), settings(server), lambda: TUESDAY_MORNING)
    assert len(server.sent) == 1
    assert "How to ask" in server.sent[0]["text"]


async def test_a_token_the_server_refuses_is_one_line_without_it(server: Server) -> None:
    server.token = "another"
    with pytest.raises(ChannelError) as caught:
        await run(assistant(), settings(server), lambda: TUESDAY_MORNING)
    assert TOKEN not in str(caught.value)
