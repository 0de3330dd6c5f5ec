"""A French document says what its English original says, and every link leads somewhere."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
import re
from typing import Final
from urllib.parse import unquote

import pytest

REPOSITORY: Final = Path(__file__).parent.parent
DOCUMENTS: Final = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])
FENCE: Final = re.compile(r" *```")
HEADING: Final = re.compile(r"(#+) (.+)")
CODE: Final = re.compile(r"`([^`]+)`")
PLACEHOLDER: Final = re.compile(r"<\w+>")
NUMBER: Final = re.compile(r"\d+(?:[.,\s]\d+)*")
MARK: Final = re.compile(r"✓|^–$")
LINK: Final = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")

# What stands as code and is said in the reader's language all the same.
IN_ENGLISH: Final = {
    "ici": "here",
    "{mot}": "{word}",
    # Each page tells of a house in the other language, too.
    "event.<>_remise": "event.<>_delivery",
    "event.<>_reponse": "event.<>_reply",
}

# A sign that would begin a line without the word that it belongs to.
LOOSE_SIGN: Final = re.compile(r"[^|\n]* (?:[:;?!»](?=[\s|]|$)|(?<=« ))", re.MULTILINE)

# What a block of code may say in the reader's language: comments, texts, and what an
# entity is called.
COMMENT: Final = re.compile(r"(^| +)# .*")
TEXT: Final = re.compile(r"\b(message|title): .*")
ENTITY: Final = re.compile(r"\b(binary_sensor|cover|event|light|sensor|switch)\.\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading, and what stands under it until the next one."""

    level: int
    heading: str
    prose: list[str] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)
    blocks: list[list[str]] = field(default_factory=list)


def sections(document: Path) -> list[Section]:
    """Return them in their order; the first one is what stands above all headings."""
    found = [Section(level=0, heading="")]
    is_code = is_table = False
    for line in document.read_text("utf-8").splitlines():
        if FENCE.match(line):
            is_code = not is_code
            if is_code:
                found[-1].blocks.append([line])
        elif is_code:
            found[-1].blocks[-1].append(line)
        elif heading := HEADING.fullmatch(line):
            found.append(Section(level=len(heading[1]), heading=heading[2]))
        else:
            found[-1].prose.append(line)
        was_table, is_table = is_table, not is_code and line.startswith("|")
        if is_table:
            if not was_table:
                found[-1].tables.append([])
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            found[-1].tables[-1].append(cells)
    return found


def signs(cell: str) -> list[str]:
    """Return what a cell says in any language: code words, numbers and ticks."""
    words = [PLACEHOLDER.sub("<>", word) for word in CODE.findall(cell)]
    rest = LINK.sub("]", CODE.sub("", cell))
    numbers = [re.sub(r"\D", "", number) for number in NUMBER.findall(rest)]
    return sorted([*words, *numbers, *MARK.findall(rest)])


def commands(block: list[str]) -> list[str]:
    """Return a block of code without what may be said in another language."""
    return [ENTITY.sub(r"\1", TEXT.sub(r"\1", COMMENT.sub("", line))) for line in block]


def anchors(document: Path) -> set[str]:
    """Return where a link may lead in a document, as GitHub names its headings."""
    found: set[str] = set()
    for section in sections(document)[1:]:
        shown = re.sub(r"\]\([^)]*\)", "", section.heading).strip().lower()
        name = re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")
        repeated, number = name, 0
        while repeated in found:
            number += 1
            repeated = f"{name}-{number}"
        found.add(repeated)
    return found


def links(document: Path) -> Iterator[tuple[Path, str]]:
    """Yield the file and the anchor of every link that stays in the repository."""
    for section in sections(document):
        text = CODE.sub("", "\n".join([section.heading, *section.prose]))
        for target in ("".join(pair) for pair in LINK.findall(text)):
            if not target.startswith(("http:", "https:")):
                name, _, anchor = unquote(target).partition("#")
                path = (document.parent / name).resolve() if name else document
                yield path, anchor


