"""Masks accounts, identities, buckets, key ids and addresses in logs, wherever a text quotes them.

Owns the masks alone; the ledger and the command line show such facts unmasked to those who may read them.
"""

import json
import re
from typing import Any

# The principals that may enter an account, by the ARN as IAM and STS write it: a role, a user, a session, an instance
# profile.
_IDENTITY = re.compile(
    r"(arn:aws[a-z-]*:(?:iam|sts)::)\d{12}:(assumed-role|federated-user|group|instance-profile|mfa|role|user)/[\w+=,.@/-]+",
    re.ASCII,
)
_BUCKET = re.compile(
    r"(arn:aws[a-z-]*:s3[a-z-]*:[a-z0-9-]*:[0-9]*:|s3[an]?://)[A-Za-z0-9][A-Za-z0-9._-]{0,254}", re.ASCII
)
# Bounded, and only where a name begins: a long text must not keep a function busy.
_BUCKET_HOST = re.compile(
    r"(?<![a-z0-9.-])[a-z0-9][a-z0-9.-]{0,62}(\.s3(?:[.-][a-z0-9.-]{1,64})?\.amazonaws\.com)", re.ASCII
)
# Ids of keys and principals by their prefixes (AKIA, ASIA, AROA, AIDA, AIPA, ...), and of KMS keys by their ARN.
_ID = re.compile(
    r"(?<![0-9A-Za-z])(A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AIPA|ANPA|ANVA|APKA|ASCA)[A-Z0-9]{12,}", re.ASCII
)
_KMS = re.compile(r"(arn:aws[a-z-]*:kms:[a-z0-9-]*:)\d{12}:(key|alias)/[\w/-]+", re.ASCII)
# Twelve digits that stand by themselves, also as the console groups them; a hexadecimal id or a longer number is none.
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z_-])(?:\d{12}|\d{4}-\d{4}-\d{4})(?![0-9A-Za-z_-])", re.ASCII)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+", re.ASCII)


def mask(text: str) -> str:
    """Return the text without accounts, identities, buckets, key ids and e-mail addresses.

    >>> masked("AccessDenied on arn:aws:iam::123456789012:role/line/preheat")
    'AccessDenied on arn:aws:iam::[account]:role/[name]'
    """
    text = _IDENTITY.sub(r"\1[account]:\2/[name]", text)
    text = _KMS.sub(r"\1[account]:\2/[key]", text)
    text = _BUCKET_HOST.sub(r"[bucket]\1", _BUCKET.sub(r"\1[bucket]", text))
    text = _ID.sub("[id]", text)
    return _EMAIL.sub("[address]", _ACCOUNT.sub("[account]", text))


def serialize_line(facts: Any) -> str:
    """Return a log line's facts as JSON, every text in them masked; a value that JSON has no form for becomes text."""
    return json.dumps(_mask(facts), default=lambda value: mask(str(value)))


def _mask(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {_mask(key): _mask(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mask(item) for item in value]
    return value
