const o="archicratia",t="archicratie-edition",a=[o,t].join("/");export{a as p};
