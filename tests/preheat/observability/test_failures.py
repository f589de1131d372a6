"""Errors that leave a function: an unhandled error goes into the log, and on, without facts that no log may have."""

import io
import json
import logging
import time
import traceback
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from preheat.observability.failures import UnhandledError, masked_errors
from preheat.observability.logs import logger
from preheat.observability.masking import mask

ACCOUNT, ROLE, BUCKET = "210987654321", "preheat-member", "plant-models-eu"
SECRET = f"arn:aws:iam::{ACCOUNT}:role/{ROLE} cannot read s3://{BUCKET}/model.tar.gz, ask owner@example.com"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    yield stream
    logger._logger.removeHandler(handler)


def make_refusal() -> ClientError:
    return ClientError({"Error": {"Code": "AccessDenied", "Message": SECRET}}, "AssumeRole")


@pytest.mark.parametrize(
    "error", [ValueError(SECRET), KeyError(SECRET), make_refusal(), OSError(5, SECRET), RuntimeError({"role": SECRET})]
)
def test_an_error_that_nobody_handles_is_logged_and_leaves_masked(error: Exception, log: io.StringIO) -> None:
    @masked_errors()
    def work() -> None:
        error.add_note(SECRET)
        raise error from LookupError(SECRET)

    with pytest.raises(Exception, match=r"\[account\]") as caught:
        work()
    assert type(caught.value) in (type(error), UnhandledError)
    line = json.loads(log.getvalue())
    assert (line["level"], line["message"]) == ("ERROR", "function failed")
    # Lambda writes the message and the stack; other runtimes write the notes and what caused it too.
    written = log.getvalue() + "".join(traceback.format_exception_only(caught.value)) + str(caught.value)
    chain = "".join(traceback.format_exception(caught.value, limit=0))
    for secret in (ACCOUNT, ROLE, BUCKET, "owner@example.com"):
        assert secret not in written
        assert secret not in chain


def test_what_a_function_returns_is_not_touched() -> None:
    @masked_errors()
    def work(number: int) -> int:
        return number + 1

    assert work(1) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("s3://plant-models-eu/a/model.tar.gz", "s3://[bucket]/a/model.tar.gz"),
        ("s3a://plant.models/a", "s3a://[bucket]/a"),
        ("arn:aws:s3:::plant-models-eu/a", "arn:aws:s3:::[bucket]/a"),
        ("arn:aws-cn:s3:::plant-models-eu", "arn:aws-cn:s3:::[bucket]"),
        ("https://plant-models-eu.s3.eu-central-1.amazonaws.com/a", "https://[bucket].s3.eu-central-1.amazonaws.com/a"),
        ("https://plant.models.s3.amazonaws.com", "https://[bucket].s3.amazonaws.com"),
        ("arn:aws:iam::123456789012:instance-profile/line/p", "arn:aws:iam::[account]:instance-profile/[name]"),
        ("arn:aws:sts::123456789012:federated-user/anna", "arn:aws:sts::[account]:federated-user/[name]"),
        ("key AKIAIOSFODNN7EXAMPLE", "key [id]"),
        ("account 1234-5678-9012.", "account [account]."),
        ("ASIAIOSFODNN7EXAMPLE/20261129", "[id]/20261129"),
        ("profile AIPAIOSFODNN7EXAMPLE", "profile [id]"),
        (
            "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:eu-central-1:[account]:key/[key]",
        ),
        ("arn:aws:kms:eu-central-1:123456789012:alias/plant", "arn:aws:kms:eu-central-1:[account]:alias/[key]"),
    ],
)
def test_buckets_profiles_and_keys_are_masked(text: str, told: str) -> None:
    assert mask(text) == told


@pytest.mark.parametrize(
    "text", ["AROAEXAMPLELINE7", "MAKIAVELLI", "weld-seams", "plant-models-eu", "AKIA", "s3 bucket"]
)
def test_who_asked_and_plain_names_stay(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("part", ["a", "a.", "a-1.", "1", "x@", "a.s3.", "arn:aws:s3:", "s3://", "AKIA", "1234-"])
def test_a_long_text_is_masked_in_no_time(part: str) -> None:
    began = time.process_time()
    mask(part * (100_000 // len(part)))
    assert time.process_time() - began < 1
