// The arrows of the rooms (CONTRIBUTING.md): imports go down, never up or sideways, and only through a room's one door.
// TypeScript is read by swc: dependency-cruiser does not know the compiler we use.

const { existsSync, readdirSync, readFileSync } = require("node:fs");

const LEVELS = [
  ["contracts", "stats", "simulation"], // 0 pure
  ["runtime"], // 1 process
  ["queue", "braze", "landing", "warehouse"], // 2 adapters
  ["ingest", "transform", "experiments"], // 3 use cases
];

const alternatives = (names) => `(?:${names.join("|")})`;
const inside = (names) => `^packages/${alternatives(names)}/`;
const TEST = "[.]test[.]ts$";

/** One rule per room: everything at its own level and above is closed to it. */
const downwards = LEVELS.flatMap((rooms, level) =>
  rooms.map((room) => {
    const closed = LEVELS.slice(level)
      .flat()
      .filter((other) => other !== room);
    return {
      name: `${room}-imports-only-down`,
      severity: "error",
      comment: `${room} is at level ${level}: it may import what lies below, nothing beside or above it.`,
      from: { path: inside([room]) },
      to: { path: ["^apps/", inside(closed)] },
    };
  }),
);

/** Outside systems that one room knows. */
const known = [
  { room: "queue", packages: ["bullmq"], also: ["^apps/board/src/(?:queue-views|bull-board)[.]ts$"] },
  { room: "braze", packages: ["undici", "bottleneck"] },
  { room: "warehouse", packages: ["@duckdb", "@google-cloud/bigquery"] },
  { room: "landing", packages: ["@google-cloud/storage"] },
  { room: "transform", packages: ["@polyglot-sql"] },
  { room: "stats", packages: ["jstat"] },
].map(({ room, packages, also = [] }) => ({
  name: `only-${room}-knows-${packages[0].replace("@", "")}`,
  severity: "error",
  comment: `${packages.join(" and ")} belong to packages/${room}; everybody else goes through its door.`,
  from: { path: "^(?:apps|packages)/", pathNot: [`^packages/${room}/`, TEST, ...also] },
  to: { path: `(?:^|/)node_modules/${alternatives(packages)}(?:/|$)` },
}));

const folders = ["apps", "packages"]
  .flatMap((above) => readdirSync(above).map((name) => `${above}/${name}`))
  .filter((folder) => existsSync(`${folder}/package.json`));

/** Rooms are linked, not installed, so that the tool takes them for files: what each may import is read from its manifest here. */
const listed = folders.map((folder) => {
  const { dependencies = {} } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const rooms = Object.keys(dependencies).flatMap((name) => /^@lifecycle[/](.+)$/.exec(name)?.[1] ?? []);
  return {
    name: "imports-are-listed",
    severity: "error",
    comment: "List every package you import in your own package.json: hoisting hides a missing one.",
    from: { path: `^${folder}/` },
    to: { path: "^packages/", pathNot: [`^${folder}/`, ...rooms.map((room) => `^packages/${room}/`)] },
  };
});

module.exports = {
  forbidden: [
    ...downwards,
    ...known,
    ...listed,
    {
      name: "apps-do-not-import-apps",
      severity: "error",
      comment: "A process shares nothing with another but packages.",
      from: { path: "^apps/([^/]+)/" },
      to: { path: "^apps/", pathNot: "^apps/$1/" },
    },
    {
      name: "packages-have-one-door",
      severity: "error",
      comment: "Import @lifecycle/<name>, whose door is src/index.ts; nothing behind it.",
      from: { path: "^(apps|packages)/([^/]+)/" },
      to: { path: "^packages/[^/]+/", pathNot: ["^$1/$2/", "^packages/[^/]+/src/index[.]ts$"] },
    },
    {
      name: "tests-use-the-doors",
      severity: "error",
      comment: "What spans rooms is tested through the doors of packages and the entry points of apps.",
      from: { path: "^test/" },
      to: {
        path: "^(?:apps|packages)/",
        pathNot: ["^packages/[^/]+/src/index[.]ts$", "^apps/[^/]+/src/(?:main|index)[.]ts$"],
      },
    },
    {
      name: "nothing-imports-tests",
      severity: "error",
      from: { path: "^(?:apps|packages)/" },
      to: { path: ["^test/", TEST] },
    },
    {
      name: "sandbox-shares-nothing-with-the-client",
      severity: "error",
      comment: "The sandbox and packages/braze must not be able to agree on a mistake.",
      from: { path: ["^apps/sandbox/", inside(["simulation"])] },
      to: { path: inside(["braze"]), reachable: true },
    },
    {
      name: "pure-rooms-do-no-io",
      severity: "error",
      comment: "Level 0 takes clock, seed and data as arguments.",
      from: { path: inside(LEVELS[0]), pathNot: TEST },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "nothing-is-missing",
      severity: "error",
      comment: "An import that leads nowhere, or a package that is not installed.",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "imports-are-listed",
      severity: "error",
      comment: "List every package you import in your own package.json: hoisting hides a missing one.",
      from: { path: "^(?:apps|packages)/", pathNot: TEST },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev", "npm-optional", "npm-bundled"] },
    },
  ],
  options: {
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(?:^|/)node_modules/[.]" },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".mjs", ".js", ".cjs", ".json", ".d.ts"],
    },
  },
};
