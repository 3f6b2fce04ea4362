"""What every log promises, over real brokers."""

from transport_contract import *  # noqa: F403  (one suite, run once for each kind of log)
