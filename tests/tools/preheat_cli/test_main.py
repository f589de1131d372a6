"""The command itself, as a process of its own: what it loads, and whose zone rules it goes by."""

import subprocess
import sys

HEAVY = ("boto3", "botocore", "pydantic", "pynamodb", "rich", "ruamel.yaml", "starlette", "uvicorn")


def output_of(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_the_command_loads_nothing_heavy_before_it_knows_what_is_asked() -> None:
    loaded = output_of("import preheat_cli.main, sys; print(*sys.modules)").split()
    assert [name for name in HEAVY if name in loaded] == []


def test_zone_rules_come_from_the_packaged_tzdata_alone() -> None:
    program = """
import sys, zoneinfo
from preheat_cli.main import main
sys.argv = ["preheat", "--version"]
try:
    main()
except SystemExit as ended:
    print(ended.code, zoneinfo.TZPATH, zoneinfo.ZoneInfo("Europe/Berlin"))
"""
    assert output_of(program).splitlines() == ["preheat 0.1.0", "0 () Europe/Berlin"]
