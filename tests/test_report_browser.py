"""The report as a reader has it: in a real Chromium without a window, by mouse and by keys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ssair
from ssair.cli import main

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
playwright = pytest.importorskip("playwright.sync_api", reason="the report is driven by Playwright")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="the report is looked at in Chromium, which is not installed")

PROGRAM = """\
fn scale(x: f64) -> f64 = x * 1.0

fn main(xs: [n]f64, i: i64) -> f64 =
  let base = xs[i] in
  let total = loop total = base for j in 0..n do total + xs[j] in
  total + scale(xs[i])
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests here."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on `PROGRAM`, written by the kernel."""
    return ssair.compile(PROGRAM).report(tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    """The report, open; a test fails if the page reports an error or asks for anything from elsewhere."""
    yield from opened(browser, report)


def opened(browser: Browser, file: Path, width: int = 1400, **options: str) -> Iterator[Page]:
    """A page with a file, watched while it is used."""
    page = browser.new_page(viewport={"width": width, "height": 800}, **options)  # type: ignore[arg-type]
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith("file:") else faults.append(asked.url))
    page.goto(file.as_uri())
    yield page
    page.close()
    assert faults == []


def column(page: Page, title: str) -> str:
    """The selector of the first column with a title."""
    number = next(i for i, head in enumerate(titles(page), 1) if head.split(" ")[-1] == title)
    return f".column:nth-child({number})"


def titles(page: Page) -> list[str]:
    return page.locator(".column > header b").all_inner_texts()


def details(page: Page) -> str:
    return page.inner_text("#details")


def defining(page: Page, selector: str, text: str) -> str:
    """The value that the first line with a text defines."""
    line: str = page.locator(f"{selector} .row", has_text=text).first.inner_text()
    return line.strip().partition(":")[0]


def test_the_entry_is_shown_first_with_a_column_for_each_stage(page: Page) -> None:
    assert page.input_value("#function") == "1"
    shown = titles(page)
    assert shown[:3] == ["source", "ANF", "ssa"] and len(shown) > 5
    assert all(head.split(" ")[0] == str(number) for number, head in enumerate(shown[3:], 1))


def test_a_click_on_a_value_lights_it_up_everywhere_and_tells_why_it_went(page: Page) -> None:
    ssa = column(page, "ssa")
    first = defining(page, ssa, "check_index v1")
    second = page.locator(f"{ssa} .row", has_text="check_index").last
    value = second.inner_text().strip().partition(":")[0]
    second.locator(".v").first.click()
    assert page.inner_text("#details h2") == value
    assert "line 6" in details(page).lower() and "removed by" in details(page)
    assert first in page.locator("#details li.removed").inner_text()
    assert page.inner_text(".source mark") == "xs[i]"
    lit = page.locator(".v.selected").all_inner_texts()
    assert len(lit) > 1 and set(lit) == {value}
    assert set(page.locator(".v.leader").all_inner_texts()) == {first}


def test_a_click_on_what_stands_for_a_value_goes_there(page: Page) -> None:
    page.evaluate(
        "chooseValue(Number(Object.keys(state.model.stages.find((s) => Object.values(s.gone).length).gone)[0]))"
    )
    link = page.locator("#details li.removed button.link[data-value]").first
    wanted = link.inner_text()
    link.click()
    assert page.inner_text("#details h2") == wanted


def test_a_click_on_a_source_line_lists_its_checks_and_values(page: Page) -> None:
    page.locator(".source .row").nth(3).click()
    assert page.inner_text("#details h2") == "line 4"
    assert "kept" in details(page) and "assert 0 <= i < len(xs) in" in details(page)
    assert page.locator(".source .row.line").count() == 1


