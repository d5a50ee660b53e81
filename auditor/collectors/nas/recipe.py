"""How an owner installs the probe with the least rights; it prints text and installs nothing itself."""

from shlex import quote

from auditor.collectors.nas.script import render_script, script_hash
from auditor.config import Config
from auditor.errors import ConfigError
from auditor.notation import ssh_target

FOLDER = "/usr/local/sbin"
_RECIPE = """\
The probe of {site} on {host}: what to do there, once, and again whenever its hash changes.
Its sha256 is {sha256}

1. Here: write it, read it (it is one page of shell), copy it over.
     auditor probe{named} > nas-audit
     sha256sum nas-audit
     scp -O nas-audit ADMIN@{bracketed}:/tmp/nas-audit         # or by any other way

2. On the NAS, as root: the copy belongs to root, so that the auditor's user can't change it.
     mkdir -p {folder}
{copies}
     rm /tmp/nas-audit
     sha256sum {folder}/nas-audit*               # the same as above: what lay in /tmp could be exchanged

3. A user {user} for the auditor alone. On DSM it must be in the group administrators to get a shell at all; give it a
   long random password that is kept nowhere, two-factor login, no application (Control Panel > Application Privileges)
   and no share to write to. It must be able to read {root}.
{sudoers}
{number}. The key, bound to the probe: one line in ~{user}/.ssh/authorized_keys (the auditor's address, its public key).
     from="ADDRESS",restrict,command="{folder}/nas-audit" ssh-ed25519 AAAA… auditor
   Then chmod 700 ~{user}/.ssh && chmod 600 ~{user}/.ssh/authorized_keys, and nothing more: chmod on a share takes its
   ACL away. On DSM the User Home service must be on; put the auditor's address on the allow list of Auto Block.

{last}. In policies.yaml: nas: {{access: command, host_key: "SHA256:…"}}; compare the fingerprint at the NAS itself:
     ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
   auditor audit --only nas then says what can be seen, and what not.
"""
_SUDOERS = """
4. What needs root are two copies of the same script that take no argument. /etc/sudoers.d/nas-audit, mode 0440, checked
   with visudo -cf before it is put there (`""` means: without any argument; no wildcard, nothing else):
     {user} ALL=(root) NOPASSWD: {commands}
   A DSM update may take the file away: the report then says that a right was lost.
"""


def install_recipe(config: Config) -> str:
    """The steps for the site of `config`, ready to be read and pasted; raises ConfigError without an SSH address."""
    nas = config.nas
    if nas is None or nas.ssh is None:
        raise ConfigError("nas.ssh names no address: the recipe is for one")
    user, host, _ = ssh_target(nas.ssh)
    helpers = _helpers(nas.docker, nas.proxy.kind)
    commands = ", ".join(f'{FOLDER}/{name} ""' for name in helpers)
    return _RECIPE.format(
        site=config.id,
        host=host,
        bracketed=f"[{host}]" if ":" in host else host,
        user=user,
        named=f" -c {quote(str(config.file))}" if config.file else "",
        root=nas.root,
        folder=FOLDER,
        sha256=script_hash(render_script(config)),
        copies="\n".join(_copy(name) for name in ("nas-audit", *helpers)),
        sudoers=_SUDOERS.format(user=user, commands=commands) if helpers else "",
        number=5 if helpers else 4,
        last=6 if helpers else 5,
    )


def _helpers(docker: str, proxy: str) -> tuple[str, ...]:
    """The copies that root runs, as far as the configuration needs them."""
    wanted = (("nas-audit-docker", docker in ("auto", "sudo")), ("nas-audit-proxy", proxy != "none"))
    return tuple(name for name, needed in wanted if needed)


def _copy(name: str) -> str:
    path = f"{FOLDER}/{name}"
    return f"     cp /tmp/nas-audit {path} && chown root:root {path} && chmod 755 {path}"
