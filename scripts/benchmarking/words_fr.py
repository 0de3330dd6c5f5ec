"""The words of the document, in French."""

from typing import Final

from .goals import Goal
from .plan import BARE_POST, CLICKSEND, IDLE
from .words import Words

FRENCH: Final = Words(
    decimal_mark=",",
    thousands_mark="\N{NARROW NO-BREAK SPACE}",
    title="Ce que coûte une alerte",
    introduction="""\
*[In English](performance.md)*

Les millisecondes et les synchronisations d’une alerte, mesurées dans un vrai Home Assistant.
`scripts/benchmark core` réécrit cette page après une seule exécution. Les passerelles sont simulées
sur la même machine, dans un autre processus : le temps d’une vraie passerelle et d’Internet s’ajoute,
et il est le même pour tous.""",
    machine="""\
Mesuré sur {cores} cœurs ({processor}, {system}), système de fichiers {file_system}, avec Home
Assistant {home_assistant}, Python {python} et SQLite {sqlite}. Sur une autre machine, les millisecondes
changent ; les synchronisations, non.""",
    no_file_system="inconnu",
    columns="""\
Chaque case donne la médiane de plusieurs exécutions, puis la plus basse et la plus haute entre
parenthèses.

- **ms** : millisecondes entre l’appel de l’action et son retour. Un compte répond quand la passerelle a
  répondu et que le résultat est sur le disque.
- **× clicksend** : combien de fois la durée de `clicksend`, l’intégration de Home Assistant.
- **synchronisations** : combien de fois Home Assistant entier a demandé au noyau d’écrire un fichier sur
  le disque, de l’appel jusqu’à la fin de tout ce qu’il déclenche. C’est la liste des appels du noyau qui
  est comptée (`strace`), dans une exécution à part. Une carte SD met de 5 à 50 ms pour chacune, un disque
  de 0,1 à 10 ms.
- **plus longue absence, ms** : le plus long moment pendant lequel la boucle d’événements n’a rien fait
  d’autre, ni avec elle les autres automatisations. Au repos, elle montre ce que la machine elle-même
  ajoute. Le ramasse-miettes de Python, quand il parcourt tout Home Assistant, n’est pas compté : il passe de
  temps en temps, quel que soit celui qui a pris la mémoire, et arrête tout selon la taille de la maison.""",
    no_syncs="""\
**Les synchronisations n’ont pas été comptées** : strace manque sur cette machine, ou n’y est pas
permis.""",
    goals_title="Objectifs",
    goals_text="""\
À côté de chaque objectif figure le pire de ce qui a été mesuré : parmi les médianes et, pour les
absences, parmi toutes les exécutions.""",
    alert_title="Une alerte",
    alert_text="""\
À un destinataire, par `notify.…`. Toutes les lignes ont alterné, une alerte chacune : une machine qui
ralentit est plus lente pour toutes. Un simple POST et `clicksend` ne gardent rien : après une coupure
de courant, ils ne savent plus rien de l’alerte.""",
    journal_title="Un long journal, beaucoup de remises attendues",
    journal_text="""\
La même alerte, dans la même alternance : par un compte dont le journal est vide, par un compte dont
le journal est plein, et par un compte qui attend beaucoup de remises.""",
    recipients_title="Beaucoup de destinataires",
    recipients_text="""\
Un seul `send_sms` à plusieurs numéros. ETECH KEYS et 123-SMS.net prennent un destinataire par requête,
SMSECO cent, Envoyer SMS Pro mille.""",
    relay_title="Par un relais",
    relay_text="""\
La même alerte par un compte, et par un relais dont c’est le premier compte, dans la même alternance :
le relais écrit quel compte doit l’envoyer avant de la lui confier, deux journaux sont donc écrits. Puis
un seul `send_sms` à des numéros du Cameroun, de la Côte d’Ivoire et de la France à tour de rôle, par un
relais des cinq passerelles, dont chacune refuse les numéros qu’elle ne dessert pas : ceux que l’une
refuse sont confiés à la suivante.""",
    what="quoi",
    gateway="passerelle",
    recipients="destinataires",
    milliseconds="ms",
    milliseconds_each="ms par destinataire",
    times_clicksend="× clicksend",
    syncs="synchronisations",
    gap="plus longue absence, ms",
    goal="objectif",
    limit="limite",
    worst="pire mesure",
    reached="atteint",
    yes="oui",
    no="**non**",
    subjects={
        IDLE: "rien, pendant 50 ms",
        BARE_POST: "un simple POST avec aiohttp",
        CLICKSEND: "`clicksend`, de Home Assistant",
    },
    empty="{gateway}",
    journal="{gateway}, {size} messages dans le journal",
    awaited="{gateway}, {size} remises attendues",
    relay="la même par un relais",
    relay_many="{size} destinataires dans trois pays, par un relais de cinq comptes",
    goals={
        Goal.SYNCS: "synchronisations d’une alerte",
        Goal.CLICKSEND: "une alerte, comparée à `clicksend`",
        Goal.MANY: "un message à {recipients} destinataires",
        Goal.GAP: "la plus longue absence de la boucle d’événements, toutes lignes"
        " confondues",
        Goal.FLAT_JOURNAL: "une alerte avec {journal} messages dans le journal, comparée"
        " à un journal vide",
        Goal.FLAT_AWAITED: "une alerte avec {awaited} remises attendues, comparée à"
        " aucune",
        Goal.LINEAR: "chacun de {recipients} destinataires, comparé à chacun de {fewer}",
        Goal.RELAY: "une alerte par un relais, comparée à son compte",
        Goal.RELAY_MANY: "un message à {recipients} destinataires par un relais",
        Goal.RELAY_GAP: "la plus longue absence de la boucle d’événements, par un"
        " relais",
    },
    units={
        Goal.SYNCS: "{number}",
        Goal.CLICKSEND: "{number} ×",
        Goal.MANY: "{number} s",
        Goal.GAP: "{number} ms",
        Goal.FLAT_JOURNAL: "{number} ×",
        Goal.FLAT_AWAITED: "{number} ×",
        Goal.LINEAR: "{number} ×",
        Goal.RELAY: "{number} ×",
        Goal.RELAY_MANY: "{number} s",
        Goal.RELAY_GAP: "{number} ms",
    },
)
