"""The price of an inference unit, unless the plant file sets another.

Published prices, of the first tier, in US dollars an hour, as the simulator bills them too:

- Lookout for Vision: https://aws.amazon.com/lookout-for-vision/pricing/, until the service ended on 2025-10-31.
- Rekognition Custom Labels: https://aws.amazon.com/rekognition/pricing/, as of the end of 2025.

SageMaker bills instances, whose price depends on their kind: Preheat assumes none. A plant's own `tariffs` go first.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from preheat.domain.plan.plan import Backend

USD_PER_UNIT_HOUR: Final[Mapping[Backend, Decimal]] = {
    Backend.LOOKOUT_VISION: Decimal(4),
    Backend.REKOGNITION: Decimal(4),
}
