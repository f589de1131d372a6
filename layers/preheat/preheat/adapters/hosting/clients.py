"""The botocore client for a target: of the stack's own account and region, or of another one.

Owns endpoints and regions, and which clients to keep. Making one costs tens of milliseconds, so all targets of a
session share them. A renewed session gets new ones, and the least used go. Knows no service's words.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from botocore.session import Session

from preheat.adapters.client import AwsService
from preheat.adapters.hosting.calling import CONFIG, INFERENCE_CONFIG, INFERENCE_SERVICES, INVOKE_CONFIG, open_client
from preheat.adapters.hosting.members import MemberSessions
from preheat.adapters.hosting.service_model import make_lookout_session
from preheat.app.ports.errors import AnswerLost
from preheat.app.ports.hosting import Site
from preheat.domain.plan.plan import Backend, Target
from preheat.observability import correlation

CLIENTS_MAX: Final = 32
SERVICES: Final = {
    Backend.LOOKOUT_VISION: AwsService.LOOKOUT_VISION,
    Backend.REKOGNITION: AwsService.REKOGNITION,
    Backend.SAGEMAKER: AwsService.SAGEMAKER,
    Backend.SAGEMAKER_COMPONENT: AwsService.SAGEMAKER,
    Backend.FUNCTION: AwsService.LAMBDA,
}
"""The service that each backend's calls go to."""


class HostingClients:
    """The `router.Clients` of a stack, or its `listing.SiteClients`.

    Do not share it between threads: a function makes one pass at a time.
    """

    def __init__(self, session: Session, endpoint_urls: Mapping[Backend, str | None], sessions: MemberSessions) -> None:
        """`endpoint_urls`: where a service answers; None is its own endpoint of the region. Teaches the session."""
        self._session = make_lookout_session(session)
        self._session.register("before-send", _add_cause, unique_id="preheat-says-why")
        self._endpoint_urls = endpoint_urls
        self._sessions = sessions
        self._kept: OrderedDict[tuple[str, str, str, str], Any] = OrderedDict()

    def __call__(self, target: Target | Site, service: AwsService | None = None) -> Any:
        """See `router.Clients`, and `listing.SiteClients`."""
        config = INFERENCE_CONFIG if service in INFERENCE_SERVICES.values() else CONFIG
        service = service or SERVICES[target.backend]
        if service is AwsService.LAMBDA:
            config = INVOKE_CONFIG
        region = target.region or self._region()
        credentials = self._sessions.find_credentials(target, region)
        waits = "waits" if config is INFERENCE_CONFIG else ""
        key = (service, region, credentials.access_key if credentials is not None else "", waits)
        client = self._kept.get(key)
        if client is None:
            signs_with = {} if credentials is None else credentials.for_client()
            client = self._kept[key] = open_client(
                self._session,
                service,
                config,
                region_name=region,
                endpoint_url=self._endpoint_urls.get(target.backend),
                **signs_with,
            )
        self._kept.move_to_end(key)
        while len(self._kept) > CLIENTS_MAX:
            self._kept.popitem(last=False)
        return client

    def _region(self) -> str:
        region = self._session.get_config_variable("region")
        if not region:
            raise AnswerLost("cannot make a client: NoRegionError: the session has no region")
        return str(region)


def _add_cause(request: Any, **_: Any) -> None:
    """Add the cause of a call to its user agent, which the account's trail keeps and no signature covers."""
    agent = request.headers.get("User-Agent", b"")
    if cause := correlation.read_cause():
        agent = agent if isinstance(agent, str) else agent.decode()
        request.headers["User-Agent"] = f"{agent} preheat/{cause}"
