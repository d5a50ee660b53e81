const n="archicratie-edition",o=[void 0,n].join("/");export{o as p};
