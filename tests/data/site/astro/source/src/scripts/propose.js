import { base, owner, repo } from "./where.js";

export function address(title, body) {
  const query = new URLSearchParams();
  query.set("title", title);
  query.set("body", body);
  return `${base.replace(/\/+$/, "")}/${owner}/${repo}/issues/new?${query.toString()}`;
}
