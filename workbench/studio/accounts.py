"""Users of the embedded server: their passwords and tokens, kept in one file that only its owner may read."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import StudioError
from workbench.core.files import write_text
from workbench.core.parse import json_value

if TYPE_CHECKING:
    import httpx

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the server. `token` is a personal access token, None until one was made."""

    email: str
    password: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


def new_account(email: str) -> Account:
    """An account with a random password, not yet known to any server."""
    return Account(email, secrets.token_urlsafe(18))


def read_accounts(path: Path) -> dict[str, Account]:
    """The accounts of the file by email, the administrator first; none where there is no file.

    Raises StudioError where the file is damaged.
    """
    try:
        rows = json_value(path.read_text(encoding="utf-8"))
        return {row["email"]: Account(**row) for row in rows}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise StudioError(
            f"{path} is damaged ({type(error).__name__}); move it away and run `workbench studio start`: "
            "a new user will be made, the projects stay"
        ) from None


def keep_account(path: Path, account: Account) -> None:
    """Puts an account into the file, in the place of the one with its email; mode 0600, whole or not at all."""
    accounts = read_accounts(path) | {account.email: account}
    write_text(path, json.dumps([asdict(each) for each in accounts.values()], indent=2), mode=PRIVATE_FILE)


def with_token(url: str, account: Account) -> Account:
    """The account with a token that the server accepts: the one it has, else a new one.

    Raises StudioError where the server does not accept the password either.
    """
    if account.token and _accepted(url, account.token):
        return account
    with _signed_in(url, account) as session:
        return replace(account, token=_new_token(session, url))


def sign_up(url: str, account: Account, *, by: Account) -> None:
    """Registers a user with the invitation of `by`'s organization, as the page of people does: sign-up stays closed.

    Does nothing where the server knows the user already. Raises StudioError where it does not let the user in.
    """
    with _signed_in(url, by) as session:
        invitation = str(session.get("/api/invite").json()["token"])
    with _client(url) as session:
        session.get("/user/signup/", params={"token": invitation})
        form = {"email": account.email, "password": account.password, "allow_newsletters": "false"}
        answer = session.post(
            "/user/signup/", params={"token": invitation}, data=form | _csrf_field(session), headers=_csrf(session, url)
        )
    # A page instead of a redirection: the form was wrong, most likely because the user is there.
    if answer.status_code != 302:
        with _signed_in(url, account):
            return


@contextmanager
def _signed_in(url: str, account: Account) -> "Iterator[httpx.Client]":
    with _client(url) as session:
        session.get("/user/login/")
        form = {"email": account.email, "password": account.password, "persist_session": "on"}
        answer = session.post("/user/login/", data=form | _csrf_field(session), headers=_csrf(session, url))
        if answer.status_code != 302:
            raise StudioError(
                f"Label Studio at {url} does not let {account.email} in with the password that was kept; "
                "stop it, move the accounts file away and start it again: a new user will be made, the projects stay"
            )
        yield session


@contextmanager
def _client(url: str) -> "Iterator[httpx.Client]":
    import httpx

    try:
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as session:
            yield session
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise StudioError(
            f"Label Studio at {url} broke off while users were set up ({error}); run `workbench studio start` again"
        ) from None


def _new_token(session: "httpx.Client", url: str) -> str:
    made = session.post("/api/token/", headers=_csrf(session, url))
    if made.status_code != 409:
        return str(made.raise_for_status().json()["token"])
    # There is a token already that nobody kept, and the server shows it to nobody: fall back to the older kind.
    session.post(
        "/api/jwt/settings", json={"legacy_api_tokens_enabled": True}, headers=_csrf(session, url)
    ).raise_for_status()
    return str(session.get("/api/current-user/token").raise_for_status().json()["token"])


def _accepted(url: str, token: str) -> bool:
    with _client(url) as session:
        if token.count(".") == 2:
            return session.post("/api/token/refresh/", json={"refresh": token}).status_code == 200
        whoami = session.get("/api/current-user/whoami", headers={"Authorization": f"Token {token}"})
        return whoami.status_code == 200


def _csrf(session: "httpx.Client", url: str) -> dict[str, str]:
    return {"X-CSRFToken": session.cookies.get("csrftoken") or "", "Referer": f"{url}/"}


def _csrf_field(session: "httpx.Client") -> dict[str, str]:
    return {"csrfmiddlewaretoken": session.cookies.get("csrftoken") or ""}
