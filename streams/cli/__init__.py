"""The command line: one program of several commands.

One process holds the log and the warehouse (`run`); `assess`, `rules`, `topics`, `names`, `draft` and `demo` need
neither; every other command speaks HTTP to the running process, or says in words that nothing runs.

Exit codes: 0 done; 1 something was refused or found; 2 the command's words are off; 3 the program cannot go on;
4 the other side is away.
"""

from __future__ import annotations

import sys

import click

from dashboards.commands import boards
from schemas import Refused
from streams.cli.backtest import backtest
from streams.cli.common import AWAY, FOUND, OFF, STOPPED, complain
from streams.cli.erasing import erase, hold
from streams.cli.keys import keys
from streams.cli.local import assess, demo, draft, rules
from streams.cli.notices import notices
from streams.cli.policies import policies
from streams.cli.process import migrate, replay, run
from streams.cli.production import deliver, intake, ready, store, topics, worker
from streams.cli.register import register
from streams.cli.remote import alert, alerts, parked, submit
from streams.cli.surveys import aggregate_command, foreknown_command, next_command, participants
from streams.errors import Stop, Wait
from streams.intake.names_commands import names


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pledgewatch")
def program() -> None:
    """Watches what happens to exported surveillance technology after it has left."""


for command in (
    run, submit, alerts, alert, parked, notices, register, next_command, foreknown_command,
    aggregate_command, participants, assess, replay, rules, policies, backtest, topics, migrate,
    keys, names, draft, demo, worker, intake, store, deliver, ready, boards,
    erase, hold,
):  # fmt: skip
    program.add_command(command)


def main() -> None:
    """Run the program; every error is one line that says what to mend."""
    try:
        program.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(OFF)
    except Refused as error:
        for problem in error.problems:
            complain(f"{problem.path or '(whole)'}: found {problem.found}, expected {problem.expected}")
        sys.exit(FOUND)
    except Stop as error:
        complain(str(error))
        sys.exit(STOPPED)
    except Wait as error:
        complain(str(error))
        sys.exit(AWAY)
