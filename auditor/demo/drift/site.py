"""What can go wrong with what is served: by a slot, and to visitors."""

import os

from auditor.demo.drift.definition import drift
from auditor.demo.world import OWNER, World, page


@drift("nas-active-slot-healthy")
def slot_broken(world: World) -> None:
    """The slot that visitors get fails its smoke check."""
    (world.slot("blue") / "index.html").unlink()


@drift("nas-idle-slot-healthy")
def idle_slot_down(world: World) -> None:
    """The slot that waits does not answer: there is no way back."""
    world.stop("green")


@drift("nas-public-is-active-slot")
def public_differs(world: World) -> None:
    """Visitors get what the other slot serves, and the proxy says otherwise."""
    (world.slot("green") / "index.html").write_bytes(page("The other one."))
    world.active = "green"


@drift("proposer-served-values")
def wrong_repository(world: World) -> None:
    """A build with a wrong PUBLIC_GITEA_REPO is served."""
    _serve(world, page("Welcome.", repo="old-site"))


@drift("proposer-served-case")
def wrong_case(world: World) -> None:
    """A build with the owner's name in lower case is served."""
    _serve(world, page("Welcome.", owner=OWNER.lower()))


@drift("proposer-base-public")
def private_base(world: World) -> None:
    """A build whose link leads to a private address is served."""
    _serve(world, page("Welcome.", base="http://192.168.1.20:3000"))


@drift("secrets-public-variables-clean")
def secret_made_public(world: World) -> None:
    """A build is served in which a variable for the public is named like a secret."""
    script = b"<script>const env = {PUBLIC_GITEA_TOKEN: 'moved'}; console.log(env)</script>\n"
    _serve(world, page("Welcome.") + script)


@drift("secrets-none-served")
def env_served(world: World) -> None:
    """The site serves an env file."""
    (world.slot("blue") / ".env").write_text(f"DB_PASSWORD={os.urandom(12).hex()}\n")


@drift("secrets-own-values-nowhere")
def own_value_served(world: World) -> None:
    """A page shows the password of the clone's env file."""
    _serve(world, page(f"Welcome, {world.password}!"))


def _serve(world: World, content: bytes) -> None:
    for slot in ("blue", "green"):
        (world.slot(slot) / "index.html").write_bytes(content)
