"""All gateways: a sixth is one more line here."""

from typing import Final

from .devcodesms import DevCodeSms
from .envoyer_sms_pro import EnvoyerSmsPro
from .etech_keys import EtechKeys
from .gateway import Gateway
from .sms123 import Sms123
from .smseco import SmsEco

GATEWAYS: Final[dict[str, type[Gateway]]] = {
    gateway.key: gateway
    for gateway in (EtechKeys, SmsEco, EnvoyerSmsPro, Sms123, DevCodeSms)
}
