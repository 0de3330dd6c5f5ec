"""Tags: what HTML says, without what it is written in."""

from html import escape

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.messaging.text.tags import without_tags


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<b>Alarme</b>", "Alarme"),
        ("<B>Alarme</B > <i>ici</i>", "Alarme ici"),
        ('<a href="http://x/?a>b">lien</a>', "lien"),
        ("<font color='red' size=2>ici</font>", "ici"),
        ('<img src="a.png" alt="x"/>ici', "ici"),
        ('<speak>Un<break time="1s"/> deux</speak>', "Un deux"),
        ("a<!-- rien --><!DOCTYPE html>b", "ab"),
        ("<style>p { x }</style>a<script>x < y</script>b", "ab"),
        # What ends a line.
        ("a<br>b<br/>c<BR />d", "a\nb\nc\nd"),
        ("a<br><br>b", "a\n\nb"),
        ("a<br>\n  b", "a\nb"),
        ("<p>a</p><p>b</p>", "a\nb\n"),
        ("<p>a</p>\n<p>b</p>", "a\nb\n"),
        ("<div>a<div>b</div></div>c", "a\nb\nc"),
        ("Titre<p>Texte", "Titre\nTexte"),
        ("<ul>\n  <li>a</li>\n  <li>b</li>\n</ul>", "a\nb\n"),
        ("<tr><td>a</td><td>b</td></tr>c", "a b\nc"),
        # Entities, each once.
        ("Tom &amp; Jo &eacute;t&#233; &#xe9;", "Tom & Jo été é"),
        ("&lt;b&gt; &amp;eacute;", "<b> &eacute;"),
    ],
)
def test_reads_html(written: str, read: str) -> None:
    """As it would be shown."""
    assert without_tags(written) == read


@pytest.mark.parametrize(
    "text",
    [
        "a < b et c > d",
        "a<b",
        "x<y et z>w",
        "<3 <- -> <> </> <1>",
        "<https://x.fr/a> <jean@x.fr>",
        "**gras** _x_ `a` [a](http://b)\n> cité\n- un",
        "http://x.fr/?a=1&copy=2&b;é AT&T &inconnu;",
        "<b",
        "<!-- sans fin",
    ],
)
def test_keeps_what_is_no_html(text: str) -> None:
    """Comparisons, hearts, addresses, Markdown."""
    assert without_tags(text) == text


@given(st.text())
def test_reads_what_was_escaped(text: str) -> None:
    """Every text that a page can show."""
    assert without_tags(f"<i>{escape(text)}</i>") == text
