"""What stands around an answer."""

import pytest

from custom_components.passerelle_sms.gateways.wire.noise import (
    is_noise,
    is_page,
    lines,
    says_done,
    unescape,
    visible,
    without_notices,
)

from .notices import NOTICES, PLAIN_NOTICE


@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("is_before", [True, False])
def test_a_notice_of_php_is_passed_over(notice: str, *, is_before: bool) -> None:
    """Before the answer or behind it, as HTML or as text; its words mean nothing."""
    body = f"{notice}80" if is_before else f"80{notice}"

    assert lines(body) == ("80",)
    assert is_noise(notice)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("80", ("80",)),
        ("\ufeff 80\r\n", ("80",)),
        ("<html><body>80</body></html>", ("80",)),
        ("<p>Solde</p><p>insuffisant</p>", ("Solde", "insuffisant")),
        ("80<br/>81", ("80", "81")),
        ("<html><head><title>API</title></head>80</html>", ("API", "80")),
        ("<!-- 0.02 s --><b>80</b><!-- - -->", ("80",)),
        ("Accus&eacute; &#233;", ("Accusé é",)),
        ("&#0000000000000000000065;", ("\ufffd",)),
        ("1 < 2", ("1 < 2",)),
        ("", ()),
        # No sentence is so long.
        ("a" * 4001, ()),
    ],
)
def test_the_lines_that_somebody_would_read(body: str, shown: tuple[str, ...]) -> None:
    """Without byte order mark, tags, comments and entities."""
    assert lines(body) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Fatal error: Uncaught PDOException in /a.php on line 3",
        "Erreur : solde insuffisant",
        "<script>success()</script>",
        "a" * 5000,
        "Échec",
    ],
)
def test_what_may_say_something_else_is_no_noise(text: str) -> None:
    """Words of a failure beside an answer contradict it, or may."""
    assert not is_noise(text)


@pytest.mark.parametrize("text", ["", "Connected", "\n<!-- cached -->\n", "0.02 s"])
def test_noise(text: str) -> None:
    """Nothing of it is about the answer."""
    assert is_noise(text)


def test_many_notices_are_no_notices() -> None:
    """Each would have to be looked for."""
    text = PLAIN_NOTICE * 200

    assert without_notices(text) == text


@pytest.mark.parametrize(
    ("words", "is_done"),
    [
        ("Message envoyé", True),
        ("SUCCÈS", True),
        ("ok", True),
        ("Message non envoyé", False),
        ("n'ont pas été envoyés", False),
        ("token", False),
        ("Solde insuffisant", False),
    ],
)
def test_words_that_say_that_something_was_done(words: str, *, is_done: bool) -> None:
    """And that it was not."""
    assert says_done(words) is is_done


@pytest.mark.parametrize("body", ["<!DOCTYPE html>", "\n<HTML lang='fr'>", "<body >"])
def test_a_page(body: str) -> None:
    """It says so."""
    assert is_page(body)
    assert not is_page(body.replace("<", ""))


def test_a_character_reference_without_end_is_none() -> None:
    """Python refuses to read as many digits."""
    assert unescape(f"&#{'0' * 100_000}65;") == "\ufffd"
    assert visible("<" * 100_000) == "<" * 100_000
