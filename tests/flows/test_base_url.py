"""What a form takes for the address of an API."""

from contextlib import suppress

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.flows.account_check import (
    InvalidUrlError,
    base_url,
)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("https://sms.example/api", "https://sms.example/api/"),
        (" HTTPS://SMS.example:443/api/\n", "https://sms.example/api/"),
        ("http://[::1]:8080", "http://[::1]:8080/"),
        ("https://étude.fr/sms", "https://xn--tude-9oa.fr/sms/"),
        # As it is written: this is no slash.
        ("https://sms.example/a%2Fb", "https://sms.example/a%2Fb/"),
        ("https://sms.example/é", "https://sms.example/%C3%A9/"),
    ],
)
def test_an_address_is_stored_in_one_form(text: str, stored: str) -> None:
    """Ready to be joined with the names of the operations."""
    assert base_url(text) == stored
    assert base_url(stored) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sms.example",
        "ftp://sms.example/",
        "https://",
        "https://xn--/",
        "https://xn--a/",
        f"https://{'é' * 70}/",
        "https://sms example/",
        "https://[::1",
        "https://sms.example:99999/",
        "https://moi@sms.example/",
        "https://moi:secret@sms.example/",
        "https://:@sms.example/",
        "https://sms.example/?a=1",
        "https://sms.example/#a",
        "https://@sms.example/",
        f"https://sms.example/{'a' * 2_000}",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Nothing else is raised, and no login stays in an address."""
    with pytest.raises(InvalidUrlError):
        base_url(text)


@given(st.text() | st.from_regex(r"https?://\S{0,40}", fullmatch=True))
def test_whatever_is_written_is_an_address_or_refused(text: str) -> None:
    """The one form of the one form is itself."""
    with suppress(InvalidUrlError):
        stored = base_url(text)
        assert base_url(stored) == stored
