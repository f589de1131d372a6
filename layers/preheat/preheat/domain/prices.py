"""What an inference unit costs where nobody has said otherwise.

Published prices, of the first tier, in US dollars an hour: Lookout for Vision's and Rekognition Custom Labels' pricing
pages, as the simulator bills them too. SageMaker bills instances, whose price depends on their kind: nothing is
assumed.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from preheat.domain.plan import Backend

USD_PER_UNIT_HOUR: Final[Mapping[Backend, Decimal]] = {
    Backend.LOOKOUT_VISION: Decimal(4),
    Backend.REKOGNITION: Decimal(4),
}
