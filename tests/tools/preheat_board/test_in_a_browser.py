"""The board in a real browser: its contents, its use, its updates, its readers and its cost."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request
from tests.support.boards import NOW, make_many, make_plant

from preheat.app.board.facts import BoardFacts
from preheat.app.board.more import More
from preheat.app.board.page import Look, render
from preheat.app.board.view import make_board
from preheat.app.ports.errors import StoreUnavailable
from preheat_board import server as serving
from preheat_board.page import wrap
from preheat_board.server import BoardServer

from .pictures import compare_picture

ROOT = Path(__file__).parents[3]
AXE = ROOT / ".venv-rules" / "node_modules" / "axe-core" / "axe.min.js"
WIDE, PHONE = (1920, 1080), (400, 860)
UPDATE_MOST, KEYSTROKE_MOST = 0.6, 0.3  # seconds of the page's own CPU time, at 1,000 models


@dataclass
class Plant:
    """The contents of the board; a test changes them. `fails`: the store's error."""

    found: list[BoardFacts] = field(default_factory=make_plant)
    now: datetime = NOW
    fails: str = ""

    def render(self) -> str:
        if self.fails:
            raise StoreUnavailable(self.fails)
        return render(make_board(self.found, self.now, "plant-north"))


@dataclass
class Opened:
    """A page of the board, with every request and every complaint of the browser."""

    page: Page
    plant: Plant
    server: BoardServer
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def update(self) -> None:
        """Let the page ask for the board now, and wait for the answer."""
        with self.page.expect_response("**/part"):
            self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        self.page.wait_for_timeout(50)

    def names(self) -> list[str]:
        """Return the names of the models that are visible."""
        return self.page.locator("[data-state]:not([hidden]) .name").all_inner_texts()


type Open = Callable[..., Opened]


@pytest.fixture
def open_board(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    monkeypatch.setattr(serving, "KEPT", -1.0)
    ends: list[Callable[[], None]] = []

    def open_it(
        plant: Plant | None = None, size: tuple[int, int] = WIDE, scheme: Any = "light", at: str = ""
    ) -> Opened:
        shown = plant or Plant()
        server = BoardServer(0, shown.render, "plant-north")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
        opened = Opened(page, shown, server)

        def note(request: Request) -> None:
            opened.asked.append(request.url)

        def complain(message: ConsoleMessage) -> None:
            opened.complaints.append(message.text)

        page.on("request", note)
        page.on("console", complain)
        page.goto(server.url + at)
        ends.extend((page.close, server.shutdown, server.server_close))
        return opened

    yield open_it
    for end in ends:
        end()


def test_trouble_is_on_top_with_cause_remedy_and_countdown_and_nothing_is_loaded_from_elsewhere(
    open_board: Open,
) -> None:
    opened = open_board()
    page = opened.page
    assert page.title() == "(5) Preheat board: plant-north"
    heads = page.locator(".trouble .state").all_inner_texts()
    assert heads == ["LATE", "AT RISK", "AT RISK", "REFUSED", "UNKNOWN", "UNSCHEDULED", "BLOCKED"]
    quota = page.locator('.trouble[data-key="wheel-hub"]').inner_text()
    assert "the limit is 12" in quota
    assert "preheat stop bumper-gap" in quota
    assert page.locator(".next .away").inner_text().startswith(("in 22:00", "in 21:5"))
    late = page.locator('.trouble[data-key="bumper-gap"] .line')
    assert "late 14:00 to 14:18" in str(late.get_attribute("aria-label"))
    assert {url.removeprefix(opened.server.url) for url in opened.asked} <= {"", "part"}
    assert opened.complaints == []


def test_the_filter_is_used_by_keyboard_and_stays_in_the_address(open_board: Open) -> None:
    opened = open_board()
    page, everything = opened.page, len(opened.names())
    page.keyboard.press("/")
    page.keyboard.type("NIGHT")
    assert opened.names() == ["line-7-trial", "night-cam-1", "night-cam-2"]  # by their schedule
    assert page.locator("#shown").inner_text() == f"3 of {everything} models shown"
    page.reload()
    assert len(opened.names()) == 3
    page.keyboard.press("Escape")
    assert len(opened.names()) == everything
    page.locator("#state").select_option("AT RISK")
    assert opened.names() == ["paint-finish", "wheel-hub"]
    assert page.evaluate("location.hash") == "#state=AT+RISK"
    opened.update()  # an update keeps the filter
    assert opened.names() == ["paint-finish", "wheel-hub"]


def test_a_group_is_closed_by_keyboard_and_an_update_opens_it_no_more(open_board: Open) -> None:
    opened = open_board()
    page, group = opened.page, '[data-key="group-night-shift"]'
    page.locator(f"{group} summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(group).get_attribute("open") is None
    opened.plant.now += timedelta(minutes=1)
    opened.update()
    assert page.locator(".asof").inner_text() == "14:19"
    assert page.locator(group).get_attribute("open") is None
    assert page.evaluate("document.activeElement.parentElement.dataset.key") == "group-night-shift"


def test_an_update_touches_only_what_has_changed(open_board: Open) -> None:
    opened = open_board(size=PHONE)
    page = opened.page
    page.evaluate("for (const row of document.querySelectorAll('[data-state]')) row.marked = true")
    opened.plant.found = [each for each in opened.plant.found if each.facts.model_id != "bumper-gap"]
    opened.update()
    kept = page.evaluate("[...document.querySelectorAll('[data-state]')].filter(row => row.marked).length")
    assert kept == len(opened.plant.found)
    assert page.locator("#news").inner_text() == "6 models need attention"  # a screen reader hears it
    assert page.title() == "(4) Preheat board: plant-north"


def test_old_data_is_never_shown_as_fine(open_board: Open) -> None:
    opened = open_board()
    page, note = opened.page, opened.page.locator("#note")
    assert note.is_hidden()
    opened.plant.fails = "models: AccessDeniedException"
    opened.update()
    assert "models: AccessDeniedException" in note.inner_text()
    opened.plant.fails = ""
    opened.update()
    assert note.is_hidden()
    opened.server.shutdown()
    opened.server.server_close()
    page.evaluate("{ const now = Date.now; Date.now = () => now() + 60000; }")
    page.wait_for_selector("#note:not([hidden])", timeout=15_000)
    assert "s old. The board gets no answer." in note.inner_text()


def test_a_thousand_models_open_filter_and_update_without_jank(open_board: Open) -> None:
    opened = open_board(Plant(make_many(1000)))
    page = opened.page
    assert page.locator("[data-state]").count() == 1000
    assert page.locator("details[open]").count() == 0
    assert page.evaluate("document.documentElement.scrollHeight") < 4000
    clock = page.context.new_cdp_session(page)
    clock.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy() -> float:
        metrics = clock.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))

    begun = busy()
    opened.plant.now += timedelta(minutes=20)  # every row moves
    opened.update()
    assert busy() - begun < UPDATE_MOST
    page.keyboard.press("/")
    begun = busy()
    page.keyboard.type("cell")
    page.keyboard.type("-0123")
    assert opened.names() == ["cell-0123"]
    assert (busy() - begun) / 9 < KEYSTROKE_MOST


