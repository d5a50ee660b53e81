export const base = import.meta.env.PUBLIC_GITEA_BASE ?? "https://git.old.example";
export const owner = import.meta.env.PUBLIC_GITEA_OWNER || "nobody";
export const repo = import.meta.env.PUBLIC_GITEA_REPO;
