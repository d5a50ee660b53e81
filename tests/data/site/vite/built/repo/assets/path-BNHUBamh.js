const o="Archicratia",t="site-web",c=[o,t].join("/");export{c as p};
