import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FatalError, InputError, RetryableError } from "@lifecycle/contracts";
import {
  type BigquerySettings,
  checkBigquery,
  openBigqueryWarehouse,
  refusedQuery,
} from "@lifecycle/warehouse";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listen, sendJson } from "../fakes/rest/server.ts";
import { everyType, land, request, things } from "./warehouse-support/files.ts";
import { bigqueryForEach } from "./warehouse-support/for-each.ts";

describe("what the BigQuery driver says when it is refused", () => {
  const place = bigqueryForEach([{ table: "raw_thing", columns: everyType }]);

  const load = async () => place.warehouse.load(request([await land(place.folder, things(3))]));
  const loadJobs = () => [...place.server.jobs.values()].filter((job) => job.configuration.load);
  const refuse = (does: "answer" | "fail-job", status: number, reason: string, message = reason) =>
    place.server.fail({ path: /^\/upload\/jobs/, times: 1, does, error: { status, reason, message } });
  const settings = (more: Partial<BigquerySettings> = {}): BigquerySettings => ({
    projectId: place.server.project,
    location: "EU",
    apiEndpoint: place.server.url,
    retryDelayMs: 5,
    pollDelayMs: 2,
    ...more,
  });
  const bootstrap = async (more: Partial<BigquerySettings>) =>
    (await openBigqueryWarehouse(settings(more))).bootstrap();

  it("says which column a person's query asks for in vain", async () => {
    await load();
    const asked = place.warehouse.query("SELECT nothing_like_it FROM `lifecycle_raw.raw_thing`");
    const refused = refusedQuery(await asked.catch((error: unknown) => error));
    expect(refused).toBeInstanceOf(InputError);
    expect(refused).toMatchObject({ code: "query.unknown_column", word: "nothing_like_it" });
  });

  it.each([
    "backendError",
    "internalError",
    "jobBackendError",
    "jobInternalError",
    "jobRateLimitExceeded",
    "rateLimitExceeded",
    "tableUnavailable",
  ])("tries a job again that failed with %s", async (reason) => {
    refuse("fail-job", 503, reason);
    expect(await load()).toEqual({ rows: 3, rejected: 0 });
    expect(loadJobs().map((job) => job.error?.reason)).toEqual([reason, undefined]);
  });

  it.each(["answer", "fail-job"] as const)("waits for a quota (%s), and then goes on", async (does) => {
    refuse(does, 403, "quotaExceeded", "Quota exceeded: Your table exceeded quota for imports");
    const refused = load();
    await expect(refused).rejects.toMatchObject({
      code: "warehouse.quota",
      retryAfterMs: 600_000,
      message: expect.stringMatching(/^load .* into raw_thing: Quota exceeded: .*tried again in 10 minutes/),
    });
    await expect(refused).rejects.toBeInstanceOf(RetryableError);
    expect(await load()).toEqual({ rows: 3, rejected: 0 });
  });

  it.each(["answer", "fail-job"] as const)(
    "says which right is missing (%s), and goes on once it is given",
    async (does) => {
      const said =
        "Access Denied: Table p:lifecycle_raw.raw_thing: Permission bigquery.tables.updateData denied";
      refuse(does, 403, "accessDenied", said);
      await expect(load()).rejects.toMatchObject({
        name: "FatalError",
        code: "warehouse.access_denied",
        message: expect.stringMatching(/updateData denied \(give the identity .* roles .*deploy\/README\.md/),
      });
      expect(await load()).toEqual({ rows: 3, rejected: 0 });
    },
  );

  it("does not do at once again what took too long, and says which setting allows more", async () => {
    refuse("fail-job", 499, "stopped", "Job execution was cancelled: Job timed out after 3600 sec");
    await expect(load()).rejects.toMatchObject({
      code: "warehouse.stopped",
      message: expect.stringMatching(/timed out after 3600 sec .*warehouse\.bigquery\.job_timeout_ms/),
    });
    expect(loadJobs().length).toBe(1);
    expect(await load()).toEqual({ rows: 3, rejected: 0 });
    refuse("fail-job", 400, "timeout", "Operation timed out after 6.0 hours");
    const more = request([await land(place.folder, things(3, "more"))], { loadId: "more" });
    await expect(place.warehouse.load(more)).rejects.toMatchObject({ code: "warehouse.stopped" });
  });

  it("has BigQuery stop what takes longer than the settings allow", async () => {
    const hasty = await openBigqueryWarehouse(settings({ jobTimeoutMs: 300 }));
    const sql = "SELECT count(*) AS n FROM range(1000000000) a, range(1000000000) b";
    const message = expect.stringMatching(/Job timed out after 1 sec .*job_timeout_ms/);
    const refused = { code: "warehouse.stopped", message };
    await expect(hasty.query(sql)).rejects.toMatchObject(refused);
    const build = hasty.materialise({ table: "agg_long", sql, jobId: "b" });
    await expect(build).rejects.toMatchObject(refused);
  });

  it("says where a job looked for a dataset that lies elsewhere", async () => {
    const elsewhere = await openBigqueryWarehouse(settings({ location: "US" }));
    await expect(elsewhere.query("SELECT id FROM lifecycle_raw.raw_thing")).rejects.toMatchObject({
      code: "warehouse.table_missing",
      message: expect.stringContaining("Dataset lifecycle was not found in location US"),
    });
  });

  it("builds a table again whose job failed in an earlier call", async () => {
    const build = () => place.warehouse.materialise({ table: "agg_x", sql: "SELECT 1 AS v", jobId: "b" });
    place.server.fail({
      job: /__build__agg_x/,
      times: 1,
      does: "fail-job",
      error: { status: 403, reason: "accessDenied" },
    });
    await expect(build()).rejects.toMatchObject({ code: "warehouse.access_denied" });
    expect(await build()).toMatchObject({ rows: 1 });
    const jobs = place.server.jobs.size;
    await build();
    expect(place.server.jobs.size).toBe(jobs);
  });

  it("names the dataset that lies elsewhere, and the setting", async () => {
    const elsewhere = bootstrap({ location: "US" });
    await expect(elsewhere).rejects.toMatchObject({
      code: "warehouse.wrong_location",
      message: "dataset lifecycle_raw: it lies in EU, the settings say US: set BIGQUERY_LOCATION=EU",
    });
    await expect(elsewhere).rejects.toBeInstanceOf(InputError);
  });

  it("says which file is not there, having sent nothing", async () => {
    const file = { ...(await land(place.folder, things(1))), uri: join(place.folder, "gone.ndjson.gz") };
    const digest = "d1";
    await expect(place.warehouse.load(request([{ ...file, digest }]))).rejects.toMatchObject({
      code: "warehouse.file_unreadable",
      message: expect.stringContaining("gone.ndjson.gz"),
    });
    expect(loadJobs()).toEqual([]);
  });

  describe("without credentials that count", () => {
    // The library writes about its own options there.
    beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => undefined));
    afterEach(() => void vi.restoreAllMocks());

    const refused = async (more: Partial<BigquerySettings>) => {
      const error = await bootstrap(more).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(error).toBeInstanceOf(FatalError);
      const { code, message } = error as FatalError;
      expect(code).toBe("warehouse.credentials");
      expect(message).toMatch(/GOOGLE_APPLICATION_CREDENTIALS or warehouse\.bigquery\.credentials_file/);
      return message;
    };
    const unauthenticated = () =>
      place.server.fail({
        times: 1,
        does: "answer",
        error: { status: 401, reason: "authError", message: "Invalid Credentials" },
      });

    it("does not ask again with a token that was refused", async () => {
      unauthenticated();
      const keyFilename = join(place.folder, "key.json");
      await expect(refused({})).resolves.toContain("Could not load the default credentials");
      await expect(refused({ keyFilename })).resolves.toContain(keyFilename);
    });

    it("says that a workload's token has expired", async () => {
      const tokens = await listen(async (_, response) =>
        sendJson(response, 400, { error: "invalid_grant", error_description: "The token has expired" }),
      );
      const keyFilename = join(place.folder, "workload.json");
      const subject = join(place.folder, "subject-token");
      await writeFile(subject, "expired");
      await writeFile(
        keyFilename,
        JSON.stringify({
          type: "external_account",
          audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
          subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
          token_url: `${tokens.url}/v1/token`,
          credential_source: { file: subject },
        }),
      );
      await expect(refused({ keyFilename })).resolves.toContain("The token has expired");
      const found = await checkBigquery(settings({ keyFilename }));
      expect(found).toEqual([{ ok: false, detail: expect.stringContaining("The token has expired") }]);
      await tokens.close();
    });
  });
});
