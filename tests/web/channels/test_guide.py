"""The samples of the guide for integrators do what it says, as they stand there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from records.wiring import Records
from tests.running import PROJECT, free_port, wait_until
from tests.web.channels.conftest import Channel, opened
from tests.web.conftest import COLLAPSED
from web.parts import Parts

GUIDE = (PROJECT / "docs" / "for-integrators.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
LINES = 30


def sample(language: str, word: str) -> str:
    """The one block in this language that holds the word."""
    [found] = [text for name, text in BLOCKS if name == language and word in text]
    return found


@pytest.fixture
def channel(channel_parts: Parts, records: Records) -> Iterator[Channel]:
    with opened("webhook", channel_parts, records) as channel:
        yield channel


def environment(channel: Channel) -> dict[str, str]:
    secret = channel.simulated.settings["LANTERN_WEBHOOK_SECRET"]
    return {"PATH": os.environ["PATH"], "LANTERN_WEBHOOK_SECRET": secret}


def here(text: str, channel: Channel) -> str:
    return text.replace("http://127.0.0.1:8080", str(channel.client.base_url).rstrip("/"))


def test_the_sample_in_curl_delivers_a_message(channel: Channel) -> None:
    script = here(sample("sh", "openssl dgst"), channel).replace(
        "whsec_...", environment(channel)["LANTERN_WEBHOOK_SECRET"]
    )
    done = subprocess.run(["bash", "-c", script], env=environment(channel), capture_output=True, text=True, timeout=60)
    assert done.stdout == "{}", done.stderr
    channel.provider.await_heard(2)


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed; it runs the sample in JavaScript")
def test_the_sample_in_javascript_delivers_a_message(channel: Channel, tmp_path: Path) -> None:
    file = tmp_path / "send.mjs"
    file.write_text(here(sample("js", "createHmac"), channel), encoding="utf-8")
    done = subprocess.run(["node", file], env=environment(channel), capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "200", done.stderr
    channel.provider.await_heard(2)


def test_the_sample_in_python_talks_both_ways_in_thirty_lines(
    channel_parts: Parts, records: Records, tmp_path: Path
) -> None:
    port = free_port()
    text = sample("python", "class Replies")
    assert len(text.strip().splitlines()) <= LINES
    replies = f"http://127.0.0.1:{port}/replies"
    with opened("webhook", channel_parts, records, LANTERN_WEBHOOK_URL=replies) as channel:
        file, said = tmp_path / "connect.py", tmp_path / "said"
        file.write_text(here(text, channel).replace("9000", str(port)), encoding="utf-8")
        with said.open("w") as output:
            script = subprocess.Popen([sys.executable, file, COLLAPSED], env=environment(channel), stdout=output)
        try:
            wait_until("both replies", lambda: "I am an automated assistant" in said.read_text(), 60)
        finally:
            script.kill()
            script.wait()
        assert said.read_text().startswith("Call 911 now.")


def test_every_channel_and_every_way_to_be_set_up_is_in_the_guide() -> None:
    from web.channels.settings import EVERY

    assert [name for name in EVERY if not re.search(rf"`{name}`|channel add {name}\b", GUIDE)] == []
