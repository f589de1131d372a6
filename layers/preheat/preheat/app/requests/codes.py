"""The codes of the replies: what a program that has sent a request goes by. Words of the contract, never reused.

docs/requests.md explains each. The sentence next to a code is for people, and may change.
"""

from enum import StrEnum
from typing import Final


class Code(StrEnum):
    """The answer to a request, as a code."""

    # --- accepted -----------------------------------------------------------------------------------------------------
    ACCEPTED = "accepted"
    ACCEPTED_WILL_RESTART = "accepted_will_restart"  # a stop won before it: the model starts again after it
    UNITS_NOT_AVAILABLE_UNTIL_RESTART = "units_not_available_until_restart"  # it is active, with fewer units for now
    ENDS_BEFORE_READY = "ends_before_ready"  # it is active, and ends before the model can be ready for it
    RELEASED_AT_BIRTH = "released_at_birth"  # its release had come before it
    RELEASE_NOTED = "release_noted"  # what it releases has not come yet, and will end at birth
    NOTHING_TO_DO = "nothing_to_do"  # what it asks for is so already
    # --- refused ------------------------------------------------------------------------------------------------------
    UNREADABLE = "unreadable"  # no JSON object with a request_id of its own
    UNSUPPORTED_VERSION = "unsupported_version"
    INVALID = "invalid"  # fields are wrong, missing or unknown: the reason names them all
    ID_TAKEN = "id_taken"  # another request has an answer under this request_id
    UNKNOWN_MODEL = "unknown_model"
    UNKNOWN_SCHEDULE = "unknown_schedule"
    UNKNOWN_REQUEST = "unknown_request"  # `of` names none of this subject
    WRONG_KIND = "wrong_kind"  # a release of a block, or an unblock of a hold
    NOT_YOURS = "not_yours"
    NOT_ALLOWED = "not_allowed"  # the plan's senders' table does not allow it, or priorities above it are an admin's
    ENDED = "ended"  # what it would extend has come to its end
    EXPIRED = "expired"  # its own `until` has passed
    OUTDATED = "outdated"  # the set of windows has a higher edition already, or other windows under this one
    TOO_LONG = "too_long"
    TOO_FAR_AHEAD = "too_far_ahead"
    TOO_MANY_ACTIVE = "too_many_active"
    TOO_MANY_HOURS = "too_many_hours"  # more than the sender's holds may last in a day
    TOO_OFTEN = "too_often"  # more requests than the sender may send in an hour; `retry_at` says when to try again
    TAKES_NO_UNITS = "takes_no_units"
    TOO_MANY_UNITS = "too_many_units"  # more than the plan lets a request ask for
    TOO_MANY_UNIT_HOURS = "too_many_unit_hours"  # more than requests may still add to the model's bill on a day
    REPLY_QUEUE_NOT_ALLOWED = "reply_queue_not_allowed"

    @property
    def is_accepted(self) -> bool:
        """Return whether the requested state holds, or will."""
        return self in _ACCEPTED


_ACCEPTED: Final = frozenset(
    {
        Code.ACCEPTED,
        Code.ACCEPTED_WILL_RESTART,
        Code.UNITS_NOT_AVAILABLE_UNTIL_RESTART,
        Code.ENDS_BEFORE_READY,
        Code.RELEASED_AT_BIRTH,
        Code.RELEASE_NOTED,
        Code.NOTHING_TO_DO,
    }
)
