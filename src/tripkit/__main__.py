"""`python -m tripkit`, and the `tripkit` command."""

import sys


def main() -> None:
    """Run the command line."""
    try:
        from tripkit.cli.app import app  # Ctrl-C may come while this loads

        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
