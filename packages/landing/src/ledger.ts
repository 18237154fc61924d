import {
  Coverage,
  DeadLetter,
  DroppedWork,
  Erasure,
  FatalError,
  LoadReceipt,
  Manifest,
  OwnRows,
  RefusedCalls,
  RunControl,
  RunPlan,
  RunRequest,
  SettledRun,
  StageReceipt,
  safeSegment,
} from "@lifecycle/contracts";
import type { z } from "zod";
import type { ObjectStore } from "./object-store.ts";

/**
 * What happened, in small files written once: the truth from which queues, watermarks and the ops tables are rebuilt.
 * Every `write…` that answers a boolean keeps the first content and answers false when there was one already.
 */
export interface Ledger {
  writeRequest(request: RunRequest): Promise<boolean>;
  readRequest(runId: string): Promise<RunRequest | undefined>;
  /** Ids of all runs ever asked for, in no order. */
  listRunIds(): Promise<string[]>;
  listUnsettled(): Promise<string[]>;

  writePlan(plan: RunPlan): Promise<boolean>;
  readPlan(runId: string): Promise<RunPlan | undefined>;

  writeManifest(manifest: Manifest): Promise<boolean>;
  readManifest(runId: string, part: string): Promise<Manifest | undefined>;
  readManifests(runId: string, parts: Iterable<string>): Promise<Manifest[]>;
  /** Parts that have landed; reads names only. */
  listLanded(runId: string): Promise<Set<string>>;

  writeLoad(receipt: LoadReceipt): Promise<boolean>;
  readLoads(runId: string): Promise<LoadReceipt[]>;
  /** Resources that are loaded; reads names only. */
  listLoaded(runId: string): Promise<Set<string>>;

  /** What landed last counts, so this one replaces. */
  writeOwnRows(rows: OwnRows): Promise<void>;
  readOwnRows(runId: string): Promise<OwnRows[]>;

  writeStage(receipt: StageReceipt): Promise<boolean>;
  readStage(runId: string, stage: string): Promise<StageReceipt | undefined>;
  listStages(runId: string): Promise<Set<string>>;

  /** The latest reason counts, so this one replaces. */
  writeDeadLetter(letter: DeadLetter): Promise<void>;
  removeDeadLetter(runId: string, work: string): Promise<void>;
  readDeadLetters(runId: string): Promise<DeadLetter[]>;

  /** Work of a settled run that somebody does without. */
  writeDropped(dropped: DroppedWork): Promise<boolean>;
  readDropped(runId: string): Promise<DroppedWork[]>;

  /** What somebody wants of an open run; the latest counts, so this one replaces. */
  writeControl(control: RunControl): Promise<void>;
  readControl(runId: string): Promise<RunControl | undefined>;

  /** Which run may model and publish now: the one that asked first, until it is released. */
  takeModelLease(runId: string): Promise<string>;
  /** Gives the lease back; does nothing when another run holds it. */
  releaseModelLease(runId: string): Promise<void>;

  writeSettled(settled: SettledRun): Promise<boolean>;
  readSettled(runId: string): Promise<SettledRun | undefined>;

  /** What was landed is less than it was: the one document that is not written once only. */
  replaceManifest(manifest: Manifest): Promise<void>;

  /** The latest state of an erasure counts, so this one replaces. */
  writeErasure(erasure: Erasure): Promise<void>;
  readErasures(): Promise<Erasure[]>;

  /** Replaces what the same process said of the same bucket and hour before. */
  writeRefused(refused: RefusedCalls): Promise<void>;
  /** What every process said last of refusals on `since` (a UTC day) and after. One that cannot be read is left out and told of. */
  readRefused(
    since: string | undefined,
    onUnreadable: (name: string, error: unknown) => void,
  ): Promise<RefusedCalls[]>;

  /** A cache over manifests: replaced at will, undefined when there is none that this version can read. */
  writeCoverage(workspace: string, pipeline: string, coverage: Coverage): Promise<void>;
  readCoverage(workspace: string, pipeline: string): Promise<Coverage | undefined>;
}

const KINDS = [
  "requests",
  "plans",
  "manifests",
  "loads",
  "own-rows",
  "stages",
  "dead-letters",
  "dropped",
  "controls",
  "settled",
  "refused",
  "erasures",
  "coverage",
] as const;
type Kind = (typeof KINDS)[number];

const READ_CONCURRENCY = 64;
const MODEL_LEASE = "ledger/leases/models";

