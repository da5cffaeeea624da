"""`workbench studio`: the embedded Label Studio."""

from pathlib import Path
from typing import Any

import click

from workbench.cli.common import answer, json_option, progress, project_option, project_or_default, say, workspace


@click.group()
def command() -> None:
    """Start, stop and see the embedded Label Studio.

    It keeps its data in SQLite and answers on this machine only.

    \b
    Examples:
      workbench studio start
      workbench studio status --json

    With LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY set, all other commands talk to that server instead.
    """


@command.command()
@click.option("--port", type=click.IntRange(1, 65535), help="First port to try (8080).")
@json_option
def start(port: int | None, as_json: bool) -> None:
    """Start it, or find it running; say where it is.

    \b
    Example:
      workbench studio start --port 8090
    """
    from workbench.studio.connect import given
    from workbench.studio.server import start as start_server

    start_server(workspace(), port=port, tell=say, progress=progress)
    if other := given():
        say(f"LABEL_STUDIO_URL is set: all commands talk to {other[0]}; unset it to use the embedded server")
    _answer(as_json)


@command.command()
@json_option
def stop(as_json: bool) -> None:
    """Stop it; its projects stay.

    \b
    Example:
      workbench studio stop
    """
    from workbench.studio.server import stop as stop_server

    stopped = stop_server(workspace())
    said = "Label Studio is stopped; its projects stay" if stopped else "no Label Studio was running here"
    answer({"stopped": stopped}, as_json=as_json, lines=[said])


@command.command()
@click.option("--password", is_flag=True, help="Show the password with which to sign in.")
@json_option
def status(password: bool, as_json: bool) -> None:
    """Say where it is, who signs in, and what it holds.

    \b
    Examples:
      workbench studio status
      workbench studio status --password
    """
    _answer(as_json, password=password)


def _answer(as_json: bool, *, password: bool = False) -> None:
    from workbench.studio.connect import status as ask

    found = ask(workspace())
    secret = _password(found.user, found.accounts) if password else None
    value: dict[str, Any] = {
        "running": found.running,
        "embedded": found.embedded,
        "url": found.url,
        "user": found.user,
        "password_file": str(found.accounts) if found.accounts else None,
        "version": found.version,
        "projects": found.projects,
        "pid": found.pid,
        "log": str(found.log) if found.log else None,
    } | ({"password": secret} if secret else {})
    if not found.running:
        lines = ["Label Studio does not run here; start it with: workbench studio start"]
    else:
        lines = [
            f"Label Studio {found.version} runs at {found.url}",
            f"user      {found.user}",
            f"password  {secret or _where(found.accounts)}",
            f"projects  {found.projects}",
        ]
        lines += [f"log       {found.log}"] if found.log else []
    answer(value, as_json=as_json, lines=lines)


def _where(accounts: Path | None) -> str:
    if accounts is None:
        return "known to who set LABEL_STUDIO_API_KEY"
    return f"`workbench studio status --password` shows it (in {accounts})"


def _password(user: str | None, accounts: Path | None) -> str | None:
    """The password that the workspace keeps of that user; None where it keeps none."""
    from workbench.studio.accounts import read_accounts

    account = read_accounts(accounts).get(user) if accounts and user else None
    return account.password if account else None


@command.command()
@click.option("-o", "--output", required=True, metavar="DIR", help="Where to write compose.yaml and .env.")
@click.option("--user", default="admin@localhost", show_default=True, metavar="EMAIL", help="Who administers it.")
@json_option
def compose(output: str, user: str, as_json: bool) -> None:
    """Write what a team needs: Label Studio on PostgreSQL, backend and worker, for `docker compose`.

    Secrets are made at random and go to DIR/.env, mode 0600; those that are there stay.

    \b
    Example:
      workbench studio compose -o team/
    """
    from workbench.studio.team.files import write_team

    done = write_team(Path(output), user=user)
    value = {"compose": str(done.compose), "environment": str(done.environment), "secrets_kept": done.secrets_kept}
    lines = [
        f"{done.compose} says in its first lines what to do; its secrets are in {done.environment}"
        + (", as they were" if done.secrets_kept else "")
    ]
    answer(value, as_json=as_json, lines=lines)


@command.command()
@project_option
@click.option("--url", metavar="URL", help="Where Label Studio reaches the backend; else the one that runs here.")
@click.option("--remove", is_flag=True, help="Untie the project again.")
@json_option
def connect(project: str | None, url: str | None, remove: bool, as_json: bool) -> None:
    """Tie a project to the backend that `workbench serve` runs.

    Registers the backend with its password and a webhook with its header, lets the page show the model's predictions,
    and hands tasks out by them, the least sure first. Given again it mends what was changed meanwhile.

    \b
    Example:
      workbench studio connect --project "May 2024"
    """
    from workbench.serve.connecting import tie, untie
    from workbench.studio.connect import connect as connect_studio

    here = workspace()
    title = project_or_default(project, here)
    with connect_studio(here) as studio:
        if remove:
            gone = untie(studio, here, title, url=url)
            said = f"{title!r} asks no backend any more" if gone else f"{title!r} asked no backend at that address"
            answer({"project": title, "removed": gone}, as_json=as_json, lines=[said])
            return
        address, version, wired = tie(studio, here, title, url=url)
    value = {
        "project": title,
        "url": address,
        "model_version": version,
        "backend": wired.backend,
        "new_backend": wired.new_backend,
        "new_webhook": wired.new_webhook,
        "new_view": wired.new_view,
    }
    lines = [
        f"{title!r} asks {version} at {address} for predictions and shows them, the least sure first",
        f"its tasks: {studio.url}/projects/{wired.project.id}/data",
    ]
    answer(value, as_json=as_json, lines=lines)
