"""English and French say everything, and the same."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

import probatio
import pytest

from custom_components.passerelle_sms import (
    binary_sensor,
    config_flow,
    event,
    sensor,
    switch,
)
from custom_components.passerelle_sms.flows import (
    forms,
    group,
    relay_forms,
    switch_forms,
)
from custom_components.passerelle_sms.flows.account_check import form_error
from custom_components.passerelle_sms.gateways import errors
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import Choice, OnUnknown
from custom_components.passerelle_sms.messaging.text.encoding import EncodingChoice
from custom_components.passerelle_sms.presentation import issues
from custom_components.passerelle_sms.sensor import SEGMENTS_SENT
from custom_components.passerelle_sms.services import MODULES
from homeassistant.util.yaml import load_yaml_dict

INTEGRATION = Path(config_flow.__file__).parent
LANGUAGES = ["en", "fr"]

# What no error of the ladder says by itself.
OF_THE_FACE = {
    "ability_missing",
    "account_in_use",
    "account_not_loaded",
    "action_cannot_connect",
    "action_not_stored",
    "action_rate_limited",
    "action_tls_failed",
    "attempt_cannot_connect",
    "attempt_rate_limited",
    "attempt_tls_failed",
    "field_missing",
    "field_not_choice",
    "field_not_day",
    "field_not_length",
    "field_not_list",
    "field_not_mapping",
    "field_not_moment",
    "field_not_number",
    "field_not_option",
    "field_not_switch",
    "field_not_text",
    "field_too_far",
    "field_too_long",
    "field_too_many",
    "field_unknown",
    "journal_unusable",
    "needs_account",
    "no_usable_answer",
    "not_a_name",
    "not_accepted",
    "not_delivered",
    "not_one_recipient",
    "outcome_unknown",
    "switch_not_armed",
    "switch_not_disarmed",
    "wrong_account_name",
}


def load(language: str) -> dict[str, Any]:
    """Return one language's translations."""
    path = INTEGRATION / "translations" / f"{language}.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def leaves(tree: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text with its path."""
    for name, value in tree.items():
        here = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            yield from leaves(value, here)
        else:
            yield here, value


def placeholders(text: str) -> set[str]:
    """Return what a text wants filled in."""
    return set(re.findall(r"{(\w+)}", text))


def test_both_languages_say_the_same_things() -> None:
    """The same keys, each with the same placeholders."""
    english, french = dict(leaves(load("en"))), dict(leaves(load("fr")))

    assert english.keys() == french.keys()
    for key, text in english.items():
        assert text.strip(), key
        assert french[key].strip(), key
        assert placeholders(text) == placeholders(french[key]), key


def test_nothing_is_left_untranslated() -> None:
    """What is alike in both languages is a name or the same word in both."""
    english, french = dict(leaves(load("en"))), dict(leaves(load("fr")))
    alike = {key for key, text in english.items() if text == french[key]}

    assert {english[key] for key in alike} <= {
        "Consumption",
        "Message",
        "Options",
        "SMS",
        "Titre",
        "Title",
        "Urgent",
        "messages",
        "segments",
        "{gateway}",
        "123-SMS.net (France)",
        "Envoyer SMS Pro (France)",
        "SMSECO (Côte d'Ivoire, Burkina Faso)",
    }


