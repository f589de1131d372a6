"""Parses each of botocore's own service files once in a run. Most tests make clients, and parsing takes the most time.

Botocore remembers a file for one session only. It forgets files from elsewhere, such as Preheat's own service model.
"""

from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import botocore
from botocore.loaders import JSONFileLoader

OWN_DATA = str(Path(botocore.__file__).parent / "data")


def remember() -> Any:
    """Return what starts and stops remembering: a patch of botocore's loader of files."""
    load = JSONFileLoader.load_file
    load_once = cache(lambda path: load(JSONFileLoader(), path))

    def load_file(self: JSONFileLoader, file_path: str) -> Any:
        return load_once(file_path) if file_path.startswith(OWN_DATA) else load(self, file_path)

    return patch.object(JSONFileLoader, "load_file", load_file)
