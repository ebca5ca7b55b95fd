"""Which details are replaced and which look-alikes stay. All numbers are of test, drama or example ranges."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.gb import nhs, upn

from bot.safety.personal_data import redact

FRONT_DOOR = "03000 41 11 11"


def nhs_number(first_nine: str) -> str:
    """Complete a number by the mod-11 check. Numbers that begin with 999 are never given to anyone."""
    return next(first_nine + digit for digit in "0123456789" if nhs.is_valid(first_nine + digit))


NHS = nhs_number("999000001")
UPN = upn.calc_check_digit("801200001001") + "801200001001"


@pytest.mark.parametrize(
    "typed",
    [NHS, f"{NHS[:3]} {NHS[3:6]} {NHS[6:]}", f"{NHS[:3]}-{NHS[3:6]}-{NHS[6:]}", f"NHS{NHS}", f"nhs no {NHS}"],
)
def test_an_nhs_number_is_replaced_however_it_is_spaced(typed: str) -> None:
    found = redact(f"his number is {typed}, can you look")
    assert "[nhs-number], can you look" in found.text
    assert NHS[6:] not in found.text
    assert found.kinds == ("nhs-number",)


def test_a_pupil_number_is_replaced() -> None:
    assert redact(f"pupil {UPN} moved").text == "pupil [upn] moved"
    assert redact(f"pupil {UPN.lower()} moved").kinds == ("upn",)


@pytest.mark.parametrize(
    "typed",
    [
        "07700 900123",
        "07700900123",
        "07700-900-123",
        "(01632) 960123",
        "01632 960 123",
        "020 7946 0123",
        "+44 7700 900123",
        "+44 (0)20 7946 0123",
        "0044 1632 960123",
        "0 7 7 0 0 9 0 0 1 2 3",
        "07 700 900 123",
        "7700 900123",
    ],
)
def test_a_phone_is_replaced_however_it_is_written(typed: str) -> None:
    assert redact(f"ring mum on {typed} today").text == "ring mum on [phone] today"


@pytest.mark.parametrize("typed", ["03000 41 11 11", "03000411111", "+44 3000 411111", "03000-411-111"])
def test_a_published_phone_stays(typed: str) -> None:
    assert redact(f"is it {typed}?", [FRONT_DOOR]).text == f"is it {typed}?"
    assert redact("is it 07700 900456?", [FRONT_DOOR]).text == "is it [phone]?"


@pytest.mark.parametrize("number", ["999", "101", "111", "116 123", "18000"])
def test_numbers_for_help_stay(number: str) -> None:
    assert redact(f"do I ring {number} or wait").kinds == ()


@pytest.mark.parametrize(
    "typed",
    [
        "jo.bloggs@example.org",
        "Jo_Bloggs+kent@mail.example.co.uk",
        "jo dot bloggs at example dot org",
        "jo at example dot co dot uk",
        "jo(at)example.org",
    ],
)
def test_an_email_is_replaced(typed: str) -> None:
    assert redact(f"write: {typed}").text == "write: [email]"


@pytest.mark.parametrize("typed", ["ZE3 9ZZ", "ze39zz", "CT1 9ZZ", "W1A 9ZZ", "me14 9zz", "ct19zz"])
def test_a_full_postcode_is_replaced(typed: str) -> None:
    assert redact(f"lives at {typed} now").text == "lives at [postcode] now"


@pytest.mark.parametrize("marker", ["dob", "DOB:", "d.o.b.", "D.O.B -", "born", "born on", "date of birth is", "(dob"])
@pytest.mark.parametrize(
    "date",
    [
        "5th of may 2017",
        "5 May 2017",
        "May 5th, 2017",
        "03.04.19",
        "03/04/2019",
        "3-4-19",
        "030419",
        "2019-04-03",
        "Friday 3rd April 2019",
        "03 04 2019",
    ],
)
def test_a_date_marked_as_of_birth_is_replaced(marker: str, date: str) -> None:
    assert redact(f"boy {marker} {date} with a bruise").text == f"boy {marker} [dob] with a bruise"


def test_the_mark_may_follow_the_date() -> None:
    assert redact("Ali 03/04/2019 (dob)").text == "Ali [dob] (dob)"
    assert redact("seen 3/4/24 dob 5/6/2017").text == "seen 3/4/24 dob [dob]"


@pytest.mark.parametrize(
    "text",
    [
        "visit moved from 14/03 to 02/04",
        "conference on 14/03/2024 at 10",
        "section 47 and section 17, S47 2nd meeting",
        "Working Together 2023 page 84",
        "Keeping Children Safe in Education 2024 part 1",
        "1 in 4 children, year 10, KS2 1 to 4",
        "form 1234567890 and case 2019 2020 21",
        "born in 2019 at 28 weeks, 3.5kg",
        "3 year old, 18 months, 12 visits, 2 to 3 times a week",
        "meet at the dot in the middle",
        "look at kscmp.org.uk for the policy",
        "on 03 04 2019 at 09 30",
        "level 3 to level 2, E2 plan",
    ],
)
def test_look_alikes_stay(text: str) -> None:
    assert redact(text).text == text
    assert redact(text).kinds == ()


def test_kinds_come_in_order_of_first_appearance_and_once() -> None:
    text = f"dob 03/04/2019, NHS {NHS}, 07700 900123, born 5 May 2017, CT1 9ZZ, jo@example.org, {UPN}"
    assert redact(text).kinds == ("dob", "nhs-number", "phone", "postcode", "email", "upn")


pieces = st.sampled_from(
    [
        NHS,
        UPN,
        "07700 900123",
        "+44",
        "dob ",
        "born on ",
        "3/4/19",
        "5 may ",
        "2017",
        "CT1 9ZZ",
        "jo@example.org",
        " dot ",
        " at ",
        "0",
        "-",
        " ",
        "x",
        "(",
        ".",
        "[phone]",
        "[dob]",
    ]
)


@given(st.one_of(st.text(), st.lists(pieces, max_size=12).map("".join)))
def test_redacting_twice_changes_nothing(text: str) -> None:
    once = redact(text, [FRONT_DOOR])
    again = redact(once.text, [FRONT_DOOR])
    assert again.text == once.text
    assert again.kinds == ()


@pytest.mark.parametrize(
    "piece",
    [
        "0",
        "0-",
        "07700 ",
        "999 ",
        "+44",
        "a",
        "a.",
        "a@b.",
        "a dot ",
        "dob ",
        "born 1 ",
        "CT1 ",
        "(0)",
        "may ",
    ],
)
def test_a_message_of_100_kb_takes_less_than_a_second(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    started = time.process_time()
    redact(text)
    assert time.process_time() - started < 1
