"""`python -m tripkit`, and the `tripkit` command."""

from tripkit.cli.app import app


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