def test_a_search_counts_and_enter_walks_through_what_it_found(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("check_index")
    found = page.inner_text("#found")
    assert int(found.split(" ")[0]) > 3
    page.keyboard.press("Enter")
    assert page.inner_text("#found").startswith("1 of ")
    assert "check_index" in page.locator(".row.cursor").inner_text()
    page.keyboard.press("Shift+Enter")
    total = found.split(" ")[0]
    assert page.inner_text("#found") == f"{total} of {total}"


def test_a_value_is_searched_for_as_a_word(page: Page) -> None:
    page.fill("#search", "v1")
    lines = page.locator(".row.found").all_inner_texts()
    assert lines and all(
        "v1" in line.replace(":", " ").replace(",", " ").replace(")", " ").split() or "(v1" in line for line in lines
    )


def test_keys_alone_lead_through_rows_columns_functions_and_views(page: Page) -> None:
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.inner_text("#details h2") == "line 2"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert page.inner_text("#details h2").startswith("v")
    page.keyboard.press("Escape")
    assert page.inner_text("#details h2") == "What became of it?"
    page.keyboard.press("[")
    assert page.input_value("#function") == "0"
    for key, view in (("2", "checks"), ("3", "pictures"), ("4", "times"), ("1", "passes")):
        page.keyboard.press(key)
        assert [page.locator(f"#{name}").is_visible() for name in ("passes", "checks", "pictures", "times")].count(
            True
        ) == 1
        assert page.locator(f"#{view}").is_visible()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()


def test_the_column_behind_a_line_begins_with_what_the_line_stands_for(page: Page) -> None:
    page.locator(".source .row").nth(3).click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    value = page.inner_text("#details h2")
    assert value.startswith("v") and "line 4" in details(page).lower()
    cursor = page.locator(f"{column(page, 'ssa')} .row.cursor")
    assert cursor.inner_text().strip().startswith(f"{value}:")


def test_the_source_stays_in_sight_beside_the_last_pass(page: Page) -> None:
    last = len(titles(page))
    for _ in range(last):
        page.keyboard.press("ArrowRight")
    source, shown = page.locator(".source").bounding_box(), page.locator(f".column:nth-child({last})").bounding_box()
    assert source and shown
    assert source["x"] == 0 and shown["x"] >= source["width"]


def test_a_narrow_window_has_the_details_below_the_columns(browser: Browser, report: Path) -> None:
    for page in opened(browser, report, width=1024):
        columns, below, head = (
            page.locator(where).bounding_box() for where in ("#columns", "#details", "body > header")
        )
        assert columns and below and head
        assert below["y"] >= columns["y"] + columns["height"] and below["width"] == columns["width"] == 1024
        page.fill("#search", "check")
        assert page.locator("body > header").bounding_box() == head and head["height"] < 50


def test_checks_of_which_a_copy_of_the_loop_is_free_are_counted(browser: Browser, tmp_path: Path) -> None:
    program = tmp_path / "first.fun"
    program.write_text("fn first(xs: [n]f64, k: i64) = loop s = 0.0 for i in 0..k do s + xs[i]\n")
    assert main(["report", str(program), "-O3", "-o", str(tmp_path / "first.html")]) == 0
    for page in opened(browser, tmp_path / "first.html"):
        page.keyboard.press("2")
        assert page.inner_text("#checks h2") == "Checks: 1 versioned"


def test_checks_lead_to_their_line(page: Page) -> None:
    page.keyboard.press("2")
    text = page.inner_text("#checks")
    assert "1 kept" in text and "proved" in text
    page.locator("#checks button.link").first.click()
    assert page.inner_text("#details h2") == "line 4"
    assert page.locator("#passes").is_visible()


@pytest.mark.skipif(shutil.which("dot") is None, reason="the program `dot` of Graphviz draws the pictures")
def test_a_block_in_a_picture_leads_to_its_lines(page: Page) -> None:
    page.keyboard.press("3")
    assert page.locator("#pictures svg").count() == 4
    page.locator("#pictures svg g.node").first.click()
    assert page.locator("#passes").is_visible()
    assert "bb0" in page.locator(".row.cursor").inner_text()


def test_the_page_is_dark_where_the_reader_wants_it_and_turns(browser: Browser, report: Path) -> None:
    for page in opened(browser, report, color_scheme="dark"):
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.keyboard.press("t")
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (dark, light) == ("rgb(20, 23, 28)", "rgb(255, 255, 255)")


def test_a_place_is_kept_in_the_address(browser: Browser, report: Path) -> None:
    for page in opened(browser, report):
        page.evaluate("chooseValue(4)")
        address = page.url
        page.goto("about:blank")
        page.goto(address)
        assert page.inner_text("#details h2") == "v4"


def test_a_large_program_has_few_rows_in_the_document_and_all_within_reach(browser: Browser, tmp_path: Path) -> None:
    program = tmp_path / "large.fun"
    steps = "\n".join(f"  let x{i + 1} = (x{i} + {i % 7}) * (x{i} + {i % 7}) in" for i in range(2000))
    program.write_text(f"fn main(x0: i64) -> i64 =\n{steps}\n  x2000\n")
    assert main(["report", str(program), "-o", str(tmp_path / "large.html")]) == 0
    for page in opened(browser, tmp_path / "large.html"):
        assert page.locator(".row").count() < 1500
        page.locator(column(page, "ssa") + " .rows").focus()
        page.keyboard.press("End")
        assert page.locator(".row.cursor").inner_text() == "}"
        page.fill("#search", "x1999")
        page.keyboard.press("Enter")
        assert page.locator(".source .row.cursor").is_visible()
