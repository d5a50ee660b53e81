// Tells what a page puts on the clipboard; nothing is put there.
(() => {
  const tell = (text) => {
    if (text) globalThis.__auditorCopied(String(text).slice(0, 20000));
  };
  const clipboard = { writeText: async (text) => tell(text), write: async () => {}, readText: async () => '' };
  Object.defineProperty(navigator, 'clipboard', { value: clipboard, configurable: true });
  window.addEventListener('copy', (event) => {
    const set = event.clipboardData && event.clipboardData.getData('text/plain');
    tell(set || String(getSelection()));
    event.preventDefault();
  });
})();
