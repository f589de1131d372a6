"""Sessions in member accounts: which role, under which ExternalId, with which part of its rights, for how long.

Owns the way into another account. A failing account raises the port's errors for its own models only, and gets no
further call for a while. Does not know the purpose of the session.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from preheat.adapters.client import AwsService
from preheat.adapters.hosting.calling import open_client
from preheat.adapters.hosting.session_policy import part, read_place, write_listing_policy, write_policy
from preheat.app.ports.clock import Clock
from preheat.app.ports.errors import AccessRefused, AnswerLost, HostingError, StoreUnavailable, Throttled
from preheat.app.ports.hosting import Site
from preheat.app.ports.plans import Listed, Membership
from preheat.domain.plan.plan import Target, read_account

# At most 10 s when the service hangs: the calls of the pass itself still fit in.
CONFIG = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
SESSION_NAME = "preheat-reconcile"
AUDIT_SESSION_NAME = "preheat-audit"
SESSION_LASTS = timedelta(seconds=900)  # the shortest that AssumeRole gives
# A pass takes at most a minute, and the clocks may be off by another.
RENEWED_BEFORE = timedelta(seconds=180)
# After a failed role, this process waits so long before the next try: its other models fail at once instead of waiting
# too.
FAILED_FOR = timedelta(seconds=30)
SESSIONS_MAX = 64

THROTTLED = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"})
REFUSED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "InvalidClientTokenId",
        "MalformedPolicyDocument",
        "PackedPolicyTooLarge",
        "RegionDisabledException",
        "UnrecognizedClientException",
        "ValidationError",
    }
)


def make_sts_client(session: Any, endpoint_url: str | None = None) -> Any:
    """Return an STS client of a botocore session with this module's timeouts and retries. Raises AnswerLost."""
    return open_client(session, AwsService.STS, CONFIG, endpoint_url=endpoint_url)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of a client, until their renewal."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)
    renew_at: datetime

    def for_client(self) -> dict[str, str]:
        """Return them as botocore's `create_client` takes them."""
        return {
            "aws_access_key_id": self.access_key,
            "aws_secret_access_key": self.secret_key,
            "aws_session_token": self.token,
        }


type Share = Callable[[Membership, Any, str], tuple[str, str]]
"""From what the plan says of an account, a target (or site) and a region to the name and the policy of its session."""
type Key = tuple[str, str, int, str]


class MemberSessions:
    """One session for each (role, region, plan version), shared by the models that the plan lists there."""

    def __init__(
        self,
        make_sts: Callable[[], Any],
        clock: Clock,
        membership: Callable[[str], Membership],
        *,
        share: Share | None = None,
        name: str = SESSION_NAME,
    ) -> None:
        """`make_sts` runs when a session first assumes a role, because most stacks assume none.

        `membership` returns what the current plan says of an account; it may raise StoreUnavailable. `share` parts the
        models among sessions; None: as the passes need them. `name` is the sessions', which the roles insist on.
        """
        self._share: Share = share or _share_models
        self._name = name
        self._make_sts = make_sts
        self._sts: Any = None
        self._clock = clock
        self._membership = membership
        self._open: OrderedDict[Key, Credentials] = OrderedDict()
        self._failed: dict[str, tuple[datetime, HostingError]] = {}

    def find_credentials(self, target: Target | Site, region: str) -> Credentials | None:
        """Return what a client of `target` in `region` signs with; None: the target is in the stack's own account.

        Raises:
            AccessRefused: the role cannot be assumed, or led into another account; repeated each 5 minutes.
            Throttled: too many calls.
            AnswerLost: no answer; nothing was called there.
        """
        account = target.account
        if account is None or target.role is None:
            return None
        try:
            member = self._membership(account)
        except StoreUnavailable as error:
            raise AnswerLost(f"AssumeRole: what the plan says of the account cannot be read: {error}") from error
        if member.external_id is None:
            raise AccessRefused("AssumeRole: the account has no ExternalId yet: apply the plan again")
        part, text = self._share(member, target, region)
        key = (target.role, region, member.plan_version, part)
        now = self._clock.now()
        known = self._open.get(key)
        if known is not None and now < known.renew_at:
            self._open.move_to_end(key)
            return known
        opened = self._open_session(target.role, member.external_id, text, now)
        self._open[key] = opened
        self._open.move_to_end(key)
        while len(self._open) > SESSIONS_MAX:
            self._open.popitem(last=False)
        return opened

    def _open_session(self, role: str, external_id: str, text: str, now: datetime) -> Credentials:
        until, failure = self._failed.get(role, (now, None))
        if failure is not None and now < until:
            raise type(failure)(f"{failure} (not asked again before {FAILED_FOR.total_seconds():.0f} s have passed)")
        try:
            opened = self._assume_role(role, external_id, text, now)
        except HostingError as error:
            self._failed[role] = (now + FAILED_FOR, error)
            raise
        self._failed.pop(role, None)
        return opened

    def _assume_role(self, role: str, external_id: str, text: str, now: datetime) -> Credentials:
        if self._sts is None:
            self._sts = self._make_sts()
        try:
            answer = self._sts.assume_role(
                RoleArn=role,
                RoleSessionName=self._name,
                ExternalId=external_id,
                DurationSeconds=int(SESSION_LASTS.total_seconds()),
                Policy=text,
            )
        except ClientError as error:
            raise _translate(error) from error
        except BotoCoreError as error:
            raise AnswerLost(f"AssumeRole: no answer: {error}") from error
        return _check(role, answer, now)


def _share_models(member: Membership, target: Target, region: str) -> tuple[str, str]:
    """Return the name and the policy text of the session that `target` belongs to.

    A target that the plan no longer lists gets one of its own: Preheat has to stop what runs there.
    """
    place = read_place(target.role or "", region)
    listed = [one for one in member.listed if one.target.role == target.role and one.target.region == target.region]
    for number, group in enumerate(part(listed, place)):
        if any(one.covers(target) for one in group):
            return str(number), write_policy(group, place)
    return str(target), write_policy([Listed(target)], place)


def share_listing(_member: Membership, site: Site, region: str) -> tuple[str, str]:
    """Return the name and the policy of the session that lists what runs in a region, and can do nothing else."""
    return "listing", write_listing_policy(read_place(site.role or "", region))


def _check(role: str, answer: Any, now: datetime) -> Credentials:
    """Return the credentials of a session that is indeed one of the role."""
    account, name = read_account(role), role.rpartition("/")[2]
    arn = str(answer.get("AssumedRoleUser", {}).get("Arn", ""))
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[4] != account or not parts[5].startswith(f"assumed-role/{name}/"):
        raise AccessRefused(f"AssumeRole: asked for {role}, got {arn or 'no ARN'}: not used")
    given = answer["Credentials"]
    renew_at = min(now + SESSION_LASTS, given["Expiration"]) - RENEWED_BEFORE
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], renew_at)


def _translate(error: ClientError) -> HostingError:
    code = error.response.get("Error", {}).get("Code", "")
    message = f"AssumeRole: {code}: {error.response.get('Error', {}).get('Message', '')}"
    if code in THROTTLED:
        return Throttled(message)
    return AccessRefused(message) if code in REFUSED else AnswerLost(message)
