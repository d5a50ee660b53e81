const o="archicratie-edition",n=["",o].join("/");export{n as p};
