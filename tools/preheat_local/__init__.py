"""The local AWS: ministack and the hosting simulator on loopback, with the real template deployed onto them.

`up`, `down` and `current` are all that others need, and `running` for tests; a `LocalAws` says where everything is.
Knows nothing of plants, plans or models, and Lambda never loads it.
"""

from preheat_local.aws import LocalAws
from preheat_local.checkout import Checkout, find_checkout
from preheat_local.errors import LocalAwsError
from preheat_local.lifecycle import down, find_ended, find_project_prefix, find_running, run_local_aws, up

__all__ = [
    "Checkout",
    "LocalAws",
    "LocalAwsError",
    "down",
    "find_checkout",
    "find_ended",
    "find_project_prefix",
    "find_running",
    "run_local_aws",
    "up",
]
