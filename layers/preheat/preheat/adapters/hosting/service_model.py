"""Owns where the Lookout for Vision service model lies and how botocore learns of it.

botocore dropped the service at 1.40.61; the model under `data/` (seven operations, written from the public facts) gives
it back to any current botocore. It knows no port, no state and no retry rule: callers bring those as a botocore Config.
"""

from pathlib import Path
from typing import Any, Final

from botocore.config import Config
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.session import Session

from preheat.adapters.client import API_VERSIONS, AwsService, make_client

SERVICE: Final = AwsService.LOOKOUT_VISION.value
API_VERSION: Final = API_VERSIONS[SERVICE]
DATA_PATH: Final = Path(__file__).resolve().parent / "data"


def make_lookout_session(session: Session | None = None) -> Session:
    """Return a botocore session that knows `lookoutvision`: the given one, taught in place, or a new one.

    Our folder comes first, so that neither `~/.aws/models` nor `AWS_DATA_PATH` can shadow it with another version
    of the service. Teaching a session twice changes nothing.
    """
    session = Session() if session is None else session
    known: list[str] = session.get_component("data_loader").search_paths
    if str(DATA_PATH) not in known:
        # A new loader rather than a longer list: the old one remembers its services. A session that has already made a
        # client would go on saying that there is no lookoutvision.
        paths = [str(DATA_PATH), *known]
        session.register_component("data_loader", Loader(extra_search_paths=paths, include_default_search_paths=False))
    return session


def make_lookout_client(
    *, region: str, endpoint_url: str | None = None, config: Config | None = None, session: Session | None = None
) -> Any:
    """Return a botocore client of Lookout for Vision in `region`.

    Without `endpoint_url` botocore's own rules hold (`AWS_ENDPOINT_URL_LOOKOUTVISION`, `AWS_ENDPOINT_URL`, then
    `https://lookoutvision.<region>.amazonaws.com`). It teaches `session` as
    `make_lookout_session` does, so that one session serves all clients of a process.
    """
    taught = make_lookout_session(session)
    return make_client(taught, AwsService.LOOKOUT_VISION, config, region_name=region, endpoint_url=endpoint_url)


def load_service_model() -> ServiceModel:
    """Read the service model alone: shapes and operations, with no session, credentials or region."""
    loader = Loader(extra_search_paths=[str(DATA_PATH)], include_default_search_paths=False)
    return ServiceModel(loader.load_service_model(SERVICE, "service-2", API_VERSION), service_name=SERVICE)
