const t="http://git.archicratie.example";export{t as b};
