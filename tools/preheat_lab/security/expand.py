"""Print a SAM template as the deployed CloudFormation, as JSON on standard output.

Runs by path with an interpreter that has aws-sam-translator, so it imports nothing of preheat:

    .venv-sam/bin/python tools/preheat_lab/security/expand.py template.yaml
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

CODE = "s3://bucket/key"  # the translator takes only uploaded code; its place changes no rule


def expand(path: Path) -> Any:
    """Return the expanded template. Raises the translator's error if it is no valid template."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")  # the translator wants a region; it calls nobody
    from samtranslator.parser.parser import Parser  # noqa: PLC0415 - it reads the region while it is imported
    from samtranslator.translator.translator import Translator  # noqa: PLC0415 - as above
    from samtranslator.yaml_helper import yaml_parse  # noqa: PLC0415 - as above

    template = yaml_parse(path.read_text(encoding="utf-8"))
    if "Transform" not in template:
        return template
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        properties.update({name: CODE for name in ("CodeUri", "ContentUri") if name in properties})
    return Translator({}, Parser()).translate(template, {})


if __name__ == "__main__":
    print(json.dumps(expand(Path(sys.argv[1])), indent=1, default=str))
