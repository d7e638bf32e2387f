// PostGraphile 5: its amber preset with plain lists. Where the database is stands in PGHOST and its like.
const http = require("http");
const { Pool } = require("pg");
const { grafserv } = require("postgraphile/grafserv/node");
const { postgraphile } = require("postgraphile");
const { makePgService } = require("postgraphile/adaptors/pg");
const { PostGraphileAmberPreset } = require("postgraphile/presets/amber");
const { makeV4Preset } = require("postgraphile/presets/v4");
const { PgSimplifyInflectionPreset } = require("@graphile/simplify-inflection");

const lists = makeV4Preset({
  graphileBuildOptions: { pgOmitListSuffix: false },
  simpleCollections: "both",
  dynamicJson: true,
  ignoreRBAC: true,
  disableDefaultMutations: true,
  disableQueryLog: true,
  graphiql: false,
});
const preset = {
  extends: [PostGraphileAmberPreset, lists, PgSimplifyInflectionPreset],
  pgServices: [makePgService({ pool: new Pool({ max: 8 }), schemas: ["plain"] })],
  grafserv: { graphqlPath: "/graphql", watch: false, websockets: false, graphiql: false },
  grafast: { explain: false },
};

async function serve() {
  const server = http.createServer();
  await postgraphile(preset).createServ(grafserv).addTo(server);
  server.listen(Number(process.argv[2]), "127.0.0.1");
}
serve().catch((error) => {
  console.error(error);
  process.exit(1);
});
