"""The studio in Debian's Chromium, over the real gateway, content and model: what a new editor does, from the sign-in
page on. The assistant is not needed: the gateway answers single questions itself.

`make screens` runs this and keeps a picture of each page in screens/studio, for people to look at.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import openpyxl
import pytest
from playwright.sync_api import Browser, Locator, expect

from knowledge.settings import SHIPPED_CONTENT
from records import wiring
from storage.secrets import shared_secret
from tests.browser.chromium import FAULTS, NOTE_VIOLATIONS
from tests.running import PROJECT, environment, free_port, run_command, wait_until
from tests.shipped import few_outside
from tests.web.studio.test_access import EXPECTED
from web.studio.access import anybody

pytestmark = pytest.mark.takes_long

OWN = "three calm otters"
ENTRY, NEW_SENTENCE = "lupus-sun-protection", "Put your hat by the door."
SUNSCREEN = "which sunscreen with lupus"
MISSED = "is welding light safe for my lupus skin"
MOST_CLICKS = 14
LOADED_SECONDS, CHECK_SECONDS = 120, 280
WIDE, PHONE = (1280, 800), (390, 844)


class Gateway:
    """`python -m web` with a home of its own, and accounts whose passwords were just given out."""

    def __init__(self, home: Path) -> None:
        self.port, self.log = free_port(), home.parent / "gateway.log"
        self.address = f"http://127.0.0.1:{self.port}"
        self.settings = environment(home, LANTERN_PORT=str(self.port), LANTERN_REGION="US")
        self.few_cases = home.parent / "content"
        shared_secret(home / "secrets" / "assistant")
        records = wiring.build({"LANTERN_HOME": str(home)})
        records.store.migrate()
        roles = {"Anna": ["author"], "Ben": ["reviewer", "publisher"]}
        roles["Eve"] = ["author", "reviewer", "publisher", "admin"]
        self.passwords = {name: records.staff.add(name, may, by="the terminal") for name, may in roles.items()}
        self.begun: set[str] = set()

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "web"]
            process = subprocess.Popen(command, cwd=PROJECT, env=self.settings, stdout=log, stderr=subprocess.STDOUT)
        wait_until("the gateway with its release", self._is_loaded, LOADED_SECONDS)
        return process

    def check_safety(self, *, few: bool = False) -> None:
        """What the worker does of itself with a text that is in review; with `few`, of the questions outside of what is
        known, it replays some only."""
        if few and not self.few_cases.exists():
            few_outside(shutil.copytree(SHIPPED_CONTENT, self.few_cases))
        settings = {**self.settings, **({"LANTERN_CONTENT": str(self.few_cases)} if few else {})}
        done = run_command("editing", "safety-check", env=settings, seconds=CHECK_SECONDS)
        assert (done.returncode, " 0 not safe" in done.stdout) == (0, True), done.stdout

    def _is_loaded(self) -> bool:
        try:
            return httpx.get(f"{self.address}/library/{ENTRY}", timeout=30).status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture(scope="module")
def gateway(prepared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    gateway = Gateway(shutil.copytree(prepared_home, tmp_path_factory.mktemp("studio") / "home"))
    process = gateway.start()
    yield gateway
    process.terminate()
    process.wait(30)


SIGNED_IN_MS = 30_000
"""A password is meant to be slow to check; on a busy machine it is slower."""


class Hand:
    """Somebody at a browser of their own, whose clicks are counted; typing is none."""

    def __init__(self, browser: Browser, gateway: Gateway, axe: str, name: str, size: tuple[int, int] = WIDE) -> None:
        self._axe = axe
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        self.page, self.name, self.gateway, self.clicks = self.context.new_page(), name, gateway, 0
        self.size, self.errors, self.taken = size, list[str](), 0
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.add_init_script(NOTE_VIOLATIONS)

    def click(self, place: Locator) -> None:
        place.click()
        self.clicks += 1

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def sign_in(self) -> None:
        """From the sign-in page, with the name in the first field already. The password was chosen some day before."""
        if self.name not in self.gateway.begun:
            self.begin()
            self.page.context.clear_cookies()
            self.clicks = 0
        self.page.goto(f"{self.gateway.address}/studio/")
        self.page.keyboard.type(self.name)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(OWN)
        self.click(self.button("Sign in"))
        # Whoever goes to another page before the answer is there is not signed in.
        expect(self.button("Sign in")).to_have_count(0, timeout=SIGNED_IN_MS)

    def begin(self) -> None:
        """The first time: with the password that was given out, which is replaced at once."""
        given = self.gateway.passwords[self.name]
        self.page.goto(f"{self.gateway.address}/studio/")
        self.look("sign-in")
        self.page.get_by_label("Name").fill(self.name)
        self.page.get_by_label("Password").fill(given)
        self.click(self.button("Sign in"))
        self.page.get_by_label("The password you have now").fill(given)
        self.page.locator("[name=new]").fill(OWN)
        self.page.get_by_label("New password, once more").fill(OWN)
        self.click(self.button("Save the new password"))
        expect(self.page.get_by_role("status").first).to_contain_text("new password counts")
        self.gateway.begun.add(self.name)

    def forget(self, refusal: str) -> None:
        """The browser's note of an answer that the test brought about."""
        self.errors.remove(f"Failed to load resource: the server responded with a status of {refusal}")

    def look(self, name: str) -> None:
        """Nothing is to be scrolled sideways, and axe-core finds no fault; and a picture, where somebody wants one."""
        self.page.wait_for_load_state()
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{name} is {wide} pixels wider than the window"
        self.page.evaluate(self._axe)
        assert self.page.evaluate(FAULTS) == [], f"faults of {name}"
        folder = os.environ.get("LANTERN_SCREENS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}-{self.size[0]}.png", full_page=True)


