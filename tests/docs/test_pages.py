"""Every example of a page is real: its commands and options exist, and Preheat accepts its plant files."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.commands import load_command_line

from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Phase
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.reading import parse_plant

COMMANDS = load_command_line()
ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
IDS = [str(page.relative_to(ROOT)) for page in PAGES]
CALL = re.compile(r"(?:^|[`$| ]|bin/)preheat ([a-z][^\n`|#]*)", re.MULTILINE)


def _find_calls(page: Path) -> list[str]:
    """Every call of the command on a page, in fences and in inline code."""
    text = page.read_text(encoding="utf-8")
    shown = [*re.findall(r"```(?:console|bash|sh|yaml)\n(.*?)```", text, re.DOTALL), *re.findall(r"`([^`\n]+)`", text)]
    shown += re.findall(r"^    (.*preheat .*)$", text, re.MULTILINE)
    return [call for each in shown for call in CALL.findall(each.replace("\\\n", " "))]


def _wrong(call: str) -> str | None:
    """The problem of a call, if any: a command or an option that does not exist."""
    command = COMMANDS
    options: set[str] = set()
    for word in re.split(r"[<>;&]", call)[0].replace("[", " ").replace("]", " ").split():
        if hasattr(command, "commands") and not word.startswith("-"):
            if word not in command.commands:
                return f"{command.name} has no command {word}"
            command = command.commands[word]
        elif word.startswith("--"):
            options.add(word.partition("=")[0])
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    unknown = options - known - {"--help"}
    return f"{command.name} has no option {unknown}" if unknown else None


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_command_and_option_that_a_page_shows_exists(page: Path) -> None:
    assert [wrong for call in _find_calls(page) if (wrong := _wrong(call))] == []


def test_calls_are_found_and_wrong_ones_are_seen() -> None:
    assert 'hold weld-seams --until 20:00 --reason "rework"     ' in _find_calls(ROOT / "docs" / "requests.md")
    assert sum(len(_find_calls(page)) for page in PAGES) > 100
    assert _wrong("hold weld --for 2h > reply.txt") is None
    assert _wrong("hold weld --fro 2h") == "hold has no option {'--fro'}"
    assert _wrong("hald weld") == "preheat has no command hald"


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_plant_file_that_a_page_shows_is_accepted(page: Path) -> None:
    for text in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        if re.search(r"^ *models:", text, re.MULTILINE) and re.search(r"^ *version: 1$", text, re.MULTILINE):
            indent = re.match(r" *", text)
            lines = text.splitlines()
            plant = "\n".join(line.removeprefix(indent[0] if indent else "") for line in lines) + "\n"
            parsed = parse_plant(plant.encode(), page.name)
            compile_models(parsed, now=datetime(2026, 11, 23, tzinfo=UTC), previous={})


def test_the_first_model_of_the_page_is_the_example() -> None:
    page = (ROOT / "docs" / "start-laptop.md").read_text(encoding="utf-8")
    example = (ROOT / "examples" / "first-model.yaml").read_text(encoding="utf-8")
    assert example.endswith(page.split("```yaml\n")[1].split("```")[0])


RECIPES = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "shifts.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("recipe", RECIPES, ids=[str(number) for number in range(len(RECIPES))])
def test_every_recipe_for_a_shift_completes_to_a_plant_file(recipe: str) -> None:
    (schedule,) = re.findall(r"^schedules:\n  ([a-z-]+):$", recipe, re.MULTILINE)
    if "models:" not in recipe:
        recipe += f"models:\n  m: {{backend: sagemaker, endpoint: e, config: c, schedules: [{schedule}]}}\n"
    plant = parse_plant(f"version: 1\n{recipe}".encode(), "shifts.md")
    models = compile_models(plant, now=datetime(2026, 11, 23, tzinfo=UTC), previous={})
    assert all(model.schedules for model in models)


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_expects_of_status_the_words_that_it_prints(page: Path) -> None:
    """For all models `preheat status` prints verdicts. Only `preheat status MODEL` prints phases and states."""
    unprinted = {*map(str, Phase), *map(str, Observed), "unreadable"}
    sentences = re.split(r"\. |\n\n|\n(?=[|\d-])", page.read_text(encoding="utf-8"))
    of_all = [each for each in sentences if re.search(r"`(preheat )?status`", each) and "log line" not in each]
    assert not [each for each in of_all if unprinted & set(re.findall(r"`([a-z]+)`", each))]
