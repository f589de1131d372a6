"""`preheat env`: print how your own programs reach the local AWS of this checkout."""

import shlex

import typer

from preheat_cli.errors import CHECK_FAILED, CliError, report_errors


def env() -> None:
    """Print the settings of the local AWS for your own programs: eval "$(preheat env)"."""
    with report_errors():
        import preheat_local as local  # noqa: PLC0415 - loads boto3

        found = local.find_running()
        if found is None:
            raise CliError("preheat: the local AWS is not up; run `preheat up`", status=CHECK_FAILED)
        settings = {
            "AWS_ENDPOINT_URL": found.endpoint_url,
            "AWS_REGION": found.region,
            "AWS_DEFAULT_REGION": found.region,
            "AWS_ACCESS_KEY_ID": found.access_key,
            "AWS_SECRET_ACCESS_KEY": found.secret_key,
            "PREHEAT_STACK": found.stack_name,
            "REQUEST_QUEUE_URL": found.request_queue_url,
        }
        for name, value in settings.items():
            typer.echo(f"export {name}={shlex.quote(value)}")
