"""The small site that the lab deploys: its files, and what each merged pull request changed."""

from collections.abc import Mapping

OWNER, REPO = "Archicratia", "archicratie-edition"
BASE = "https://git.archicratie.example"
CHECKS = ("CI / build-and-anchors", "SMOKE / smoke")
Files = Mapping[str, bytes | None]

DOCKERFILE = b"""FROM lab/busybox:1
ARG GIT_SHA=unknown
ARG PUBLIC_GITEA_BASE
ARG PUBLIC_GITEA_OWNER
ARG PUBLIC_GITEA_REPO
LABEL org.opencontainers.image.revision=$GIT_SHA
WORKDIR /www
COPY www /www
COPY public /www
HEALTHCHECK --interval=250ms --timeout=20s --retries=2 CMD ["/bin/sh", "-c", "! test -e /sick"]
CMD ["/bin/httpd", "-f", "-vv", "-p", "8082", "-h", "/www"]
"""
NGINX_DOCKERFILE = b"""FROM lab/nginx:1
ARG GIT_SHA=unknown
ARG PUBLIC_GITEA_BASE
ARG PUBLIC_GITEA_OWNER
ARG PUBLIC_GITEA_REPO
LABEL org.opencontainers.image.revision=$GIT_SHA
COPY www /usr/share/nginx/html
COPY public /usr/share/nginx/html
CMD ["/usr/sbin/nginx", "-g", "daemon off;"]
"""
COMPOSE = b"""services:
  web_blue:
    build: {context: ., args: {PUBLIC_GITEA_BASE: "${PUBLIC_GITEA_BASE}", PUBLIC_GITEA_OWNER: "${PUBLIC_GITEA_OWNER}",
      PUBLIC_GITEA_REPO: "${PUBLIC_GITEA_REPO}"}}
    container_name: web_blue
    ports: ["127.0.0.1:8081:8082"]
  web_green:
    build: {context: ., args: {PUBLIC_GITEA_BASE: "${PUBLIC_GITEA_BASE}", PUBLIC_GITEA_OWNER: "${PUBLIC_GITEA_OWNER}",
      PUBLIC_GITEA_REPO: "${PUBLIC_GITEA_REPO}"}}
    container_name: web_green
    ports: ["127.0.0.1:8082:8082"]
"""
ENV_FILE = f"PUBLIC_GITEA_BASE={BASE}\nPUBLIC_GITEA_OWNER={OWNER}\nPUBLIC_GITEA_REPO={REPO}\n".encode()
FIRST: Files = {
    ".gitignore": b"node_modules/\ndist/\n.astro/\n.env\n.env.*\n!.env.example\n*.log\n",
    ".dockerignore": b".git\nnode_modules\n.env\n.env.*\n*.log\n",
    ".gitattributes": b"*.bat text eol=crlf\n",
    ".env.example": ENV_FILE,
    "Dockerfile": DOCKERFILE,
    "Dockerfile.nginx": NGINX_DOCKERFILE,
    "docker-compose.yml": COMPOSE,
    "README.md": b"# Archicratia\n",
    "run.bat": b"echo hello\n",
    "docs/dos é/naïve.md": b"accents\n",
    'docs/it\'s "quoted".md': b"quotes\n",
    "public/robots.txt": b"User-agent: *\nAllow: /\n",
    "src/a.md": b"one\n",
    "src/b.md": b"two\n",
    "src/c.md": b"three\n",
    "src/d.md": b"four\n",
    "www/app.js": f'const form = "{BASE}/{OWNER}/{REPO}/issues/new";\n'.encode(),
    "www/index.html": b"<!doctype html><title>Archicratia</title><script src=/app.js></script><footer>2024</footer>\n",
    "www/404.html": b"<!doctype html><title>lost</title>\n",
}
# what each later commit of main changes, and how many hours ago it was merged
LATER: tuple[tuple[float, Files], ...] = (
    (240, {"src/a.md": b"one, corrected\n", "www/about.html": b"<!doctype html><title>about</title>\n"}),
    (120, {"src/b.md": b"two, corrected\n", "www/index.html": FIRST["www/index.html"].replace(b"2024", b"2025")}),
    (30, {"src/c.md": b"three, corrected\n", "www/index.html": FIRST["www/index.html"].replace(b"2024", b"2026")}),
)
