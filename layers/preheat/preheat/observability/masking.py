"""What must not stand in a log: account numbers, role names and addresses, wherever a text quotes them.

Owns the masks alone; the ledger and the command line show such facts unmasked to those who may read them.
"""

import json
import re
from typing import Any

# A role by its ARN, as IAM and STS write it: who may enter an account is nobody's affair who reads its logs.
_ROLE = re.compile(r"(arn:aws[a-z-]*:(?:iam|sts)::)\d{12}:(role|assumed-role|user)/[\w+=,.@/-]+", re.ASCII)
# Twelve digits that stand by themselves; a hexadecimal id or a longer number is none.
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z_-])\d{12}(?![0-9A-Za-z_-])", re.ASCII)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+", re.ASCII)


def mask(text: str) -> str:
    """Return the text without accounts, role names and e-mail addresses.

    >>> masked("AccessDenied on arn:aws:iam::123456789012:role/line/preheat")
    'AccessDenied on arn:aws:iam::[account]:role/[name]'
    """
    text = _ROLE.sub(r"\1[account]:\2/[name]", text)
    return _EMAIL.sub("[address]", _ACCOUNT.sub("[account]", text))


def serialize_line(facts: Any) -> str:
    """Return a log line's facts as JSON, every text in them masked; what JSON has no form for is written as text."""
    return json.dumps(_mask(facts), default=lambda value: mask(str(value)))


def _mask(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {_mask(key): _mask(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mask(item) for item in value]
    return value