export function openLedger(store: ObjectStore): Ledger {
  const once = (kind: Kind, name: string, value: unknown) =>
    store.putOnce(keyOf(kind, name), `${JSON.stringify(value)}\n`);
  const replace = (kind: Kind, name: string, value: unknown) =>
    store.put(keyOf(kind, name), `${JSON.stringify(value)}\n`);
  const read = <T>(schema: z.ZodType<T>, kind: Kind, name: string) =>
    readDocument(store, schema, keyOf(kind, name));
  const names = async (kind: Kind, folder = "") =>
    (await store.names(`ledger/${kind}${folder && `/${folder}`}`)).map((name) => name.replace(/\.json$/, ""));
  const readAll = async <T>(schema: z.ZodType<T>, kind: Kind, folder: string, only?: Iterable<string>) => {
    const documents: T[] = [];
    const wanted = only ? [...only] : await names(kind, folder);
    for (let start = 0; start < wanted.length; start += READ_CONCURRENCY) {
      const batch = wanted.slice(start, start + READ_CONCURRENCY);
      for (const document of await Promise.all(batch.map((name) => read(schema, kind, `${folder}/${name}`))))
        if (document !== undefined) documents.push(document);
    }
    return documents;
  };

  return {
    writeRequest: (request) => once("requests", request.runId, request),
    readRequest: (runId) => read(RunRequest, "requests", runId),
    listRunIds: () => names("requests"),
    listUnsettled: async () => {
      const [requested, settled] = await Promise.all([names("requests"), names("settled")]);
      const done = new Set(settled);
      return requested.filter((runId) => !done.has(runId));
    },

    writePlan: (plan) => once("plans", plan.runId, plan),
    readPlan: (runId) => read(RunPlan, "plans", runId),

    writeManifest: (manifest) => once("manifests", `${manifest.runId}/${manifest.part}`, manifest),
    readManifest: (runId, part) => read(Manifest, "manifests", `${runId}/${part}`),
    readManifests: (runId, parts) => readAll(Manifest, "manifests", runId, parts),
    listLanded: async (runId) => new Set(await names("manifests", runId)),

    writeLoad: (receipt) => once("loads", `${receipt.runId}/${receipt.resource}`, receipt),
    readLoads: (runId) => readAll(LoadReceipt, "loads", runId),
    listLoaded: async (runId) => new Set(await names("loads", runId)),

    writeOwnRows: (rows) => replace("own-rows", `${rows.runId}/${rows.resource}`, rows),
    readOwnRows: (runId) => readAll(OwnRows, "own-rows", runId),

    writeStage: (receipt) => once("stages", `${receipt.runId}/${receipt.stage}`, receipt),
    readStage: (runId, stage) => read(StageReceipt, "stages", `${runId}/${stage}`),
    listStages: async (runId) => new Set(await names("stages", runId)),

    writeDeadLetter: (letter) =>
      replace("dead-letters", `${letter.runId}/${safeSegment(letter.work)}`, letter),
    removeDeadLetter: (runId, work) => store.remove(keyOf("dead-letters", `${runId}/${safeSegment(work)}`)),
    readDeadLetters: (runId) => readAll(DeadLetter, "dead-letters", runId),

    writeDropped: (dropped) => once("dropped", `${dropped.runId}/${safeSegment(dropped.work)}`, dropped),
    readDropped: (runId) => readAll(DroppedWork, "dropped", runId),

    writeControl: (control) => replace("controls", control.runId, control),
    readControl: (runId) => read(RunControl, "controls", runId),

    takeModelLease: async (runId) => {
      for (;;) {
        if (await store.putOnce(MODEL_LEASE, runId)) return runId;
        const holder = await store.get(MODEL_LEASE);
        if (holder !== undefined) return holder;
      }
    },
    releaseModelLease: async (runId) => {
      if ((await store.get(MODEL_LEASE)) === runId) await store.remove(MODEL_LEASE);
    },

    writeSettled: (settled) => once("settled", settled.runId, settled),
    readSettled: (runId) => read(SettledRun, "settled", runId),

    replaceManifest: (manifest) => replace("manifests", `${manifest.runId}/${manifest.part}`, manifest),

    writeErasure: (erasure) => replace("erasures", `all/${erasure.id}`, erasure),
    readErasures: () => readAll(Erasure, "erasures", "all"),

    writeRefused: (refused) => {
      const { workspace, bucket, hour, process } = refused;
      return replace(
        "refused",
        `${hour.slice(0, 10)}/${[workspace, bucket, hour, process].map(safeSegment).join("__")}`,
        refused,
      );
    },
    readRefused: async (since, onUnreadable) => {
      const found: RefusedCalls[] = [];
      const days = (await names("refused")).filter((day) => since === undefined || day >= since);
      for (const day of days.toSorted())
        for (const name of await names("refused", day))
          try {
            const refused = await read(RefusedCalls, "refused", `${day}/${name}`);
            if (refused && (since === undefined || refused.hour >= since)) found.push(refused);
          } catch (error) {
            onUnreadable(name, error);
          }
      return found;
    },

    writeCoverage: (workspace, pipeline, coverage) =>
      replace("coverage", `${workspace}__${pipeline}`, coverage),
    readCoverage: (workspace, pipeline) =>
      read(Coverage, "coverage", `${workspace}__${pipeline}`).catch(unlessUnreadable),
  };
}

/** What can be made again is no reason to stop. */
function unlessUnreadable(error: unknown): undefined {
  if (error instanceof FatalError && error.code === "ledger.unreadable") return undefined;
  throw error;
}

function keyOf(kind: Kind, name: string): string {
  return `ledger/${kind}/${name}.json`;
}

async function readDocument<T>(
  store: ObjectStore,
  schema: z.ZodType<T>,
  key: string,
): Promise<T | undefined> {
  const text = await store.get(key);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new FatalError(
      "ledger.unreadable",
      `The ledger file ${key} is not what this version writes. Restore or remove it.`,
      { cause },
    );
  }
}