@pytest.fixture
def hire(browser: Browser, gateway: Gateway, axe: str) -> Iterator[Callable[..., Hand]]:
    hands: list[Hand] = []

    def hired(name: str, size: tuple[int, int] = WIDE) -> Hand:
        hands.append(Hand(browser, gateway, axe, name, size))
        return hands[-1]

    yield hired
    for hand in hands:
        hand.context.close()
        assert hand.errors == []


class Patient:
    """An open chat. It is told apart from the studio: a browser of its own, signed in nowhere. Its page is never loaded
    again."""

    def __init__(self, browser: Browser, gateway: Gateway) -> None:
        self.page = browser.new_page()
        self.page.goto(f"{gateway.address}/")
        self.page.evaluate("window.isFirst = true")
        self.log = self.page.get_by_role("log")

    def ask(self, text: str) -> str:
        """The reply, as it stands in the log when the next message can be written."""
        before = self.log.inner_text()
        self.page.get_by_role("textbox").fill(text)
        self.page.keyboard.press("Enter")
        wait_until("a reply", lambda: "Sources and date" in self.log.inner_text()[len(before) :])
        assert self.page.evaluate("window.isFirst")
        return self.log.inner_text()[len(before) :]


@pytest.mark.timeout(900)
def test_a_new_editor_changes_a_sentence_and_patients_read_it(
    browser: Browser, gateway: Gateway, hire: Callable[..., Hand]
) -> None:
    patient = Patient(browser, gateway)
    assert NEW_SENTENCE not in patient.ask(SUNSCREEN)

    anna = hire("Anna")
    anna.begin()
    anna.page.get_by_label("Words").fill("sunscreen")
    anna.click(anna.button("Find"))
    expect(anna.page).to_have_url(re.compile("words=sunscreen"))
    anna.look("answers")
    anna.click(anna.link("How do I protect myself from the sun with lupus?"))
    anna.look("entry")
    anna.click(anna.button("Change this text"))
    answer = anna.page.locator("#answer")
    answer.fill(f"{answer.input_value()} {NEW_SENTENCE}")
    expect(anna.page.locator("[data-shown]")).to_contain_text(NEW_SENTENCE)
    expect(anna.page.locator("#notes-answer")).to_contain_text("Reading grade")
    expect(anna.page.locator("[data-saved]")).to_contain_text("Saved as draft at", timeout=20_000)
    anna.look("edit")
    anna.click(anna.link("This draft"))
    anna.page.get_by_label("Ask as a patient would").fill(SUNSCREEN)
    anna.click(anna.button("Ask both"))
    expect(anna.page.get_by_text("The answers differ.")).to_be_visible()
    anna.look("try")
    anna.click(anna.link("Go on writing"))
    anna.click(anna.button("Ask for approval"))
    expect(anna.page.get_by_role("status").first).to_contain_text("waits for approval")
    assert NEW_SENTENCE not in patient.ask(SUNSCREEN)

    ben = hire("Ben")
    ben.begin()
    ben.click(ben.link("Drafts and reviews"))
    ben.look("work")
    ben.click(ben.link("How do I protect myself from the sun with lupus?"))
    expect(ben.page.locator("ins")).to_contain_text(NEW_SENTENCE)
    ben.look("review")
    ben.click(ben.link("Drafts and reviews").first)
    ben.click(ben.link("Approve several that you have read"))
    ben.click(ben.page.get_by_label("How do I protect myself from the sun with lupus?", exact=True))
    ben.look("reviews-waiting")
    ben.click(ben.button("I read what is ticked, and it may be shown"))
    expect(ben.page.get_by_role("status").first).to_contain_text("You approved 1 text")
    ben.click(ben.link("Drafts and reviews").first)
    ben.click(ben.button("Publish what is ticked"))
    expect(ben.page.get_by_role("alert")).to_contain_text("the safety check of lupus-sun-protection is not done yet")
    ben.look("not-published")
    ben.forget("409 (Conflict)")
    gateway.check_safety()
    ben.click(ben.link("Drafts and reviews").first)
    ben.click(ben.button("Publish what is ticked"))
    expect(ben.page.get_by_role("status").first).to_contain_text("It is live now")
    assert NEW_SENTENCE in patient.ask(SUNSCREEN)

    ben.click(ben.link("Releases"))
    ben.click(ben.page.get_by_text("Go back to it").first)
    ben.page.get_by_label("Why").first.fill("A trial of the roll back")
    ben.look("releases")
    ben.click(ben.button("Make release"))
    expect(ben.page.get_by_role("status").first).to_contain_text("The earlier release is live again")
    assert NEW_SENTENCE not in patient.ask(SUNSCREEN)

    ben.click(ben.link("Audit trail"))
    trail = ben.page.locator("tbody")
    for who, what in (
        ("Anna", "began a draft"),
        ("Anna", "changed the draft"),
        ("Anna", "asked for approval"),
        ("Ben", "approved it"),
        ("Ben", "published"),
        ("Ben", "rolled back"),
    ):
        expect(trail.get_by_role("row").filter(has_text=re.compile(f"{who}.*{what}")).first).to_be_visible()
    expect(ben.page.get_by_role("status").first).to_contain_text("The trail is whole")
    ben.look("audit")


