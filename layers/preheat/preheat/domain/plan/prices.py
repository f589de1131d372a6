"""The price of an inference unit or an instance, unless the plant file sets another.

Published prices, of the first tier, in US dollars an hour, as the simulator bills them too:

- Lookout for Vision: https://aws.amazon.com/lookout-for-vision/pricing/, until the service ended on 2025-10-31.
- Rekognition Custom Labels: https://aws.amazon.com/rekognition/pricing/, as of the end of 2025.

- SageMaker: https://aws.amazon.com/sagemaker/pricing/, real-time inference on demand, as read in September 2026.
  SageMaker bills instances by type and region. Only types of us-east-1 are here, and only if two readings agree.

A plant's own `tariffs` go first.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from preheat.domain.plan.plan import Backend

USD_PER_UNIT_HOUR: Final[Mapping[Backend, Decimal]] = {
    Backend.LOOKOUT_VISION: Decimal(4),
    Backend.REKOGNITION: Decimal(4),
}
_US_EAST_1: Final[Mapping[str, str]] = {
    "ml.m5.large": "0.115",
    "ml.m5.xlarge": "0.23",
    "ml.m5.2xlarge": "0.461",
    "ml.m5.4xlarge": "0.922",
    "ml.c5.xlarge": "0.204",
    "ml.c5.2xlarge": "0.408",
    "ml.g4dn.xlarge": "0.7364",
    "ml.g4dn.2xlarge": "0.94",
    "ml.g4dn.4xlarge": "1.505",
    "ml.g4dn.8xlarge": "2.72",
    "ml.g4dn.12xlarge": "4.89",
    "ml.g4dn.16xlarge": "5.44",
    "ml.g5.xlarge": "1.408",
    "ml.g5.2xlarge": "1.515",
    "ml.g5.4xlarge": "2.03",
}
# By region, then by instance type.
USD_PER_INSTANCE_HOUR: Final[Mapping[str, Mapping[str, Decimal]]] = {
    "us-east-1": {kind: Decimal(price) for kind, price in _US_EAST_1.items()},
}