def original(french: Path) -> Path:
    """Return what a French document is the twin of."""
    name = french.name.replace(".fr.md", ".md")
    return next(path for path in DOCUMENTS if path.name == name)


TWINS: Final = {
    document: original(document)
    for document in DOCUMENTS
    if document.name.endswith(".fr.md")
}
EACH_TWIN: Final = pytest.mark.parametrize(
    ("french", "english"), TWINS.items(), ids=lambda path: path.name
)
EACH_DOCUMENT: Final = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: path.name
)


def test_what_people_read_first_is_there_in_french() -> None:
    """And so is what each gateway can do."""
    assert {path.name for path in TWINS.values()} >= {
        "README.md",
        "gateways.md",
        "performance.md",
    }


@EACH_TWIN
def test_headings_have_the_same_levels_in_the_same_order(
    french: Path, english: Path
) -> None:
    """Whatever they are called."""
    assert [one.level for one in sections(french)] == [
        one.level for one in sections(english)
    ]


@EACH_TWIN
def test_tables_have_the_same_rows_and_columns(french: Path, english: Path) -> None:
    """Under the same headings, with the same code words and numbers in every cell."""
    for told, meant in zip(sections(french), sections(english), strict=True):
        assert [[len(row) for row in table] for table in told.tables] == [
            [len(row) for row in table] for table in meant.tables
        ], told.heading
        for table, expected in zip(told.tables, meant.tables, strict=True):
            for row, cells in zip(table, expected, strict=True):
                assert [signs(cell) for cell in row] == [
                    signs(cell) for cell in cells
                ], row


def names(section: Section) -> set[str]:
    """Return the code words and numbers that a section holds."""
    text = "\n".join(section.prose)
    words = {
        PLACEHOLDER.sub("<>", " ".join(word.split())) for word in CODE.findall(text)
    }
    rest = LINK.sub("]", CODE.sub("", text))
    numbers = {re.sub(r"\D", "", number) for number in NUMBER.findall(rest)}
    return {IN_ENGLISH.get(word, word) for word in words} | numbers


@EACH_TWIN
def test_prose_names_the_same_things(french: Path, english: Path) -> None:
    """No fact with a word of the code or a number is left out, or added."""
    for told, meant in zip(sections(french), sections(english), strict=True):
        assert names(told) == names(meant), told.heading


@EACH_TWIN
def test_blocks_of_code_do_the_same(french: Path, english: Path) -> None:
    """Under the same headings; only comments, texts and names of entities differ."""
    for told, meant in zip(sections(french), sections(english), strict=True):
        assert [commands(block) for block in told.blocks] == [
            commands(block) for block in meant.blocks
        ], told.heading


@pytest.mark.parametrize("french", TWINS, ids=lambda path: path.name)
def test_french_is_set_as_french_is(french: Path) -> None:
    """No line begins with a sign that belongs to the word before it."""
    for section in sections(french):
        text = CODE.sub("code", "\n".join([section.heading, *section.prose]))
        assert LOOSE_SIGN.findall(text) == [], section.heading


@EACH_TWIN
def test_twins_lead_to_each_other(french: Path, english: Path) -> None:
    """So that everybody finds the language that he reads."""
    assert english in {path for path, _ in links(french)}
    assert french in {path for path, _ in links(english)}


@EACH_TWIN
def test_french_documents_lead_to_french_ones(french: Path, english: Path) -> None:
    """Where there are any; English is only for the original."""
    in_english = {*TWINS.values()} - {english}

    assert [path for path, _ in links(french) if path in in_english] == []


@EACH_DOCUMENT
def test_links_lead_somewhere(document: Path) -> None:
    """To a file or a picture that is there, and to one of its headings."""
    for path, anchor in links(document):
        assert path.exists(), path
        assert not anchor or anchor in anchors(path), f"{path}#{anchor}"
