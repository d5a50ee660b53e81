export const base = import.meta.env.PUBLIC_GITEA_BASE;