def find_violations(page: Page) -> list[str]:
    if not AXE.exists():
        pytest.fail("axe-core is not installed: run `make setup`")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert len(found["passes"]) > 10
    return [f"{each['id']}: {node['html'][:160]}" for each in found["violations"] for node in each["nodes"]]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(open_board: Open, size: tuple[int, int], scheme: str) -> None:
    opened = open_board(size=size, scheme=scheme)
    assert find_violations(opened.page) == []
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert opened.page.evaluate(overflow) == 0
    opened.plant.fails = "no access"
    opened.update()
    assert find_violations(opened.page) == []


@pytest.mark.parametrize("width", [WIDE[0], 760, 500, PHONE[0]])
def test_an_hour_of_the_axis_is_whole_or_not_there(open_board: Open, width: int) -> None:
    """An hour that has no room at the right wraps below the axis, which shows one line."""
    shown: Any = open_board(size=(width, 900)).page.evaluate(
        """[...document.querySelectorAll('.hours span')].map(each => {
            const range = document.createRange(), axis = each.parentElement.getBoundingClientRect()
            range.selectNodeContents(each)
            const hour = range.getBoundingClientRect()
            return [each.textContent, hour.top < axis.bottom - 1, hour.right <= axis.right, hour.top < axis.top + 2]
        })"""
    )
    whole = [hour for hour, is_visible, fits, _ in shown if is_visible and fits]
    assert len(whole) >= 4
    assert [each for each in shown if each[1] and not (each[2] and each[3])] == []


def test_the_part_works_in_a_dashboard_without_a_script(browser: Browser) -> None:
    context = browser.new_context(
        java_script_enabled=False, color_scheme="light", viewport={"width": 900, "height": 900}
    )
    page = context.new_page()
    more = More("arn:aws:lambda:eu-central-1:1:function:board", 3)
    page.set_content(render(make_board(make_many(100), NOW, "plant-north"), Look("dark", more)))
    assert page.locator(".pb").evaluate("each => getComputedStyle(each).backgroundColor") == "rgb(17, 21, 27)"
    page.locator("summary", has_text="late-shift").click()
    assert page.locator("details[open] .row.good").count() == 3
    assert json.loads(page.locator("cwdb-action").first.inner_text())["group"]
    assert not page.locator(".old").is_visible()
    context.close()


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [("docs/images/board.png", (1500, 1200), "light"), ("tests/tools/preheat_board/golden/phone.png", PHONE, "dark")],
    ids=["wide", "phone"],
)
def test_it_looks_as_it_looked(
    *, browser: Browser, tmp_path: Path, name: str, size: tuple[int, int], scheme: Any, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "board.html"
    path.write_text(wrap(render(make_board(make_plant(), NOW, "plant-north")), "plant-north"), encoding="utf-8")
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page.goto(path.as_uri())
    page.evaluate("document.querySelector('main').prepend(document.querySelector('#part'))")
    shot = page.screenshot(animations="disabled")
    page.close()
    compare_picture(ROOT / name, shot, update=request.config.getoption("--update-golden"))