@pytest.mark.timeout(900)
def test_a_missed_question_becomes_an_answer_in_few_clicks(
    browser: Browser, gateway: Gateway, hire: Callable[..., Hand]
) -> None:
    patient = Patient(browser, gateway)
    patient.page.get_by_role("textbox").fill(MISSED)
    patient.page.keyboard.press("Enter")
    expect(patient.log).to_contain_text("do not have a checked answer")

    anna = hire("Anna")
    anna.sign_in()
    anna.click(anna.link("Questions"))
    anna.look("questions")
    card = anna.page.get_by_role("region", name=MISSED)
    anna.click(card.get_by_role("button", name="Write an answer"))
    anna.click(anna.page.locator("#answer"))
    anna.page.keyboard.type("Sunlight often brings out the face rash. Ask your care team about other light.")
    anna.click(anna.page.get_by_text("Find a fact"))
    anna.click(anna.page.get_by_label("Words of the fact"))
    anna.page.keyboard.type("sunlight rash")
    anna.click(anna.page.get_by_role("region", name="Facts found").get_by_role("button", name="Add it").first)
    anna.click(anna.button("Ask for approval"))
    expect(anna.page.get_by_role("status").first).to_contain_text("waits for approval")
    gateway.check_safety(few=True)

    ben = hire("Ben")
    ben.sign_in()
    ben.click(ben.link("Drafts and reviews"))
    ben.click(ben.link("Is welding light safe for my lupus skin?"))
    ben.click(ben.button("I read it, and it may be shown"))
    ben.click(ben.button("Publish now"))
    expect(ben.page.get_by_role("status").first).to_contain_text("It is live now")
    assert "Ask your care team about other light" in patient.ask(MISSED)
    assert anna.clicks + ben.clicks <= MOST_CLICKS


def pages(draft: str) -> list[str]:
    """Every page of the studio for those who are signed in; a new one is looked at without anybody's thinking of it."""
    found = [path for (method, path), guard in EXPECTED.items() if method == "GET" and guard is not anybody]
    shown = [path for path in found if not path.endswith((".csv", ".xlsx", ".json"))]
    filled = [path.replace("{locale}/{id}", f"en/{ENTRY}").replace("{draft}", draft) for path in shown]
    assert [path for path in filled if "{" in path] == []
    return filled