def test_french_is_set_as_french_is() -> None:
    """No line begins with a sign that belongs to the word before it."""
    for path, text in leaves(load("fr")):
        assert not re.search(r" [:;?!»]|« ", text), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_a_sentence(language: str) -> None:
    """Each rung of the ladder that can be raised, whoever raises it."""
    keys = {
        error.key
        for error in vars(errors).values()
        if isinstance(error, type)
        and issubclass(error, errors.GatewayError)
        and hasattr(error, "key")
    }

    assert keys | OF_THE_FACE == load(language)["exceptions"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", GATEWAYS)
def test_every_field_of_a_gateways_form_has_words(language: str, key: str) -> None:
    """A label and a description, in the form and in its section."""
    step = load(language)["config"]["step"][key]
    schema = forms.account_form(GATEWAYS[key], "CM").schema
    fields = {str(marker) for marker in schema} - {"advanced"}

    assert step["data"].keys() == step["data_description"].keys() == fields
    advanced = step["sections"]["advanced"]
    assert advanced["data"].keys() == {"url", "verify_ssl"}
    assert advanced["data_description"].keys() == {"url", "verify_ssl"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_menu_names_every_gateway_and_the_relay(language: str) -> None:
    """And no other; what a relay is good for is said there."""
    menu = load(language)["config"]["step"]["user"]

    assert list(menu["menu_options"]) == [*GATEWAYS, "relay"]
    assert list(menu["menu_option_descriptions"]) == ["relay"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("flow", "step", "schema"),
    [
        ("config", "relay", relay_forms.relay_form([], "CM")),
        ("config", "relay_recipients", relay_forms.relay_recipients_form([])),
        ("config", "reconfigure_relay", relay_forms.relay_reconfigure_form([])),
        ("options", "relay", relay_forms.relay_options_form()),
    ],
)
def test_every_field_of_a_relays_forms_has_words(
    language: str, flow: str, step: str, schema: probatio.Schema
) -> None:
    """A label and a description, and a title above."""
    words = load(language)[flow]["step"][step]

    fields = {str(marker) for marker in schema.schema}
    assert words["data"].keys() == words["data_description"].keys() == fields
    assert words["title"]
    assert words["description"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_about_a_groups_form_has_words(language: str) -> None:
    """Its fields, its errors and its ends."""
    words = load(language)["config_subentries"]["group"]
    fields = {str(marker) for marker in group.group_form({}).schema}

    assert words["step"].keys() == {"user", "reconfigure"}
    for step in words["step"].values():
        assert step["data"].keys() == step["data_description"].keys() == fields
    errors = {"invalid_name", "name_taken", "nobody_chosen", "too_long"}
    assert words["error"].keys() == errors
    assert words["abort"].keys() == {"no_recipients", "reconfigure_successful"}
    assert words["initiate_flow"].keys() == {"user", "reconfigure"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_about_a_dead_mans_switchs_form_has_words(language: str) -> None:
    """Its fields, its cost, its errors and its ends."""
    words = load(language)["config_subentries"]["dead_man_switch"]
    fields = {str(marker) for marker in switch_forms.switch_form({}).schema}

    costs = {"cost", "reconfigure_cost"}
    assert words["step"].keys() == {"user", "reconfigure"} | costs
    for name, step in words["step"].items():
        assert step["title"]
        assert step["description"]
        if name not in costs:
            assert step["data"].keys() == step["data_description"].keys() == fields
    kinds = errors.by_key.ERRORS_BY_KEY.values()
    of_gateways = {form_error(kind(code="-7", words="Non")) for kind in kinds}
    # What forbids everything without a word.
    of_gateways.add(form_error(errors.NotAllowedError()))
    assert words["error"].keys() == of_gateways | {
        "delay_out_of_range",
        "delay_too_short",
        "message_back_too_long",
        "message_empty",
        "message_too_long",
        "name_empty",
        "no_delay",
        "nobody_chosen",
        "nobody_reached",
        "not_cancelled",
        "refused",
        "too_long",
    }
    assert words["abort"].keys() == {
        "account_not_loaded",
        "no_able_account",
        "no_account",
        "no_recipients",
        "reconfigure_successful",
    }
    assert words["create_entry"].keys() == {"default"}
    assert words["initiate_flow"].keys() == {"user", "reconfigure"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_end_of_a_relays_forms_has_words(language: str) -> None:
    """Of every error, and of the last page."""
    words = load(language)["config"]
    errors = {"account_gone", "account_twice", "invalid_name", "name_taken", "too_long"}

    assert errors | {"too_few_accounts"} <= words["error"].keys()
    assert words["abort"].keys() == {
        "already_configured",
        "another_account",
        "too_few_accounts",
    }
    assert words["create_entry"].keys() == {"relay"}
    recipient = load(language)["config_subentries"]["recipient"]
    assert recipient["create_entry"].keys() == {"default", "first"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_and_field_has_words(language: str) -> None:
    """As `services.yaml` lists them."""
    services = load_yaml_dict(str(INTEGRATION / "services.yaml"))
    words = load(language)["services"]

    assert words.keys() == services.keys()
    for name, service in services.items():
        assert words[name]["fields"].keys() == service["fields"].keys()


def test_every_field_can_be_filled_in() -> None:
    """`services.yaml` offers what the actions take: no more, no less, and alike."""
    offered = load_yaml_dict(str(INTEGRATION / "services.yaml"))
    taken = {action.name: action for module in MODULES for action in module.ACTIONS}

    assert taken.keys() == offered.keys()
    for name, action in taken.items():
        fields = offered[name]["fields"]
        markers = {str(marker): marker for marker in action.all_fields}
        assert markers.keys() == fields.keys(), name
        for field, marker in markers.items():
            is_required = isinstance(marker, probatio.Required)
            assert fields[field].get("required", False) is is_required, field
            default = getattr(marker, "default", None)
            usual = default() if callable(default) else None
            assert fields[field].get("default") == usual, field


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_may_call_an_action_is_said(language: str) -> None:
    """In its description, unless everybody may."""
    words = load(language)["services"]
    note = {"en": "for administrators and", "fr": "réservé aux administrateurs et"}

    for action in (one for module in MODULES for one in module.ACTIONS):
        is_said = note[language] in words[action.name]["description"].lower()
        # One of them is for everybody with the id of a message only.
        is_partly = action.name == "get_delivery"
        assert is_said is (is_partly or not action.for_everybody), action.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entity_and_choice_has_words(language: str) -> None:
    """As the platforms describe them."""
    words = load(language)

    own = (sensor.CREDIT_ENDS, sensor.PENDING_MESSAGES, SEGMENTS_SENT)
    sensors = (*sensor.SENSORS, *own, *sensor.SWITCH_SENSORS)
    keys = {description.translation_key for description in sensors}
    assert words["entity"]["sensor"].keys() == keys | {"sub_account_balance"}
    assert words["entity"]["binary_sensor"].keys() == {
        binary_sensor.LOW_BALANCE.translation_key,
        binary_sensor.ACCOUNT_RESTS.translation_key,
        binary_sensor.SWITCH_PROBLEM.translation_key,
    }
    problem = words["entity"]["binary_sensor"]["switch_problem"]
    assert problem["state_attributes"].keys() == {"reasons", "error", "until"}
    assert words["entity"]["switch"].keys() == {switch.ARMED.translation_key}
    rests = words["entity"]["binary_sensor"]["account_rests"]
    assert rests["state_attributes"].keys() == {"reason", "since"}
    described = (event.DELIVERY, event.REPLY, event.DEAD_MAN_SWITCH)
    events = {one.translation_key: one for one in described}
    assert words["entity"]["event"].keys() == events.keys()
    for key, description in events.items():
        told = words["entity"]["event"][key]["state_attributes"]["event_type"]["state"]
        assert list(told) == description.event_types
    selectors = words["selector"]
    for name, choices in (("encoding", EncodingChoice), ("on_unknown", OnUnknown)):
        assert selectors[name]["options"].keys() == {one.value for one in choices}
    assert selectors["outcome"]["options"].keys() == {one.value for one in Outcome}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_selectors_choices_have_words(language: str) -> None:
    """As `services.yaml` offers them."""
    services = load_yaml_dict(str(INTEGRATION / "services.yaml"))
    words = load(language)["selector"]

    offered = [
        select
        for service in services.values()
        for field in service["fields"].values()
        if (select := field["selector"].get("select"))
    ]
    assert {select["translation_key"] for select in offered} == words.keys()
    for select in offered:
        assert (
            set(select["options"]) == words[select["translation_key"]]["options"].keys()
        )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", GATEWAYS)
def test_every_option_has_words(language: str, key: str) -> None:
    """A label and a description; some options are for some gateways only."""
    step = load(language)["options"]["step"]["init"]
    fields = {str(marker) for marker in forms.options_form(GATEWAYS[key]).schema}

    assert step["data"].keys() == step["data_description"].keys()
    some = {"delivery_reports", "long_messages", "webhook_url"}
    assert fields | some == step["data"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_issue_and_choice_has_words(language: str) -> None:
    """And every choice says what it does."""
    words = load(language)["issues"]

    assert words.keys() == {
        issues.ACCOUNT_REFUSED,
        issues.IP_NOT_ALLOWED,
        issues.JOURNAL_DAMAGED,
        issues.JOURNAL_UNAVAILABLE,
        issues.LOW_BALANCE,
        issues.NOT_LEFT,
        issues.RELAY_ACCOUNT_GONE,
        issues.SAME_ACCOUNT,
        issues.SWITCH_FIRED,
        issues.SWITCH_NOT_CANCELLED,
        issues.SWITCH_REFUSED,
        issues.SWITCH_SENT_EARLY,
        issues.UNEXPLAINED_FALL,
        issues.UNKNOWN_OUTCOME,
    }
    for issue in (issues.NOT_LEFT, issues.UNKNOWN_OUTCOME):
        abort = words[issue]["fix_flow"]["abort"]
        assert abort.keys() == {"not_loaded", "not_stored"}
    flow = words[issues.UNKNOWN_OUTCOME]["fix_flow"]
    choices = {choice.value for choice in Choice}
    assert flow["step"]["init"]["menu_options"].keys() == choices
    assert flow["step"]["init"]["menu_option_descriptions"].keys() == choices
    confirmed = (issues.JOURNAL_DAMAGED, issues.NOT_LEFT, issues.SWITCH_FIRED)
    for issue in (*confirmed, issues.UNEXPLAINED_FALL):
        assert words[issue]["fix_flow"]["step"].keys() == {"confirm"}


def test_every_entity_and_action_has_an_icon() -> None:
    """Unless its device class brings one."""
    icons = json.loads((INTEGRATION / "icons.json").read_text("utf-8"))
    words = load("en")

    for platform in ("event", "sensor", "switch"):
        assert icons["entity"][platform].keys() == words["entity"][platform].keys()
    assert icons["services"].keys() == words["services"].keys()
