const { PUBLIC_GITEA_BASE, PUBLIC_GITEA_OWNER, PUBLIC_GITEA_REPO } = import.meta.env;

export function address(title) {
  return `${PUBLIC_GITEA_BASE}/${PUBLIC_GITEA_OWNER}/${PUBLIC_GITEA_REPO}/issues/new?${new URLSearchParams({ title })}`;
}
