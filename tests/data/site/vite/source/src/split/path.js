const owner = import.meta.env.PUBLIC_GITEA_OWNER;
const repo = import.meta.env.PUBLIC_GITEA_REPO;

export const path = [owner, repo].join("/");
