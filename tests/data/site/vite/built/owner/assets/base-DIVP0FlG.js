const t="https://git.archicratie.example";export{t as b};
