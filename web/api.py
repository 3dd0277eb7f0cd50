"""`/api/v1/`: for the chat element and for new clients. `docs/schemas/openapi.v1.json` describes it exactly.

A conversation is opened by its token alone, which is issued here and kept as a hash only. Of a token that opens nothing
nobody learns whether it was ever one.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from knowledge.codec import answer_to_json
from knowledge.model import Context, Question
from knowledge.render import as_text
from records.errors import Unavailable
from records.identity import token_conversation_id
from records.model import Conversation
from web import chat
from web.bodies import read_json
from web.callers import caller, limited_as
from web.errors import Refused
from web.guards import count_address, everyone, guarded, visitors
from web.messages import LOCALES, Reply, Turn
from web.parts import Parts
from web.rest import is_id, read_hints, read_turn, rendered

CHANNEL = "chat"
UNKNOWN = Refused(
    401, "unknown_conversation", "This token opens no conversation. Get a new one with POST /api/v1/conversations."
)
UNKNOWN_ANSWER = Refused(
    404, "unknown_answer", "This message of the conversation was not answered with this revision of this entry."
)
UNAVAILABLE = Refused(503, "records_away", "What is kept cannot be reached right now. Please try again in a minute.")
EXPLAINED = ("answer", "steps")
"""Kinds of answers whose words are explained. In a card nothing may keep the eye from what to do."""
LONGEST_WORD = 300
"""Characters that are kept of what a person adds to their judgement."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,100}")


def routes(parts: Parts) -> list[Route]:
    api = Api(parts)
    return [
        guarded("/api/v1/conversations", api.begin, visitors, parts, ["POST"]),
        guarded("/api/v1/messages", api.message, visitors, parts, ["POST"]),
        guarded("/api/v1/feedback", api.rate, visitors, parts, ["POST"]),
        guarded("/api/v1/conversation", api.export, visitors, parts, ["GET"]),
        guarded("/api/v1/conversation", api.erase, visitors, parts, ["DELETE"]),
        guarded("/api/v1/entries", api.entries, visitors, parts),
        guarded("/api/v1/entries/{id}", api.entry, visitors, parts),
        guarded("/api/v1/glossary/{id}", api.word, visitors, parts),
        guarded("/api/v1/service", api.service, everyone, parts),
    ]


