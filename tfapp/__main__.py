"""Entry point of the command line: `tfapp` and `python -m tfapp`."""

import os
import sys


def main() -> None:
    """Run the command line; a user's mistake is one line and exit code 2."""
    # TensorFlow prints pages of notices at import unless told before.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from tfapp.cli import app
    from tfapp.errors import TfappError

    try:
        app(prog_name="tfapp")
    except TfappError as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"tfapp: error: {line}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("tfapp: error: Interrupted.\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
