"""The page in a real browser, as a coder uses it: by mouse and by keyboard."""

from __future__ import annotations

import csv
import io
import re

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [pytest.mark.models, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

NOTE = """OPERATIVE NOTE (invented patient)
PREOPERATIVE DIAGNOSIS: Chronic maxillary sinusitis, both sides. Deviated septum. \U0001f9d1
ANESTHESIA: General.
DETAILS: On the right the natural maxillary opening was widened, and polypoid mucosa was removed from within the right
maxillary sinus. The left side was done in the same way, and diseased lining was removed from inside the left maxillary
sinus. The deviated septum was then straightened through a hemitransfixion incision. The frontal sinuses were not opened.
"""


def tab(page, label):
    page.get_by_role("tab", name=label, exact=True).click()


def ask(page, question):
    page.fill("#room-ask input[type=text]", question)
    page.press("#room-ask input[type=text]", "Enter")
    page.wait_for_selector("#ask-answer .answer")


def propose(page, note=NOTE):
    tab(page, "Code")
    page.fill("#room-code textarea", note)
    page.get_by_label("Payer", exact=True).fill("blue-shield-ppo")
    page.get_by_label("Date of service").fill("2026-09-15")
    page.get_by_label("Place", exact=True).fill("24")
    page.get_by_role("button", name="Propose codes").click()
    page.wait_for_selector("#code-result .line-card")


def test_a_question_is_answered_and_its_citation_opens_the_note_with_the_lines_marked(open_page):
    page = open_page()
    ask(page, "which modifier does Blue Shield need for 31255 on both sides")
    assert "modifier 50" in page.inner_text("#ask-answer .answer")
    assert page.inner_text(".citation .badge") == "fresh"
    page.click(".citation .source")
    page.wait_for_selector("dialog .cited")
    assert "one line with modifier 50" in page.inner_text("dialog .cited")
    assert page.locator("dialog .cited").first.is_visible()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert page.seen == {"elsewhere": [], "errors": []}


def test_what_nobody_wrote_is_refused_and_waits_among_the_gaps(open_page):
    page = open_page()
    ask(page, "what is the fax number of the zebra office at Summit HMO")
    assert "Not in" in page.inner_text("#ask-answer")
    tab(page, "Gaps")
    page.wait_for_selector("#gaps-list td")
    assert "zebra office" in page.inner_text("#gaps-list")


def test_a_follow_up_keeps_the_payer_and_the_codes_and_says_how_it_was_understood(open_page):
    page = open_page()
    ask(page, "which modifier does Blue Shield need for 31255 on both sides")
    page.fill("#room-ask input[type=text]", "what about Summit HMO?")
    page.press("#room-ask input[type=text]", "Enter")
    page.wait_for_selector("#ask-answer .understood")
    assert "31255" in page.inner_text("#ask-answer .understood")
    assert "RT" in page.inner_text("#ask-answer .answer")


def test_an_answer_that_does_not_help_is_kept_as_a_gap(open_page):
    page = open_page()
    ask(page, "how long do we have to appeal a denial at Blue Shield")
    page.get_by_role("button", name="This does not answer it").click()
    page.get_by_text("Kept among the gaps.", exact=True).wait_for()
    tab(page, "Gaps")
    expect(page.locator("#gaps-list")).to_contain_text("appeal a denial at Blue Shield")


def test_a_note_lights_its_words_from_the_line_and_the_line_from_its_words(open_page):
    page = open_page()
    propose(page)
    card = page.locator(".line-card", has_text="31267").first
    assert "31267-50" in card.inner_text()
    card.hover()
    lit = " ".join(page.locator(".note-box .lit").all_inner_texts())
    assert "right" in lit
    assert "left maxillary" in lit
    assert "septum" not in lit
    page.locator(".note-box .evidence", has_text="septum").last.hover()
    assert "30520" in page.locator(".line-card.lit").inner_text()
    # The spans are those of the pasted text, also behind a character of two code units.
    quotes = page.locator(".line-card .quote").all_inner_texts()
    assert all(" ".join(quote.split()) in " ".join(NOTE.split()) for quote in quotes)
    marked = page.inner_text(".note-box")
    assert " ".join(marked.split()) == " ".join(NOTE.split())


def test_the_proposed_claim_can_be_copied_and_checked(open_page):
    page = open_page()
    propose(page)
    page.get_by_role("button", name="Copy the claim").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "31267-50 x1" in copied
    tab(page, "Check")
    page.fill("#room-check textarea", copied)
    page.wait_for_selector("#check-report .claim-line")
    assert page.locator("#check-report .badge.bad").count() == 0


def test_findings_stand_beside_a_typed_line_and_a_safe_fix_is_one_click(open_page):
    page = open_page()
    tab(page, "Check")
    page.fill(
        "#room-check textarea", "payer: blue-shield-ppo   dos: 2026-09-15   pos: 24\ndx: J32.0\n31267-RT\n31267-LT"
    )
    line = page.locator("#check-report .claim-line").first
    line.locator(".finding").wait_for()
    assert "bsp-sinus-50" in line.inner_text()
    line.get_by_role("button", name="Apply", exact=True).click()
    expect(page.locator("#room-check textarea")).to_have_value(re.compile("31267-50"))
    expect(page.locator("#check-report .claim-line")).to_have_count(1)
    assert "bsp-sinus-50" not in page.inner_text("#check-report .claim-lines")


def test_what_is_no_claim_is_told_by_line_and_column(open_page):
    page = open_page()
    tab(page, "Check")
    page.fill("#room-check textarea", "payer: blue-shield-ppo\n31267-5O x1")
    page.wait_for_selector("#check-report .badge.bad")
    assert "line 2" in page.inner_text("#check-report")


def test_a_file_of_claims_is_checked_and_its_results_are_no_formulas(open_page, tmp_path):
    file = tmp_path / "claims.csv"
    rows = "".join(f"=cmd|{number},blue-shield-ppo,2026-09-15,24,31267,RT,1,J32.0\n" for number in range(120))
    file.write_text("claim,payer,dos,pos,procedure code,modifier 1,units,diagnosis 1\n" + rows, encoding="utf-8")
    page = open_page()
    tab(page, "Check")
    page.get_by_text("Check a whole file").click()
    page.locator("#room-check input[type=file]").set_input_files(str(file))
    page.get_by_role("button", name="Check the file").click()
    save = page.get_by_role("button", name="Download the results")
    save.wait_for()
    with page.expect_download() as waiting:
        save.click()
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    found = list(csv.reader(io.StringIO(text)))
    assert len(found) == 121
    assert not [cell for row in found for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_note_with_a_rule_is_written_and_the_next_answer_cites_it(open_page):
    page = open_page()
    question = "how many units of 31299 does Blue Shield allow on one line"
    tab(page, "Notes")
    page.click("#notes-new")
    page.get_by_label("Title").fill("Blue Shield PPO, unlisted sinus work")
    page.get_by_label("Payer (empty: every payer)").fill("blue-shield-ppo")
    page.get_by_label("Codes", exact=True).fill("31299")
    page.get_by_label("What you know").fill(
        "31299 goes out with exactly one unit on its line; Blue Shield denies more units."
    )
    page.get_by_label("Your name").fill("maria.garcia")
    page.click("#rule-menus summary")
    page.get_by_label("Units must be exactly").fill("1")
    page.get_by_label("An example that is right").fill("31299 x1")
    page.get_by_label("An example that is wrong").fill("31299 x2")
    page.wait_for_selector("#note-preview .banner.good")
    assert "31299" in page.inner_text("#note-preview")
    assert "Its examples were run and hold" in page.inner_text("#note-preview")
    page.get_by_role("button", name="Save the note").click()
    page.wait_for_selector("#notes-shown .banner.good")
    tab(page, "Ask")
    ask(page, question)
    assert "unlisted sinus work" in page.inner_text("#ask-answer")
    tab(page, "Check")
    page.fill("#room-check textarea", "payer: blue-shield-ppo   dos: 2026-12-15   pos: 24\ndx: J32.0\n31299 x2")
    page.wait_for_selector("#check-report .finding")
    assert "unlisted-sinus-work" in page.inner_text("#check-report")


def test_an_example_that_fails_is_told_while_it_is_typed(open_page):
    page = open_page()
    tab(page, "Notes")
    page.click("#notes-new")
    page.get_by_label("Title").fill("A rule that does not hold")
    page.get_by_label("Codes", exact=True).fill("31298")
    page.get_by_label("What you know").fill("One unit.")
    page.click("#rule-menus summary")
    page.get_by_label("Units must be exactly").fill("1")
    page.get_by_label("An example that is right").fill("31298 x2")
    page.wait_for_selector(".note-form .problem")
    assert "Its examples were run and hold" not in page.inner_text("#note-preview")


def test_two_people_side_by_side_see_only_their_own(open_page):
    first, second = open_page(), open_page()
    propose(first)
    ask(second, "which modifier does Summit HMO need for 31255 on both sides")
    tab(second, "Code")
    assert second.locator("#code-result .line-card").count() == 0
    assert second.input_value("#room-code textarea") == ""
    assert "maxillary" not in second.inner_text("body")
    assert first.context.cookies()[0]["value"] != second.context.cookies()[0]["value"]


def test_the_whole_way_can_be_gone_by_keyboard(open_page):
    page = open_page()
    page.focus("#room-ask input[type=text]")
    page.keyboard.type("which modifier does Blue Shield need for 31255 on both sides")
    page.keyboard.press("Enter")
    page.wait_for_selector("#ask-answer .answer")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('source')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog .cited")
    page.keyboard.press("Escape")
    page.locator('[role="tab"]').first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("#room-code textarea", state="visible")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(open_page, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(color_scheme=scheme)
    ask(page, "which modifier does Blue Shield need for 31255 on both sides")
    serious = []
    for label in ("Ask", "Code", "Check", "Notes", "Gaps", "Tables"):
        if label == "Code":
            propose(page)
        elif label == "Check":
            tab(page, label)
            page.get_by_role("button", name="Show an example").click()
            page.wait_for_selector("#check-report .claim-line")
        else:
            tab(page, label)
            page.wait_for_timeout(300)
        for found in axe.run(page).response["violations"]:
            if found["impact"] in ("serious", "critical"):
                serious.append((label, found["id"], [node["html"][:150] for node in found["nodes"][:3]]))
    assert not serious


def test_the_page_fits_a_small_laptop_and_a_narrow_window(open_page):
    page = open_page()
    ask(page, "which modifier does Blue Shield need for 31255 on both sides")
    for width, height in ((1366, 768), (1024, 600), (480, 800)):
        page.set_viewport_size({"width": width, "height": height})
        for label in ("Ask", "Check"):
            tab(page, label)
            assert page.evaluate("document.documentElement.scrollWidth") <= width + 1
