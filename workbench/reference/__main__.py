"""`python -m workbench.reference` writes the built parts of the pages anew; `--check` only says which are stale."""

import sys

import click

from workbench.core.files import write_text
from workbench.reference.build import HERE, rebuilt


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a page is stale.")
def main(check: bool) -> None:
    """Bring the pages up to date with the code."""
    pages = sorted(HERE.glob("*.md"))
    stale = {page: text for page in pages if (text := rebuilt(page)) != page.read_text(encoding="utf-8")}
    for path, text in stale.items():
        if not check:
            write_text(path, text)
        click.echo(f"{path.name} {'is stale' if check else 'is written anew'}", err=True)
    if check and stale:
        sys.exit(1)


if __name__ == "__main__":
    main()
