"""How the channels stand: what waits, what could not be sent and why, and sending it again.

Of a message no more is shown than when it was made and what went wrong: its words are sealed, for whoever they go to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent import futures
from dataclasses import dataclass, replace

from starlette.responses import Response
from starlette.routing import Route

from knowledge.errors import EditRefused
from records.outbox import UNSURE, DeadLetter, Standing
from web.parts import Parts
from web.studio.access import Studio, Visit, admins, for_staff, publishers_and_admins
from web.studio.views import spoken_moment

CHANNELS = "/studio/channels"
LATE = dt.timedelta(minutes=10)
"""A message that waits longer than this has met something that a look is worth: most go out within a second."""
LETTERS_SHOWN = 50
WRITE_SECONDS = 3.0
TITLES = {
    "whatsapp": "WhatsApp",
    "twilio": "Twilio (SMS and WhatsApp)",
    "messenger": "Messenger",
    "slack": "Slack",
    "telegram": "Telegram",
    "teams": "Microsoft Teams",
    "mattermost": "Mattermost",
    "webhook": "Signed webhook",
    "handover": "Handing over to people",
    "events": "Telling other systems",
}


@dataclass(frozen=True)
class Channel:
    """A channel and how it stands at the moment `now`. `on`: it is set up; else only messages of it are left.
    `letters`: the oldest of what could not be sent."""

    name: str
    on: bool
    standing: Standing
    now: dt.datetime
    delivered_at: dt.datetime | None = None
    letters: Sequence[DeadLetter] = ()

    @property
    def title(self) -> str:
        return TITLES.get(self.name, self.name)

    @property
    def added_as(self) -> str:
        """Under which name `./lantern channel add` sets it up."""
        return "handover-email (or -webhook, -chatwoot)" if self.name == "handover" else self.name

    @property
    def is_late(self) -> bool:
        since = self.standing.waiting_since
        return since is not None and self.now - since > LATE

    @property
    def trouble(self) -> str:
        """What is wrong, in one sentence; "" for nothing."""
        standing = self.standing
        if standing.refused and standing.refused_since:
            waiting = _messages(standing.waiting)
            since = spoken_moment(standing.refused_since)
            return f"The provider does not accept our key, since {since} at the latest. {waiting}, and none is lost."
        if standing.waiting and not self.on:
            return f"{_messages(standing.waiting)}, but this channel is not set up any more."
        if self.is_late and standing.waiting_since:
            return f"{_messages(standing.waiting)}, the oldest since {spoken_moment(standing.waiting_since)}."
        if standing.dead:
            return f"{standing.dead} {'message' if standing.dead == 1 else 'messages'} could not be sent."
        return ""


def routes(studio: Studio) -> list[Route]:
    return [
        for_staff(CHANNELS, channels_page, publishers_and_admins, studio),
        for_staff(f"{CHANNELS}/{{channel}}/send-again", send_again, admins, studio, ["POST"], act="send_again"),
    ]


def channels(parts: Parts, now: dt.datetime) -> list[Channel]:
    """All channels that are set up, and those of which messages are left. Raises `Unavailable`."""
    standing = parts.outbox.standing()
    switched_on = [name for extension in parts.extensions for name in extension.sends_to]
    names = list(dict.fromkeys((*switched_on, *sorted(standing))))
    return [Channel(name, name in switched_on, standing.get(name, Standing()), now) for name in names]


def channels_page(visit: Visit) -> Response:
    parts = visit.studio.parts
    delivered = parts.outbox.last_deliveries()
    found = [
        replace(
            one,
            delivered_at=delivered.get(one.name),
            letters=parts.outbox.dead_letters(one.name, LETTERS_SHOWN) if one.standing.dead else (),
        )
        for one in channels(parts, visit.studio.clock())
    ]
    return visit.page(
        "channels.html",
        "Channels",
        said=visit.given("said"),
        channels=found,
        why=why,
        may_send=visit.may("admin"),
    )


def why(letter: DeadLetter) -> str:
    """Why a message was given up, and what sending it again would do."""
    if not letter.whole:
        return "Its content is erased, so it cannot be sent again."
    if letter.fault.startswith(UNSURE):
        return "Nobody knows whether it arrived. Sent again, it may arrive twice."
    if letter.fault.startswith("too late"):
        return "It waited too long to be a reply any more. Sent again, it arrives late."
    return f"The other end did not take it ({letter.fault}). Send it again once that is mended."


def send_again(visit: Visit) -> Response:
    """One message that could not be sent, or all of a channel and with them those that wait for a new key."""
    channel = visit.request.path_params["channel"]
    letter = visit.number("letter") if visit.given("letter") else None
    outbox = visit.studio.parts.outbox
    found = {one.name: one for one in channels(visit.studio.parts, visit.studio.clock())}.get(channel)
    if found is None:
        return visit.go(CHANNELS, "nothing-to-send")
    if not found.on:
        raise EditRefused(f"{found.title} is not set up, so nothing would send it; set it up first")
    visit.studio.parts.knowledge.editing.note(
        "send_again",
        by=visit.person,
        role="admin",
        at=visit.studio.clock(),
        detail={"channel": channel, **({"letter": letter} if letter is not None else {})},
    )
    try:
        count = outbox.send_again(letter, channel).result(WRITE_SECONDS)
    except futures.TimeoutError:
        return visit.go(CHANNELS, "sent-again-later")
    return visit.go(CHANNELS, "sent-again" if count else "nothing-to-send")


def _messages(count: int) -> str:
    return f"{count} {'message waits' if count == 1 else 'messages wait'}"
