// PostGraphile 4 as its documentation tells for production. Where the database is stands in PGHOST and its like.
const http = require("http");
const { Pool } = require("pg");
const { postgraphile } = require("postgraphile");

const handler = postgraphile(new Pool({ max: 8 }), "plain", {
  appendPlugins: [require("@graphile-contrib/pg-simplify-inflector")],
  graphileBuildOptions: { pgOmitListSuffix: false },
  simpleCollections: "both",
  setofFunctionsContainNulls: false,
  legacyRelations: "omit",
  dynamicJson: true,
  ignoreRBAC: true,
  disableDefaultMutations: true,
  disableQueryLog: true,
  graphiql: false,
  watchPg: false,
});
http.createServer(handler).listen(Number(process.argv[2]), "127.0.0.1");
