import { useEffect, useRef } from "react";

const settings = {
  base: import.meta.env.PUBLIC_GITEA_BASE,
  owner: import.meta.env.PUBLIC_GITEA_OWNER,
  repo: import.meta.env.PUBLIC_GITEA_REPO,
};

export default function Own({ title }) {
  const dialog = useRef(null);
  useEffect(() => () => dialog.current?.close(), []);
  const send = (event) => {
    event.preventDefault();
    const { base, owner, repo } = settings;
    window.open(`${base}/${owner}/${repo}/issues/new?title=${encodeURIComponent(title)}`, "_blank");
  };
  return (
    <>
      <button onClick={() => dialog.current?.showModal()}>Proposer</button>
      <dialog ref={dialog}><form onSubmit={send}><button>Continuer</button></form></dialog>
    </>
  );
}