class Api:
    """The endpoints, by what a client wants to do."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def begin(self, request: Request) -> Response:
        """A new conversation. What is kept is said here, before anything is."""
        count_address(request, self._parts)
        region, locale = self._hints(await self._body(request))
        conversation, token = self._issue(region, locale, introduced=True)
        said = chat.introduction(conversation.locale, region or self._parts.site.region or None, self._parts)
        return JSONResponse({"token": token, "introduction": said, "kept_days": self._parts.retention.days}, 201)

    async def message(self, request: Request) -> Response:
        """One message. Without a token it begins a conversation, whose token comes with the replies."""
        body = await self._body(request)
        replies, fresh = await self.say(self.turn(body, request), self._token(request))
        row: dict[str, Any] = {"messages": [self._message(reply) for reply in replies]}
        return JSONResponse({**row, "token": fresh} if fresh else row)

    def turn(self, said: dict[str, Any], request: Request) -> Turn:
        """What a browser says, before it is known in which conversation. Raises `Refused` 400."""
        address = limited_as(caller(request.scope, self._parts.settings.trusted_proxies))
        return read_turn(said, said, "", CHANNEL, self._parts.numbers.knows, address)

    async def say(self, turn: Turn, token: str | None) -> tuple[list[Reply], str | None]:
        """The replies to a message in the conversation that the token opens; without one, in a new conversation, whose
        token comes with them. Raises `Refused` 401 for a token that opens nothing, and 429."""
        fresh = None
        conversation = await self._known(token, turn.text) if token else None
        if conversation is None:
            # Nobody in an emergency is sent away for a token that has run out.
            if token is not None and not self._in_need(token, turn.text):
                self._parts.limits.count(address=turn.address)
                raise UNKNOWN
            conversation, fresh = self._issue(turn.region, turn.locale, introduced=False)
        return await chat.respond(turn.within(conversation.id), self._parts), fresh

    async def rate(self, request: Request) -> Response:
        """Whether an answer helped. Who cries for help in the word that they add gets the card for it."""
        body = await self._body(request)
        word = body.get("word")
        said = chat.clean(word).strip() if isinstance(word, str) else ""
        token = self._token(request)
        conversation = await self._known(token, said) if token else None
        finding = chat.checked(said, conversation, self._parts)
        if finding is None:
            count_address(request, self._parts)
        if conversation is not None:
            await self._judge(conversation, body, chat.shortened(said, LONGEST_WORD) or None)
        elif finding is None:
            raise UNKNOWN
        region = (conversation and conversation.region) or self._hints(body)[0] or self._parts.site.region or None
        urgent = [chat.card_reply(finding, region, self._parts)] if finding else []
        return JSONResponse({"messages": [self._message(reply) for reply in urgent]})

    async def _judge(self, conversation: Conversation, body: dict[str, Any], word: str | None) -> None:
        """Keeps what is thought of an answer that was given to a message of this conversation. Raises `Refused`."""
        recorder, helpful, message_id = self._parts.recorder, body.get("helpful"), body.get("message_id")
        if not isinstance(helpful, bool) or not is_id(message_id):
            raise Refused(400, "bad_shape", "'message_id' is needed, and 'helpful': true or false.")
        _, replies = await self._parts.recorded(recorder.begin, conversation.id, message_id)
        if replies is None and not recorder.ok:
            raise UNAVAILABLE
        judged = (body.get("entry"), body.get("revision"))
        answers = [row["custom"] for row in replies or () if "custom" in row]
        answer = next((answer for answer in answers if (answer["entry"], answer["revision"]) == judged), None)
        if answer is None:
            raise UNKNOWN_ANSWER
        shown = (answer["locale"], answer["kind"], answer["entry"], answer["revision"])
        await self._parts.written(recorder.rate(conversation, message_id, *shown, helpful, word), chat.RECORD_PATIENCE)

    async def export(self, request: Request) -> Response:
        """All that is kept of the conversation, for the person it belongs to."""
        conversation = await self._own(request)
        try:
            kept = await self._parts.recorded(self._parts.recorder.export, conversation.id)
        except Unavailable:
            raise UNAVAILABLE from None
        for row in kept["messages"]:
            row["replies"] = [self._message(Reply.from_json(reply))["text"] for reply in row["replies"]]
        return JSONResponse(kept)

    async def erase(self, request: Request) -> Response:
        """Erases the conversation. The receipt proves it and holds no word of it."""
        conversation = await self._own(request)
        async with self._parts.turns.of(conversation.id):
            try:
                receipt = await self._parts.recorded(self._parts.recorder.erase, conversation.id)
            except Unavailable:
                raise UNAVAILABLE from None
        erased_at = receipt.erased_at.isoformat(timespec="seconds")
        return JSONResponse({"receipt": receipt.number, "erased_at": erased_at, "messages": receipt.messages})

    async def entries(self, request: Request) -> Response:
        """Every live entry, without its text."""
        count_address(request, self._parts)
        return await run_in_threadpool(self._entries, request.query_params.get("topic"))

    async def entry(self, request: Request) -> Response:
        """One live entry as an answer."""
        count_address(request, self._parts)
        return await run_in_threadpool(self._entry, request.path_params["id"])

    async def word(self, request: Request) -> Response:
        """What a word means that is marked in an answer."""
        count_address(request, self._parts)
        _, locale = self._hints(dict(request.query_params))
        return await run_in_threadpool(self._word, request.path_params["id"], locale or LOCALES[0])

    async def service(self, request: Request) -> Response:
        """What this service is called, who runs it, how long it keeps a conversation, and how a person is reached."""
        settings, site = self._parts.settings, self._parts.site
        return JSONResponse(
            {
                "name": settings.site_name,
                "operator": settings.operator,
                "region": site.region,
                "kept_days": self._parts.retention.days,
                "contact": site.contact,
                "contact_hours": site.contact_hours,
            }
        )

    def _word(self, word_id: str, locale: str) -> Response:
        term = self._parts.knowledge.live().glossary(locale).terms.get(word_id)
        if term is None:
            raise Refused(404, "unknown_entry", "No live word has this id.")
        return JSONResponse({"id": word_id, "term": term.term, "definition": term.definition})

    def _entries(self, topic: str | None) -> Response:
        answerer = self._parts.knowledge.live()
        rows = [
            {
                "id": revision.entry.id,
                "locale": revision.entry.locale,
                "topic": revision.entry.topic,
                "question": revision.entry.question,
                "revision": revision.number,
                "review": revision.review,
                "checked_on": revision.entry.checked_on.isoformat(),
            }
            for revision in answerer.asked(LOCALES[0])
            if topic in (None, revision.entry.topic)
        ]
        return JSONResponse({"release": answerer.release.number, "entries": rows})

    def _entry(self, entry_id: str) -> Response:
        answerer = self._parts.knowledge.live()
        revision = answerer.entry(entry_id, LOCALES[0])
        if revision is None or revision.entry.answer_kind == "term":
            raise Refused(404, "unknown_entry", "No live entry has this id.")
        asked = Question(revision.entry.question, LOCALES[0], Context(region=self._parts.site.region or None))
        answer = answerer.entry_answer(entry_id, asked)
        text = as_text(answer, self._parts.phrases)
        return JSONResponse(
            {"id": entry_id, "question": revision.entry.question, "text": text, "answer": answer_to_json(answer)}
        )

    async def _body(self, request: Request) -> dict[str, Any]:
        body = await read_json(request, self._parts.settings.body_bytes)
        if not isinstance(body, dict):
            raise Refused(400, "bad_shape", 'The body must be an object such as {"message": "..."}.')
        return body

    def _hints(self, body: dict[str, Any]) -> tuple[str | None, str | None]:
        return read_hints(body, self._parts.numbers.knows)

    def _issue(self, region: str | None, locale: str | None, *, introduced: bool) -> tuple[Conversation, str]:
        return self._parts.recorder.issue(CHANNEL, locale or LOCALES[0], region, introduced=introduced)

    def _token(self, request: Request) -> str | None:
        """What the caller shows as a token; None where nothing is shown."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    async def _known(self, token: str, text: str = "") -> Conversation | None:
        """The conversation that a token opens. Where the database is slow, whoever's text tells of an emergency waits
        no longer for it than a card may, and then only memory is asked; everybody else gets there a little later."""
        if not _TOKEN.fullmatch(token):
            return None
        opened = token_conversation_id(token)
        looking = asyncio.ensure_future(self._parts.recorded(self._parts.recorder.begin, opened, ""))
        await asyncio.wait([looking], timeout=chat.CARD_PATIENCE)
        if not looking.done() and not self._in_need(token, text):
            await asyncio.wait([looking], timeout=chat.FIND_PATIENCE)
        if looking.done():
            return looking.result()[0]
        looking.cancel()
        return self._parts.recorder.remembered(opened)

    def _in_need(self, token: str, text: str) -> bool:
        """Whether a text tells of an emergency, as far as that can be known without the database."""
        remembered = self._parts.recorder.remembered(token_conversation_id(token))
        return chat.checked(chat.clean(text), remembered, self._parts) is not None

    async def _own(self, request: Request) -> Conversation:
        """The conversation that the caller's token opens. Raises `Refused` 401 or 429."""
        count_address(request, self._parts)
        token = self._token(request)
        conversation = await self._known(token) if token else None
        if conversation is None:
            raise UNKNOWN
        return conversation

    def _message(self, reply: Reply) -> dict[str, Any]:
        if reply.answer is not None and reply.answer.kind in EXPLAINED:
            reply = replace(reply, answer=self._parts.knowledge.marked(reply.answer))
        row = rendered(reply, self._parts)
        if "custom" in row:
            row["answer"] = row.pop("custom")
        return row
