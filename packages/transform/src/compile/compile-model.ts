import type { CompiledModel, CompiledPart } from "../compiled.ts";
import { relationText, type Target } from "../project/host-functions.ts";
import type { Model } from "../project/types.ts";
import { ident } from "../sql/text.ts";
import {
  billingCap,
  compiledGates,
  compiledPart,
  compiledSnapshot,
  keepDays,
  type PartContext,
  partOf,
} from "./compile-part.ts";
import { contractOf, declaredColumns, mustSuitContract } from "./model-columns.ts";
import { grantsOf, isPublished, listOf, materialisationOf, partitionColumn } from "./model-config.ts";
import { hashOf } from "./model-hash.ts";
import { compiledTests, sampleSql } from "./model-tests.ts";
import { type Compilation, compiledText } from "./model-text.ts";
import { ephemeralNeeds } from "./render-model.ts";

/** What the warehouse adds to the columns of a snapshot's select. */
const snapshotColumns = ["effective_from", "effective_to", "is_current", "record_hash"];

/** One model for one engine. Throws `ModelFindings`. */
export function compileModel(model: Model, compilation: Compilation): CompiledModel {
  const { project, target, shapes } = compilation;
  const text = compiledText(model, compilation);
  const materialized = materialisationOf(model);
  const snapshot = materialized === "snapshot" ? compiledSnapshot(model) : null;
  const own = text.columns as string[];
  const columns = declaredColumns(model, snapshot ? [...own, ...snapshotColumns] : own);
  const contract = contractOf(columns.slice(0, own.length), model);
  mustSuitContract(model, contract, text.shape);
  shapes.learn(model.name, { contract, snapshot }, text.shape);
  const ephemeral = ephemeralNeeds(model, project).map((name) => project.models.get(name)!);
  const readers = [model, ...ephemeral];
  const isTested = materialized !== "ephemeral";
  const tests = isTested ? compiledTests(model, compilation) : [];
  const namesOf = (names: readonly string[]) =>
    [...new Set(names)]
      .filter((name) => project.models.get(name)?.config.materialized !== "ephemeral")
      .sort();
  const compiled: Omit<CompiledModel, "hash" | "buildHash"> = {
    name: model.name,
    file: model.file.name,
    sql: text.sql,
    columns,
    contract,
    materialized,
    dependsOn: namesOf(readers.flatMap((reader) => reader.refs)),
    inlines: ephemeral.map(({ name }) => name).sort(),
    inputs: namesOf(readers.flatMap((reader) => reader.inputs)),
    testInputs: namesOf(model.refs.filter((name) => !model.inputs.includes(name))),
    sources: [...new Set(readers.flatMap((reader) => reader.sources.map(({ table }) => table)))].sort(),
    published: isPublished(model),
    tags: model.config.tags ?? [],
    description: model.properties?.description ?? null,
    meta: { ...model.config.meta },
    grants: grantsOf(model),
    partitionBy: partitionColumn(model),
    keepDays: keepDays(model, target),
    clusterBy: listOf(model.config.cluster_by),
    tests,
    relation: relationOf(model.name, target),
    part: part({ model, readers, project, target, columns: own }, compilation),
    snapshot,
    isVolatile: /\bcurrent_(date|datetime|time|timestamp)\b|\bgenerate_uuid\b/i.test(text.sql),
    gates: compiledGates(model),
    maxBytesBilled: billingCap(model),
    sampleSql: isTested ? sampleSql(model, compilation, columns) : null,
  };
  const { sql, partitionBy, clusterBy, gates, relation } = compiled;
  const decisive = {
    sql,
    contract,
    materialized,
    partitionBy,
    clusterBy,
    snapshot,
    relation,
    part: compiled.part,
    ...(compiled.keepDays === null ? {} : { keepDays: compiled.keepDays }),
  };
  const buildHash = hashOf(decisive);
  return { ...compiled, buildHash, hash: hashOf({ buildHash, tests, gates }) };
}

/** Null for a model of which only the whole is built: nobody said what a part of it is made from. */
function part(context: PartContext, compilation: Compilation): CompiledPart | null {
  const { model } = context;
  const chosen = model.config.materialized === "incremental" ? partOf(model) : undefined;
  return chosen ? compiledPart(context, compiledText(model, compilation, chosen).sql) : null;
}

function relationOf(name: string, target: Target): string {
  return target.engine === "duckdb"
    ? `${ident(`${target.dataset}_build`)}.${ident(name)}`
    : relationText(target, `${target.dataset}_build`, name);
}
