"""XML as it should be, as servers print it, and as nobody should write it."""

import time
import tracemalloc
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from hypothesis import example, given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.wire.xml_document import read_xml


def read(text: str, path: str) -> str | None:
    """Return the text of one element of what could be read."""
    root = read_xml(text)
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
        # In capitals, all or some; with a name space.
        ("<A><B>1</B></A>", "b", "1"),
        ("<a><B>1</b></A>", "b", "1"),
        ('<x:a xmlns:x="urn:x"><x:b>1</x:b></x:a>', "b", "1"),
        ("<x:a><x:b>1</x:b></x:a>", "b", "1"),
        # Attributes, where they are some.
        ("<a c='1'><b c=\"2\" d = 'e'>1</ b></a>", "b", "1"),
        ("<a><b c>1</b>2 & <b>3</b></a>", "b", "3"),
        # What begins or ends nothing is text.
        ("<a><b>I <3 you</b></a>", "b", "I <3 you"),
        ("<a><b>1 < 2 <- 0</b></a>", "b", "1 < 2 <- 0"),
        ("<a><b>x<y</b></a>", "b", "x<y"),
        ("<a><b><c>1</b></a>", "b", "<c>1"),
        ("<a><b>1</c></b></a>", "b", "1</c>"),
        ("<a><b><c>1</d></b></a>", "b", "<c>1</d>"),
        ("<a><b>1</b></b><c>2</c></a>", "c", "2"),
        ("<a><b>1<c/>2 & </b></a>", "b", "1"),
        (
            "<a><b><?php <!DOCTYPE c> <!-- ]]></b></a>",
            "b",
            "<?php <!DOCTYPE c> <!-- ]]>",
        ),
        # Characters that XML has none of, and entities that it doesn't know.
        ("<a><b>\x001\x0b\x1b\ufffe</b></a>", "b", "1"),
        ("<a><b>&#0;&#x1B;&#xD83D;&#1114112;&#xFFFFFF;1</b></a>", "b", "1"),
        (
            "<a><b>&#60;3 &#x26;&#128512; & \x00</b></a>",
            "b",
            "<3 &\N{GRINNING FACE} & ",
        ),
        ("<a><b>&eacute;&nbsp;&lt;&LT;&euro;</b></a>", "b", "é\u00a0<<€"),
        ("<a><b>&#00000000000000065;&</b></a>", "b", "&#00000000000000065;&"),
        ("<a><b><![CDATA[a < & &eacute; <c>]]>&</b></a>", "b", "a < & &eacute; <c>&"),
        ("<a><b><![CDATA[a]]><![CDATA[b</b></a>", "b", "a<![CDATA[b"),
        ("<a><b><!-- c -->1&</b></a>", "b", "1&"),
    ],
)
def test_reads_what_is_well_formed_or_known_to_be_misprinted(
    text: str, path: str, value: str
) -> None:
    """Whatever the form: the same text."""
    assert read(text, path) == value


NOTICE = (
    "<br />\n<b>Warning</b>:  mysqli_connect(): Access denied in "
    "<b>/var/www/db.php</b> on line <b>12</b><br />\n"
)


@pytest.mark.parametrize("document", ["<a><c>1</c></a>", "<a><c>1 & </ c ></a>"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\ufeff \n", "\n"),
        (NOTICE, ""),
        ("", NOTICE),
        ("PHP Notice:  Undefined index: x in /a.php on line 12\n", ""),
        ("<!-- <a> 12 ms -->", "<!-- </a> -->"),
        ("<html><head><title>API</title></head><body><pre>", "</pre></body></html>"),
        ("<?xml version='1.0'?>\n" + NOTICE, ""),
        ('<?xml version="1.1" encoding="ISO-8859-1"?>', ""),
        ("OK ", " 12 ms"),
    ],
)
def test_passes_noise_over(document: str, before: str, after: str) -> None:
    """What a server prints around one whole document takes nothing away from it."""
    assert (read(f"{before}{document}{after}", "c") or "").startswith("1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n",
        "80",
        "<a>",
        "<a><c>1</c>",
        "<a><c></a></c>",
        "</a>",
        "<a/><a/>",
        "<a>1</a><a>2</a>",
        "<a>1</a><c>2</c>",
        "<c/><a>1</a>",
        "<a>1</a> Erreur interne",
        "Fatal error: Uncaught Exception in /a.php <a>1</a>",
        "<script>alert(1)</script><a>1</a>",
        f"{'x ' * 3000}<a>1</a>",
        f"{'<br>' * 20_000}<a>1</a>",
        "<html><body>Bienvenue</body></html>",
        "<html><body>Fatal error <a>1</a></body></html>",
        "<!DOCTYPE html><html><body>Bienvenue</body></html>",
        "<!DOCTYPE html><html><body><a>1</a></body></html>",
        '<!DOCTYPE a [<!ENTITY b "boom">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY b "<c>boom</c>">]><a>&b;</a>',
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "boom">]><a>&b; & </a>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>',
    ],
)
def test_reads_nothing_else(text: str) -> None:
    """`None`, never an exception, and never a resolved entity."""
    assert read_xml(text) is None


SIZE = 1_048_576


def filled(with_what: str, count: int = 4000) -> str:
    """Return a document of about a mebibyte that holds something again and again."""
    rest = "y" * (SIZE // count - len(with_what))
    return f"<r><s>{(with_what + rest) * count}</s></r>"


@pytest.mark.parametrize(
    "text",
    [
        "<" * SIZE,
        "<" + " " * SIZE,
        "&" * SIZE,
        "<a>" * (SIZE // 3),
        "</a>" * (SIZE // 4),
        "< " * (SIZE // 2),
        "<r><s><" + " " * SIZE + "</s></r>",
        "<r><s>" + "&" * SIZE + "</s></r>",
        "<r><s>" + "]]>" * (SIZE // 3) + "</s></r>",
        "<r><s>" + "\x00a" * (SIZE // 2) + "</s></r>",
        "<r><s " + "x='1' " * (SIZE // 6) + "></s></r>",
        f"<r>{'<s>1</s>' * 100_000}</r>",
        f"{'x ' * (SIZE // 2)}<r>1</r>",
    ],
    ids=lambda text: f"{text[:8]!r}…{text[-8:]!r}",
)
def test_gives_up_soon_what_is_built_to_harm(text: str) -> None:
    """Linear in time, and without much memory."""
    assert cost_of(text) is None


@pytest.mark.parametrize(
    "what", ["<", "<x>", "</s>", "<x a='1'>", "&", "&eacute;", "&#60;", "\x00", "<!--"]
)
def test_repairs_much_in_linear_time(what: str) -> None:
    """As much as it repairs at all."""
    root = cost_of(filled(what))

    assert root is not None
    assert len("".join(root.itertext())) > SIZE // 2


def cost_of(text: str) -> Element | None:
    """Read a text, and hold the reading to its bounds."""
    begun = time.process_time()
    read_xml(text)
    # A machine that runs other things is no measure: a quadratic reading takes minutes.
    assert time.process_time() - begun < 0.5
    tracemalloc.start()
    root = read_xml(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * SIZE
    return root


@given(st.text())
@example("<a>&b</ a>")
def test_never_raises(text: str) -> None:
    """Whatever a server writes."""
    root = read_xml(text)

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
