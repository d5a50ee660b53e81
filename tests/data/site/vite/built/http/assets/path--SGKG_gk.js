const o="Archicratia",t="archicratie-edition",c=[o,t].join("/");export{c as p};
