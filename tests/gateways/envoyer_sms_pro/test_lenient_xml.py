"""XML as it should be, as the documents misprint it, and as nobody should write it."""

from xml.sax.saxutils import escape

from hypothesis import example, given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.envoyer_sms_pro import lenient_xml


def read(text: str, path: str) -> str | None:
    """Return the text of one element of what could be read."""
    root = lenient_xml.parse(text)
    assert root is not None
    return root.findtext(path)


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        # As it should be.
        ("<a><b>564</b></a>", "b", "564"),
        ('<?xml version="1.0" encoding="UTF-8"?>\n<a><b>é</b></a>', "b", "é"),
        ('\ufeff\n<?xml version="1.0"?><a><b>1</b></a>\n', "b", "1"),
        # The text is decoded already, whatever the declaration says.
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a><b>é</b></a>', "b", "é"),
        ("<a><b>1 &lt; 2 &amp;amp; &#233;&#xE9;</b></a>", "b", "1 < 2 &amp; éé"),
        ("<a ><b >1</b ></a >", "b", "1"),
        ("<a><b>\ufeff\u00a01</b></a>", "b", "\ufeff\u00a01"),
        # As the documents print it.
        ("<a><b>155</ b></a>", "b", "155"),
        ("<a>< b >1000</b></ a >", "b", "1000"),
        ("<a><b >< c >1000</ c ></b >< d >2</ d ></a>", "b/c", "1000"),
        ("<a><b>7<\n/\tb></a>", "b", "7"),
        ("<a><sub.tag-1>1</ sub.tag-1></a>", "sub.tag-1", "1"),
        ("<a><b>?text=a&sendername=b</b></a>", "b", "?text=a&sendername=b"),
        ("<a><b>&amp; & &#38; &x;</b></a>", "b", "& & & &x;"),
        # What isn't a tag is left alone: the strict form of a document goes first.
        ("<a><b><![CDATA[< c >&]]></b></a>", "b", "< c >&"),
    ],
)
def test_reads_what_is_well_formed_or_known_to_be_misprinted(
    text: str, path: str, value: str
) -> None:
    """A bare ampersand and white space inside a tag are repaired, no more."""
    assert read(text, path) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n",
        "80",
        "<a>",
        "<a><b></a></b>",
        "<a>1 < 2</a>",
        "<a>&#0;</a>",
        "<a>\x00</a>",
        "<a>\ud800</a>",
        "<a/><a/>",
        "<!DOCTYPE html><html><body>Bienvenue</body></html>",
        '<!DOCTYPE a [<!ENTITY b "boom">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>',
    ],
)
def test_reads_nothing_else(text: str) -> None:
    """`None`, never an exception, and never a resolved entity."""
    assert lenient_xml.parse(text) is None


@given(st.text())
@example("<a>&b</ a>")
def test_never_raises(text: str) -> None:
    """Whatever a server writes."""
    root = lenient_xml.parse(text)

    assert root is None or isinstance(root.tag, str)


@given(
    st.lists(
        st.text(
            st.characters(
                min_codepoint=32,
                exclude_categories=("Cs", "Cn"),
                exclude_characters="&",
            )
        ),
        min_size=1,
    )
)
def test_keeps_the_text_of_a_document(parts: list[str]) -> None:
    """With its ampersands escaped as they should be, or bare: the same text."""
    text = "& ".join(parts)
    escaped = escape(text)

    assert (read(f"<a><b>{escaped}</b></a>", "b") or "") == text
    bare = escaped.replace("&amp;", "&")
    assert (read(f"<a><b>{bare}</ b></a>", "b") or "") == text
