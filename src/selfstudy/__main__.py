"""Lets `python -m selfstudy` run the command line."""

from selfstudy.cli.app import main

if __name__ == "__main__":
    main()
