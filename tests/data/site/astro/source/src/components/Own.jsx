const base = import.meta.env.PUBLIC_GITEA_BASE;
const owner = import.meta.env.PUBLIC_GITEA_OWNER;
const repo = import.meta.env.PUBLIC_GITEA_REPO;

export default function Own({ title }) {
  const propose = () => window.open(`${base}/${owner}/${repo}/issues/new?title=${encodeURIComponent(title)}`);
  return <button onClick={propose}>Proposer</button>;
}
