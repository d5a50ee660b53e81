"""Whether a slot's container is well and who can reach it."""

from auditor.model.facts.nas import NasSlot
from auditor.model.facts.nas_docker import Container
from auditor.model.missing import MISSING, Missing


def exposed(container: Container) -> tuple[str, ...] | Missing:
    """The addresses beyond loopback where a container listens; MISSING where it shares another one's network."""
    if container.network_mode == "host":
        return ("every address (host network)",)
    if container.network_mode.startswith("container:"):
        return MISSING
    wide = (port for port in container.ports if not _is_loopback(port.host_ip))
    return tuple(f"{port.host_ip or '0.0.0.0'}:{port.host_port}" for port in wide)  # noqa: S104 - shown, not opened


def fault_of(slot: NasSlot, *, docker: bool) -> str | Missing | None:
    """What keeps a slot from being well; `docker` is whether its container counts."""
    fault = _container_fault(slot.container) if docker else None
    if isinstance(fault, str):
        return fault
    if slot.smoke is MISSING:
        return MISSING
    failed = [check for check in slot.smoke if check.passed is False]
    if failed:
        status = "no answer" if failed[0].status is None else f"status {failed[0].status}"
        lacks = " without the text that it must hold" if failed[0].contained is False else ""
        return f"{len(failed)} of {len(slot.smoke)} smoke checks fail: {failed[0].path} gave {status}{lacks}"
    return MISSING if fault is MISSING or any(check.passed is MISSING for check in slot.smoke) else None


def _container_fault(container: Container | Missing | None) -> str | Missing | None:
    if container is MISSING:
        return MISSING
    if container is None:
        return "there is no container"
    if container.status != "running":
        return f"its container is {container.status}"
    if container.health in (None, "healthy"):
        return None
    return MISSING if container.health == "starting" else f"its health check says {container.health}"


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address.strip("[]") == "::1" or address == "localhost"
