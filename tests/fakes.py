"""Fakes at the outermost seams. `FakeTelegram` stands where HTTP would be, under the real Application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from telegram import Update
from telegram.ext import Application
from telegram.request import BaseRequest, RequestData

FIRST_ID = 1001  # of the messages the bot sends
BOT = {"id": 123456, "is_bot": True, "first_name": "Signpost", "username": "signpost_kent_bot"}
TOKEN = "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawe"


@dataclass(frozen=True)
class Call:
    """One request: the Bot API method and its parameters."""

    method: str
    parameters: Mapping[str, Any]
    is_answered: bool = True

    @property
    def text(self) -> str:
        """The words of a message that was sent or edited."""
        return str(self.parameters.get("text", ""))

    @property
    def buttons(self) -> dict[str, str]:
        """The buttons under a message: action to label."""
        markup = self.parameters.get("reply_markup") or {"inline_keyboard": []}
        return {b["callback_data"]: b["text"] for row in markup["inline_keyboard"] for b in row}


@dataclass
class Failure:
    """What a request meets instead of its answer: an HTTP status with a description, or an exception."""

    status: int = 200
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    raised: Exception | None = None


class FakeTelegram(BaseRequest):
    """A Bot API server in memory: records every call, answers plausibly, and fails when told to.

    `calls` holds what was asked of it. `fail(method, *failures)` lets the next calls of a method fail.
    `offer(*updates)` is what getUpdates gives until it is confirmed.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.updates: list[dict[str, Any]] = []
        self.stalled: asyncio.Event | None = None
        self._failures: dict[str, list[Failure]] = {}
        self._message_id = FIRST_ID - 1
        self._offered = asyncio.Event()

    @property
    def read_timeout(self) -> float | None:
        return 1.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    def fail(self, method: str, *failures: Failure) -> None:
        """Let the next calls of a method fail, one after the other."""
        self._failures.setdefault(method, []).extend(failures)

    def offer(self, *updates: dict[str, Any]) -> None:
        """Have updates ready for getUpdates."""
        self.updates.extend(updates)
        self._offered.set()

    def all(self, *methods: str) -> list[Call]:
        """Return the calls of some methods, in order."""
        return [call for call in self.calls if call.method in methods]

    @property
    def sent(self) -> list[Call]:
        """Every message that was sent."""
        return self.all("sendMessage")

    @property
    def shown(self) -> list[Call]:
        """Every message that was sent or edited."""
        return self.all("sendMessage", "editMessageText")

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, **timeouts: object
    ) -> tuple[int, bytes]:
        """Record a call and answer it."""
        name = url.rpartition("/")[2]
        parameters = {k: _plain(v) for k, v in (request_data.json_parameters if request_data else {}).items()}
        self.calls.append(Call(name, parameters, is_answered=not self._failures.get(name)))
        if self._failures.get(name):
            failure = self._failures[name].pop(0)
            if failure.raised is not None:
                raise failure.raised
            return failure.status, _body(False, failure)
        if name == "sendMessage" and self.stalled is not None:
            await self.stalled.wait()
        if name == "getUpdates":
            return 200, json.dumps({"ok": True, "result": await self._updates(parameters)}).encode()
        return 200, json.dumps({"ok": True, "result": self._result(name, parameters)}).encode()

    async def _updates(self, parameters: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
        offset = int(parameters.get("offset", 0))
        self.updates = [update for update in self.updates if update["update_id"] >= offset]
        if not self.updates and int(parameters.get("timeout", 0)):
            self._offered.clear()
            await self._offered.wait()  # the long poll; ended by `offer` or by being cancelled
        return list(self.updates)

    def _result(self, name: str, parameters: Mapping[str, Any]) -> Any:
        if name == "getMe":
            return BOT
        if name == "sendMessage":
            self._message_id += 1
            return _message(self._message_id, parameters)
        if name == "editMessageText":
            return _message(int(parameters["message_id"]), parameters)
        return True


def _message(id_: int, parameters: Mapping[str, Any]) -> dict[str, Any]:
    chat = {"id": int(parameters["chat_id"]), "type": "private"}
    return {"message_id": id_, "date": 1_700_000_000, "chat": chat, "from": BOT, "text": parameters["text"]}


def _plain(value: str) -> Any:
    """Return a parameter as it was before it was made JSON; a text that is no JSON stays as it is."""
    if value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _body(ok: bool, failure: Failure) -> bytes:
    return json.dumps(
        {
            "ok": ok,
            "error_code": failure.status,
            "description": failure.description,
            "parameters": failure.parameters,
        }
    ).encode()


class Clock:
    """A sleep that takes no time and remembers how long it was asked for."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Note a pause and let others run."""
        self.slept.append(seconds)
        await asyncio.sleep(0)


KENT = {"id": 77, "is_bot": False, "first_name": "Jo", "username": "jo_in_kent"}
PRIVATE = {"id": 77, "type": "private", "first_name": "Jo"}
GROUP = {"id": -100200, "type": "supergroup", "title": "Duty team"}


class Chats:
    """What people do in Telegram: one update a method, answered when it returns."""

    def __init__(self, application: Application[Any, Any, Any, Any, Any, Any], telegram: FakeTelegram) -> None:
        self.application = application
        self.telegram = telegram
        self._update_id = 0
        self._message_id = 0

    async def feed(self, kind: str, content: dict[str, Any]) -> list[Call]:
        """Give the application one update and return the calls it made meanwhile."""
        before = len(self.telegram.calls)
        update = Update.de_json(self.update(kind, content), self.application.bot)
        await self.application.update_processor.process_update(update, self.application.process_update(update))
        return self.telegram.calls[before:]

    def update(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """Return an update as the Bot API sends it."""
        self._update_id += 1
        return {"update_id": self._update_id, kind: content}

    def message(self, text: str | None = None, chat: dict[str, Any] = PRIVATE, **other: Any) -> dict[str, Any]:
        """Return a message as the Bot API sends it."""
        self._message_id += 1
        content = {"message_id": self._message_id, "date": 1_700_000_000, "chat": chat, "from": KENT, **other}
        return content if text is None else {**content, "text": text}

    async def say(self, text: str | None = None, chat: dict[str, Any] = PRIVATE, **other: Any) -> list[Call]:
        """Send a message."""
        return await self.feed("message", self.message(text, chat, **other))

    async def edit(self, text: str | None = None, message_id: int | None = None, **other: Any) -> list[Call]:
        """Edit a message: the last one, unless another is named."""
        edited = message_id or self._message_id
        content = {**self.message(text, **other), "message_id": edited, "edit_date": 1}
        self._message_id -= 1
        return await self.feed("edited_message", content)

    async def press(self, action: str | None, under: Call | None = None, **other: Any) -> list[Call]:
        """Press a button under a message that the bot sent; the last one, unless another is given."""
        call = under or self.telegram.shown[-1]
        chat = {"id": int(call.parameters["chat_id"]), "type": "private"}
        message = {
            "message_id": self.id_of(call),
            "date": 1_700_000_000,
            "chat": chat,
            "from": BOT,
            "text": "x",
        }
        if call.parameters.get("reply_markup"):
            message["reply_markup"] = call.parameters["reply_markup"]
        return await self.query(**{"data": action, "message": message, **other})

    async def query(self, **content: Any) -> list[Call]:
        """Press a button, however odd."""
        given = {key: value for key, value in content.items() if value is not None}
        return await self.feed("callback_query", {"id": "q1", "from": KENT, "chat_instance": "1", **given})

    def id_of(self, call: Call) -> int:
        """Return the id of a message that was sent or edited."""
        if "message_id" in call.parameters:
            return int(call.parameters["message_id"])
        sent = [one for one in self.telegram.sent if one.is_answered]
        return FIRST_ID + next(place for place, one in enumerate(sent) if one is call)
