"""`tandem up` with stand-ins for the services: `stand_in_up.py --data DIR --port-base N`."""

import sys
from dataclasses import replace
from functools import partial

from shared.cli import main, up
from shared.embedded.catalogue import SERVICES
from shared.embedded.supervisor import running_system

STAND_IN = (sys.executable, "-m", "tests.support.stand_in_service")

if __name__ == "__main__":
    stand_ins = tuple(replace(service, command=STAND_IN) for service in SERVICES)
    vars(up)["running_system"] = partial(running_system, services=stand_ins)
    sys.argv.insert(1, "up")
    main()