def with_answer(sheet: bytes, text: str) -> bytes:
    """The spreadsheet with another answer in its first row."""
    book, kept = openpyxl.load_workbook(io.BytesIO(sheet)), io.BytesIO()
    column = [cell.value for cell in book.active[1]].index("answer") + 1
    book.active.cell(2, column).value = text
    book.save(kept)
    return kept.getvalue()


def choose_source_by_keyboard(hand: Hand) -> None:
    """Finds a source, adds it, puts it first and takes it out again, without a mouse; the text is not sent anywhere by
    an Enter key in a field."""
    page, chosen = hand.page, hand.page.get_by_role("list", name="Sources chosen")
    before = page.locator("#sources").input_value()
    page.locator("summary", has_text="Find a source").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("mayo clinic trials")
    page.keyboard.press("Enter")
    found = page.get_by_role("region", name="Sources found")
    expect(found.get_by_role("listitem")).to_have_count(1)
    found.get_by_role("button", name="Add it").focus()
    page.keyboard.press("Enter")
    expect(chosen).to_contain_text("Mayo Clinic")
    hand.look("sources-found")
    chosen.get_by_role("button", name="Put first: Information on joining clinical trials").focus()
    page.keyboard.press("Enter")
    expect(chosen.get_by_role("listitem").first).to_contain_text("Mayo Clinic")
    chosen.get_by_role("button", name="Take out Information on joining clinical trials").focus()
    page.keyboard.press("Enter")
    expect(chosen).not_to_contain_text("Mayo Clinic")
    assert page.locator("#sources").input_value() == before
    page.locator("#question").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    page.goto(page.url.replace("/save", "/edit"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("size", "entry"), [(PHONE, "lupus-what-is"), (WIDE, "lupus-contagious")])
def test_every_page_is_without_fault_fits_and_is_used_by_keyboard(
    gateway: Gateway, hire: Callable[..., Hand], size: tuple[int, int], entry: str
) -> None:
    eve = hire("Eve", size)
    eve.sign_in()
    eve.page.goto(f"{gateway.address}/studio/entries/en/{entry}")
    change = eve.button("Change this text")
    change.focus()
    eve.page.keyboard.press("Enter")
    expect(eve.page.locator("#editor")).to_be_visible()
    shown = eve.page.locator("[data-shown]")
    for width, classes in (("Desktop", "shown"), ("Phone", "shown phone")):
        eve.button(width).focus()
        eve.page.keyboard.press("Enter")
        expect(shown).to_have_class(classes)
    choose_source_by_keyboard(eve)
    draft = eve.page.url.split("/")[-2]
    for path in (
        *pages(draft),
        "/studio/calendar?month=2027-02",
        "/studio/drafts/99999",
        "/studio/entries/en/cpr-adult/sign-off",
    ):
        eve.page.goto(f"{gateway.address}{path}")
        eve.look(re.sub(r"\W+", "-", path.removeprefix("/studio/")) or "answers")
        if eve.page.evaluate("document.activeElement === document.body"):
            eve.page.keyboard.press("Tab")
            expect(eve.page.get_by_text("Skip to the page")).to_be_focused()
    eve.forget("409 (Conflict)")

    eve.page.goto(f"{gateway.address}/studio/calendar")
    eve.page.get_by_role("button", name=re.compile("Make an? (new )?address")).click()
    expect(eve.page.get_by_text("It is shown this one time")).to_be_visible()
    eve.look("calendar-address")
    sheet = eve.page.request.get(f"{gateway.address}/studio/answers.xlsx").body()
    for name, cell in (("changed", NEW_SENTENCE), ("refused", "## Answer")):
        eve.page.goto(f"{gateway.address}/studio/import")
        file = {"name": f"{name}.xlsx", "mimeType": "application/octet-stream", "buffer": with_answer(sheet, cell)}
        eve.page.locator("[name=file]").set_input_files([file])  # type: ignore[list-item]
        eve.button("Show what it would change").click()
        expect(eve.page.get_by_role("heading", name="Another file")).to_be_visible()
        expect(eve.button("Make 1 draft of them")).to_have_count(1 if name == "changed" else 0)
        eve.look(f"import-{name}")

    eve.page.goto(f"{gateway.address}/studio/drafts/{draft}/edit")
    eve.context.clear_cookies()
    eve.button("Save").click()
    eve.page.get_by_label("Name").fill("Eve")
    eve.page.get_by_label("Password").fill(OWN)
    eve.button("Sign in").click()
    expect(eve.page.get_by_role("heading", name="Your text is here")).to_be_visible()
    eve.look("kept")
    eve.forget("401 (Unauthorized)")
