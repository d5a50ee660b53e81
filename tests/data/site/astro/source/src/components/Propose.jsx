import { useState } from "preact/hooks";

export default function Propose({ base, owner, repo }) {
  const [open, setOpen] = useState(false);
  const href = `${base}/${owner}/${repo}/issues/new?title=${encodeURIComponent("Proposition")}`;
  return open ? <a href={href} target="_blank">Une correction</a> : <button onClick={() => setOpen(true)}>Proposer</button>;
}
