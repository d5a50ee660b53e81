import { useMemo, useState } from "react";

export default function Propose({ base, owner, repo, kinds }) {
  const [kind, setKind] = useState(null);
  const [open, setOpen] = useState(false);
  const form = useMemo(() => `${base}/${owner}/${repo}/issues/new`, [base, owner, repo]);
  if (!open) return <button onClick={() => setOpen(true)}>Proposer</button>;
  if (kind === null) return kinds.map((one) => <button key={one} onClick={() => setKind(one)}>{one}</button>);
  return <a href={`${form}?${new URLSearchParams({ title: kind })}`} target="_blank" rel="noopener">Ouvrir le formulaire</a>;
}
