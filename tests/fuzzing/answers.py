"""Answers as the gateways give them, and what may be made of them on the way."""

import json
from typing import Final

from hypothesis import strategies as st

from custom_components.passerelle_sms.gateways.wire.transport import MAXIMUM_ANSWER

MAMAN: Final = "+237695688207"
PAPA: Final = "+237699128531"

_DETAILS: Final = {
    "status": "success",
    "messageid": "brk.ocm.746082b9-5e1c-43d7-a616-9e3d66f4f8cf",
    "mobileno": MAMAN,
    "errorcode": None,
    "total_sms_unit": 1,
    "balance": 1785,
}
_REPORT: Final = {
    "smsfid": "55857bf80517a0-38726421",
    "destination": "237695688207",
    "statut": "56",
    "libelle": "DELIVERED",
    "date": "2015-06-20 17:26:32",
}
_XML: Final = (
    "<?xml version='1.0'?><envoyersmspro><status>{}</status>{}</envoyersmspro>"
)

# By the gateway's key, what its document prints or its servers are known to say.
ANSWERS: Final[dict[str, tuple[str, ...]]] = {
    "etech_keys": (
        "1243161184695688207369660",
        "error.1243161184695688207369660",
        "Solde insuffisant",
        "1 785,50",
        '{"id": "124316118469568820764259", "etat_sms": "2", "Libelle_sms": "DELIVERED"}',
        '[{"date": "2026-10-01 12:00", "numero": "695688207", "message": "Vide"}]',
        "date;numero;message\n2026-10-01;695688207;Citerne vide",
        "<table><tr><td>2026-10-01<td>695688207<td>Citerne vide</table>",
    ),
    "smseco": (
        json.dumps(
            {
                "statut": 2,
                "texte": "OK",
                "msgfid": "55857bdb8d51b7-38880789",
                "credits": 2,
                "solde": "41",
                "messages": [
                    {"smsfid": "55857bf80517a0", "destination": "237695688207"},
                    {"smsfid": "55857bf80517a1", "destination": "237699128531"},
                ],
            }
        ),
        json.dumps({"statut": -6, "texte": "Crédit insuffisant"}),
        json.dumps(
            {"statut": 0, "credits": "41,5", "expire": "2027-01-31", "cumul": 3}
        ),
        json.dumps({"statut": 0, "senders": ["MAISON", {"sender": "CITERNE"}]}),
        json.dumps(
            {
                "statut": 0,
                "messages": [{"msgfid": "5585-38", "dlrs": [_REPORT, _REPORT]}],
            }
        ),
    ),
    "envoyer_sms_pro": (
        _XML.format(
            "success",
            "<message><message_id>879</message_id><sms_sent>2</sms_sent>"
            "<sms_remaing>564</sms_remaing><recredited_sms>2</recredited_sms></message>",
        ),
        _XML.format(
            "fail",
            "<error><request>/message/send?text=a&sendername=b</request>"
            "<error_id>3</error_id><error_message>Wrong numbers : 33600000001"
            "</error_message></error>",
        ),
        _XML.format(
            "success",
            "<account><sms_remaining>564</sms_remaining><account_id>7</account_id>"
            "<api_request_limit>100</api_request_limit></account><accounts><account>"
            "<account_id>7</account_id><sms_remaining>5</sms_remaining></account></accounts>",
        ),
        _XML.format(
            "success",
            "<stats><recipient><mobile_number>237695688207</mobile_number>"
            "<status_id>1</status_id><delivered_date>2014-09-03 08:24:00</delivered_date>"
            "</recipient></stats><responses><number_of_response>1</number_of_response>"
            "<response><mobile_number>237695688207</mobile_number><date>2014-09-03 08:24"
            "</date><content>Oui</content></response></responses>",
        ),
    ),
    "sms123": (
        "80",
        "8012345",
        "82 - Erreur : le login et/ou mot de passe n'est pas valide",
        '{"code": "80", "refaccuse": "12345"}',
        "<sms><retour>80</retour></sms>",
        "E505 : user et/ou cleAPI non valides",
        "142,5",
        "516",
    ),
    "devcodesms": (
        json.dumps(
            {
                "success": True,
                "status": 200,
                "code": "success",
                "msg": "Tous les messages ont été envoyés avec succès",
                "details": [{"sms": [_DETAILS, {**_DETAILS, "mobileno": PAPA}]}],
            }
        ),
        json.dumps({"success": False, "status": 400, "msg": "Solde insuffisant"}),
        json.dumps(
            {
                "success": True,
                "data": [{"solde": 12, "qty_acheter": 90, "qty_envoye": 78}],
            }
        ),
        json.dumps({"dlrlist": [{**_DETAILS, "status": "DELIVRD", "reponsecode": 1}]}),
    ),
}

FRAGMENTS: Final = (
    *"0128<>{}[]\"'\\&%;,:=+-/ \n\t\0é",
    "\ufeff",
    "\u202e",
    "null",
    "true",
    "NaN",
    "1e999",
    "80",
    "82",
    "91",
    "-1",
    "success",
    "error",
    "Solde insuffisant",
    "237695688207",
    "1" * 5000,
    "0001-01-01 00:00:00",
    "9999-12-31T23:59:59-23:59",
    "\\ud83d",
    "\\u0000",
    "&#0;",
    "&eacute;",
    f"&#{'0' * 9999}65;",
    "<3",
    "< ",
    "<a>",
    "<!--",
    "<table><td>",
    "<request>",
    "<recipient></recipient>",
    "<response/>",
    "Warning: ",
    "Warning: a on line 1\n",
    '{"a":',
    '{"statut": 56, "smsfid": "1"}',
    '{"sms": [{"status": "success"}]},',
    '[{"',
    "[[",
    '"a",',
    "1;2\n",
    "non ",
    "un not pas ",
)
STATUSES: Final = (200, 201, 302, 400, 401, 402, 403, 404, 408, 429, 500, 503)


def flood(fragment: str) -> str:
    """Return as much of a fragment as an answer may hold."""
    return fragment * (MAXIMUM_ANSWER // len(fragment.encode()))


@st.composite
def changed_answers(draw: st.DrawFn, key: str) -> str:
    """Return an answer of a gateway that something has happened to."""
    text = draw(st.sampled_from(ANSWERS[key]))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        piece = draw(st.sampled_from(FRAGMENTS) | st.text(max_size=9))
        kept = text[start:end]
        text = draw(
            st.sampled_from(
                (
                    text[:start],
                    text[end:],
                    text[:start] + piece + text[start:],
                    text[:start] + piece + text[end:],
                    text[:end] + kept + text[end:],
                    text[:start] + kept.swapcase() + text[end:],
                    text + text,
                )
            )
        )
    return text
