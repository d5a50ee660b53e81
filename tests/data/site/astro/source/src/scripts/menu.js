const padding = [
  "entrée numéro 000 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 001 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 002 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 003 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 004 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 005 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 006 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 007 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 008 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 009 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 010 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 011 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 012 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 013 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 014 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 015 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 016 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 017 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 018 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 019 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 020 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 021 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 022 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 023 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 024 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 025 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 026 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 027 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 028 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 029 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 030 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 031 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 032 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 033 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 034 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 035 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 036 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 037 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 038 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 039 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 040 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 041 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 042 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 043 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 044 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 045 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 046 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 047 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 048 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 049 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 050 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 051 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 052 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 053 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 054 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 055 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 056 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 057 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 058 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 059 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 060 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 061 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 062 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 063 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 064 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 065 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 066 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 067 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 068 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 069 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 070 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 071 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 072 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 073 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 074 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 075 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 076 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 077 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 078 du sommaire, qui ne sert qu'à la taille du fichier",
  "entrée numéro 079 du sommaire, qui ne sert qu'à la taille du fichier",
];
export function start(root) {
  const button = root.querySelector("[data-menu]");
  button.addEventListener("click", async () => {
    const first = document.createElement("button");
    first.textContent = "Corriger un texte";
    first.addEventListener("click", () => {
      const second = document.createElement("button");
      second.textContent = "Une faute";
      second.addEventListener("click", async () => {
        const { address } = await import("./propose.js");
        window.open(address(document.title, location.href), "_blank");
      });
      root.append(second);
    });
    root.append(first);
  });
  return padding.length;
}
