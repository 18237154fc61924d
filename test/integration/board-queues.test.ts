import { FatalError, type RunRequest, type Work } from "@lifecycle/contracts";
import { diskStore, openLedger } from "@lifecycle/landing";
import { openQueues, queueNamesOf, queueOf, queuePolicy, startWorker, workJobId } from "@lifecycle/queue";
import { loadSettings } from "@lifecycle/runtime";
import { expect, inject, it, onTestFinished, vi } from "vitest";
import { ownHome, startBoard } from "./board-support.ts";

const runId = "main__braze__20260101-20260411__p1";
const request: RunRequest = {
  runId,
  workspace: "main",
  pipeline: "braze",
  window: { from: "2026-01-01", until: "2026-04-11" },
  pass: 1,
  trigger: "cli",
  requestedBy: "somebody",
  requestedAt: "2026-04-11T00:00:00.000Z",
  priority: 0,
};
const part = { part: "campaigns-details__c1", resource: "campaigns-details", bucket: "default" };
const work: Work = { name: "extract-part", payload: { v: 1, runId, part } };
const queue = queueOf(work, request);
const settings = loadSettings();
const policy = queuePolicy(settings);

interface Listed {
  queues: { name: string; counts: Record<string, number>; jobs: { id: string; failedReason?: string }[] }[];
}

it("lists every queue, shows a failed job with its reason, retries it, and tells Prometheus", async () => {
  const { home, prefix } = ownHome();
  const connection = { redisUrl: inject("redisUrl"), prefix };
  const names = queueNamesOf(settings);
  const queues = openQueues(connection, names, policy);
  let isBroken = true;
  const worker = startWorker({
    connection,
    queue,
    concurrency: 1,
    policy,
    handlers: {
      "extract-part": async () => {
        if (isBroken) throw new FatalError("braze.bad_answer", "campaign c1 answers nonsense");
      },
    },
    onDead: async () => {},
    report: () => {},
  });
  onTestFinished(async () => {
    await worker.close(1_000);
    await queues.close();
  });
  await queues.add(request, [work]);
  await vi.waitFor(async () => expect((await queues.find(request, work))?.state).toBe("failed"), 60_000);
  isBroken = false;

  const board = await startBoard({
    REDIS_URL: connection.redisUrl,
    LIFECYCLE__REDIS__PREFIX: prefix,
    LIFECYCLE_HOME: home,
  });
  const list = async (): Promise<Listed> => {
    const query = new URLSearchParams({ activeQueue: queue, status: "failed", page: "1", jobsPerPage: "10" });
    const answer = await fetch(`${board.url}/admin/queues/api/queues?${query}`);
    return (await answer.json()) as Listed;
  };
  const { queues: listed } = await list();
  expect(listed.map(({ name }) => name).sort()).toEqual([...names].sort());
  const [failed] = listed.find(({ name }) => name === queue)!.jobs;
  expect(failed).toMatchObject({
    id: workJobId(work, request),
    failedReason: "braze.bad_answer: campaign c1 answers nonsense",
  });

  const page = await fetch(`${board.url}/admin/queues`);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("Lifecycle");

  const samples = parseExposition(await (await fetch(`${board.url}/metrics`)).text());
  expect(samples.get(`bullmq_job_count{queue="${queue}", state="failed"}`)).toBe(1);
  expect(samples.get(`lifecycle_queue_oldest_failed_age_seconds{queue="${queue}"}`)).toBeGreaterThan(0);
  expect(samples.get(`lifecycle_queue_oldest_waiting_age_seconds{queue="${queue}"}`)).toBe(0);
  expect(samples.get("lifecycle_runs_unsettled")).toBe(0);
  expect(samples.get("lifecycle_redis_up")).toBe(1);

  const retry = (headers: Record<string, string>) =>
    fetch(`${board.url}/admin/queues/api/queues/${queue}/${workJobId(work, request)}/retry`, {
      method: "PUT",
      headers,
    });
  expect((await retry({ origin: "https://elsewhere.example" })).status).toBe(403);
  expect((await queues.find(request, work))?.state).toBe("failed");
  expect((await retry({})).status).toBeLessThan(300);
  await vi.waitFor(async () => expect((await queues.find(request, work))?.state).toBe("completed"), 60_000);
  expect(board.log()).toContain('"event":"action","method":"PUT"');
});

it("counts the runs of the ledger", async () => {
  const { home, prefix } = ownHome();
  const ledger = openLedger(diskStore(`${home}/data`));
  await ledger.writeRequest(request);
  const env = { REDIS_URL: inject("redisUrl"), LIFECYCLE__REDIS__PREFIX: prefix, LIFECYCLE_HOME: home };
  const board = await startBoard(env);
  const metrics = async () => parseExposition(await (await fetch(`${board.url}/metrics`)).text());
  expect((await metrics()).get("lifecycle_runs_unsettled")).toBe(1);
  await ledger.writeSettled({
    runId,
    status: "partial",
    settledAt: new Date().toISOString(),
    landedParts: 1,
    loadedRows: 1,
    rejectedRows: 0,
    missing: [],
  });
  const after = await metrics();
  expect(after.get("lifecycle_runs_unsettled")).toBe(0);
  expect(after.get('lifecycle_runs_settled_last_day{status="partial"}')).toBe(1);
  expect(after.get('lifecycle_runs_settled_last_day{status="complete"}')).toBe(0);
});

/**
 * Reads Prometheus' text format as strictly as a scraper does: HELP and TYPE once per metric and before its samples, the samples of a
 * metric together, no sample twice.
 */
function parseExposition(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const typed = new Set<string>();
  const finished = new Set<string>();
  let current = "";
  expect(text.endsWith("\n")).toBe(true);
  for (const line of text.trimEnd().split("\n")) {
    const type = /^# TYPE ([a-z_:]+) (?:gauge|counter)$/.exec(line)?.[1];
    const name = type ?? /^(?:# HELP )?([a-z_:]+)/.exec(line)?.[1] ?? "";
    expect(name, line).not.toBe("");
    if (name !== current) {
      finished.add(current);
      current = name;
    }
    expect(finished.has(name), `${name} comes twice`).toBe(false);
    if (type) {
      expect(typed.has(type)).toBe(false);
      typed.add(type);
    }
    if (line.startsWith("#")) continue;
    const sample = /^([a-z_:]+(?:\{[^}]*\})?) (\S+)$/.exec(line);
    expect(sample, line).not.toBeNull();
    expect(typed.has(name), `${name} has no type`).toBe(true);
    expect(samples.has(sample![1]!)).toBe(false);
    samples.set(sample![1]!, Number(sample![2]));
  }
  return samples;
}
