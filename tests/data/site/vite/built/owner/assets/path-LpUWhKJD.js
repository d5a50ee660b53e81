const o="Archicratie",t="archicratie-edition",c=[o,t].join("/");export{c as p};
