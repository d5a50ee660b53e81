const e="https://forge.archicratie.example";export{e as b};
