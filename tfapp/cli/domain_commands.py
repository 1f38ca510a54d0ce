"""Commands that the domains add to those of every domain."""

from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

TABLE = "COMMANDS"
"""Name of a domain's table: command → function with Typer's options, or a `Typer`."""


class DomainCommands(TyperGroup):
    """The commands of an app, and those of the domains.

    A domain's command is imported when it is called, or listed by `--help`.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the app's commands, then those of the domains."""
        from tfapp.base import registry

        return [*super().list_commands(ctx), *registry.union(TABLE)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, None if there is none of that name."""
        if command := super().get_command(ctx, cmd_name):
            return command
        from tfapp.base import registry

        target = registry.union(TABLE).get(cmd_name)
        return _command(cmd_name, registry.load_target(target)) if target else None


def _command(name: str, made: Any) -> Any:
    """Return a function or a `Typer` as a command."""
    if not isinstance(made, typer.Typer):
        function, made = made, typer.Typer()
        made.command(name)(function)
    made._add_completion = False
    command = get_command(made)
    command.name = name
    return command
