"""The tables of docs/reliability.md in French: those of docs/reliability.fr.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path
import re
from typing import Final

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS

FRENCH: Final = Path(__file__).parents[2] / "docs" / "reliability.fr.md"

_TABLE: Final = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)
# What stands between the words of a cell, and what it is in French.
_BETWEEN: Final[Mapping[str, str]] = {
    "; in doubt, ": "\u00a0; pendant le doute, ",
    ", ": ", ",
    ": ": "\u00a0: ",
    " → ": " → ",
    "<br>": "<br>",
    " or ": " ou ",
}
_SPLIT: Final = re.compile("({})".format("|".join(map(re.escape, _BETWEEN))))
# How often it was accepted, code words and lines are the same in both languages.
_ALIKE: Final = re.compile(r"`\w+`|\(?\d+(?:\+\d+)*(?: – \d+)?\)?|-+|–|")
_COUNTED: Final = re.compile(r"(?P<outcome>\w+) (?P<times>\(.+)")
_WORDS: Final[Mapping[str, str]] = {
    **{gateway.name: gateway.name for gateway in GATEWAYS.values()},
    # The heads.
    "What goes wrong": "Ce qui ne va pas",
    "What happens": "Ce qui arrive",
    "What goes wrong at the first": "Ce qui ne va pas au premier compte",
    "at the first": "au premier compte",
    "notify service": "service notify",
    "notify entity": "entité notify",
    "two recipients": "deux destinataires",
    "two alerts at once": "deux alertes à la fois",
    # What callers are told, and what becomes of a message.
    "returns": "rend la main",
    "error": "erreur",
    "accepted": "accepté",
    "rejected": "refusé",
    "queued": "en attente",
    "expired": "expiré",
    "unknown": "inconnu",
    "held": "retenu",
    "refused": "écarté",
    "nothing": "rien",
    # Faults.
    "the name is not resolved": "le nom est introuvable",
    "for a while": "un moment",
    "TLS fails": "TLS échoue",
    "for good": "pour de bon",
    "stall": "la réponse ne vient pas",
    "connection closed": "connexion fermée",
    "connection reset": "connexion coupée net",
    "half an answer": "une moitié de réponse",
    "HTTP 500": "HTTP 500",
    "HTTP 429": "HTTP 429",
    "a page of HTML": "une page HTML",
    "an empty answer": "une réponse vide",
    "a redirect": "une redirection",
    "message taken": "message pris",
    "message not taken": "message non pris",
    # Refusals of the account.
    "no credit": "plus de crédit",
    "wrong credentials": "mauvais identifiants",
    "the house's IP address is not allowed": "l'adresse IP de la maison est interdite",
    "the account is inactive": "le compte est inactif",
    "its own sender is not registered": "son expéditeur n'est pas enregistré",
    "mended within the hour": "avec remède dans l'heure",
    "not mended": "sans remède",
    # The balance.
    "a shared account": "un compte partagé",
    "somebody else spends as much": "quelqu'un d'autre dépense autant",
    "charged 30 s late": "facturé 30 s plus tard",
    "charged 200 s late": "facturé 200 s plus tard",
    "the message before is charged 30 s late": (
        "le message d'avant est facturé 30 s plus tard"
    ),
    "the message before is charged 200 s late": (
        "le message d'avant est facturé 200 s plus tard"
    ),
    "both this and the message before are charged 200 s late": (
        "celui-ci et le message d'avant sont facturés 200 s plus tard"
    ),
    "a credit is given back": "un crédit est rendu",
    "a credit is given back before it is charged": (
        "un crédit est rendu avant la facturation"
    ),
    # Refusals of the message.
    "the number is refused by the gateway's rules": (
        "les règles de la passerelle refusent le numéro"
    ),
    "the gateway refuses the number": "la passerelle refuse le numéro",
    "the gateway refuses the text": "la passerelle refuse le texte",
    "the gateway refuses the message": "la passerelle refuse le message",
    "without a reason": "sans dire pourquoi",
    "the recipient has opted out": "le destinataire s'est désinscrit",
    "the gateway has the message already": "la passerelle a déjà le message",
    # What happens in the house.
    "the first account's stop for runaway automations is reached": (
        "la limite d'envoi du premier compte est atteinte"
    ),
    "the first account's disk is full": "le disque du premier compte est plein",
    "the first account's disk is full once the message has left": (
        "le disque du premier compte est plein une fois le message parti"
    ),
    "the first account is disabled": "le premier compte est désactivé",
    "the first account is reloaded": "le premier compte est rechargé",
    "the power fails": "le courant est coupé",
    "Home Assistant is restarted": "Home Assistant est redémarré",
    "at any moment": "à n'importe quel moment",
    "the clock is set a day ahead": "l'horloge est avancée d'un jour",
    "the clock is set a day back": "l'horloge est reculée d'un jour",
    "the account is disabled": "le compte est désactivé",
    "the account is reloaded": "le compte est rechargé",
    "the account's journal is put back as it was before": (
        "le journal du compte est remis tel qu'il était avant"
    ),
    "the relay's journal is put back as it was then": (
        "le journal du relais est remis tel qu'il était alors"
    ),
}


def tables(page: str) -> list[str]:
    """Return the tables of a page, in their order."""
    return _TABLE.findall(page)


def in_french(table: str) -> str:
    """Return a table of the English page in French."""
    return "".join(f"{_line(line)}\n" for line in table.splitlines())


def with_tables(page: str, others: Sequence[str]) -> str:
    """Return a page with other tables in the places of its own."""
    left = iter(others)
    return _TABLE.sub(lambda found: next(left, found[0]), page)


def _line(line: str) -> str:
    cells = [
        cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")
    ]
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(cell: str) -> str:
    # Words, what is between them, words, and so on.
    pieces = _SPLIT.split(cell)
    pieces[::2] = map(_word, pieces[::2])
    pieces[1::2] = [_BETWEEN[between] for between in pieces[1::2]]
    return "".join(pieces)


def _word(word: str) -> str:
    if counted := _COUNTED.fullmatch(word):
        return f"{_WORDS[counted['outcome']]} {counted['times']}"
    return word if _ALIKE.fullmatch(word) else _WORDS[word]
