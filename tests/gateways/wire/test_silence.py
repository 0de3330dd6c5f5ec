"""Answers that say nothing of their own."""

import pytest

from custom_components.passerelle_sms.gateways.wire.silence import says_nothing


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n",
        "Not Found",
        "404 page not found",
        '{"error": "Not Found", "status": 404}',
        "<html><body><h1>Not Found</h1>Apache/2.4.62 Port 443</body></html>",
    ],
)
def test_what_a_web_server_says_beside_its_status_is_nothing(body: str) -> None:
    """The status decides."""
    assert says_nothing(body, 404)


@pytest.mark.parametrize(
    "body",
    [
        "80",
        '{"code": 80}',
        '{"error": "Not',
        "Message envoyé",
        "1" * 25,
        "a" * 5000,
        "<a>",
    ],
)
def test_what_may_be_an_answer_is_something(body: str) -> None:
    """A number, a document that is cut, a word of success, or too much of anything."""
    assert not says_nothing(body, 404)
