"""What can go wrong in the demo's world, by the place where it goes wrong."""

from auditor.demo.drift import audit, gitea, local, nas, site
from auditor.demo.drift.definition import Drift

DRIFTS: dict[str, Drift] = {
    drift.name: drift
    for place in (gitea, local, nas, site, audit)
    for drift in vars(place).values()
    if isinstance(drift, Drift)
}
