"""Compare our Lookout for Vision service model with that of botocore 1.40.60.

That is the last botocore that carried the service.

    python -m preheat_lab verify-service-model
"""

import argparse
from collections.abc import Sequence

from preheat_lab.service_model import OURS, install_reference, read, report


def main(arguments: Sequence[str]) -> int:
    """Compare, print, and return 0 only if nothing differs."""
    argparse.ArgumentParser(prog="verify-service-model", description=(__doc__ or "").splitlines()[0]).parse_args(
        arguments
    )
    reference = install_reference() / "botocore" / "data" / "lookoutvision" / "2020-11-20"
    lines, agree = report(read(OURS), read(reference))
    print("\n".join(lines))
    return 0 if agree else 1
