import { afterEach, describe, expect, it, vi } from "vitest";
import { readOptions, type SandboxOptions } from "./options.ts";
import { type Sandbox, startSandbox } from "./server.ts";

const running: Sandbox[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const sandbox of running.splice(0)) await sandbox.close();
});

const AUTH = { authorization: "Bearer sandbox-key" };

async function start(flags: string[] = [], changes: Partial<SandboxOptions> = {}) {
  const now = ["--now", "2026-03-20T12:00:00Z", "--users", "20000"];
  const options = readOptions(["--port", "0", ...now, ...flags], {}, Date.now());
  const sandbox = await startSandbox({ ...options, ...changes });
  running.push(sandbox);
  const get = async (path: string, headers: Record<string, string> = AUTH) => {
    const response = await fetch(sandbox.url + path, { headers, redirect: "manual" });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
  };
  const post = async (path: string, body: object) => {
    const init = { method: "POST", body: JSON.stringify(body), headers: AUTH };
    const response = await fetch(sandbox.url + path, init);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { sandbox, get, post };
}

describe("access", () => {
  it("wants the exact key, knows its paths and the key's scopes", async () => {
    const { get } = await start(["--scopes", "campaigns.list,canvas.list"]);
    expect((await get("/campaigns/list", {})).status).toBe(401);
    expect((await get("/campaigns/list", { authorization: 'Bearer "sandbox-key"' })).status).toBe(401);
    expect((await get("/campaigns/lists")).status).toBe(404);
    expect((await get("/campaigns/details?campaign_id=x")).status).toBe(403);
    const ok = await get("/campaigns/list");
    expect(ok.status).toBe(200);
    expect(ok.headers.get("x-ratelimit-remaining")).toBe("249999");
  });

  it("refuses every call once the key is revoked", async () => {
    const { get, post } = await start();
    await post("/__sandbox/faults", { revoked: true });
    expect((await get("/campaigns/list")).status).toBe(401);
  });
});

describe("lists", () => {
  it("pages by 100 from 0 to an empty page and hides what is archived", async () => {
    const { sandbox, get } = await start(["--campaigns", "230"]);
    const ids: string[] = [];
    const sizes: number[] = [];
    for (let page = 0; page < 4; page++) {
      const { campaigns } = (await get(`/campaigns/list?include_archived=true&page=${page}`)).json();
      sizes.push(campaigns.length);
      ids.push(...campaigns.map(({ id }: { id: string }) => id));
    }
    expect(sizes).toEqual([100, 100, 30, 0]);
    expect(new Set(ids).size).toBe(230);
    const nowMs = Date.parse("2026-03-20T12:00:00Z");
    const shown = sandbox.world
      .campaigns(nowMs)
      .filter((campaign) => !sandbox.world.stateOf(campaign, nowMs).archived);
    const first = (await get("/campaigns/list")).json().campaigns;
    expect(first.map(({ id }: { id: string }) => id)).toEqual(shown.slice(0, 100).map(({ id }) => id));
    const newest = (await get("/campaigns/list?sort_direction=desc")).json().campaigns;
    expect(newest[0].id).toBe(shown.at(-1)!.id);
    expect((await get("/campaigns/list?page=-1")).status).toBe(400);
  });

  it("filters strictly by the last edit", async () => {
    const { get } = await start();
    const { campaigns } = (await get("/campaigns/list")).json();
    const edits = campaigns.map(({ last_edited }: { last_edited: string }) => last_edited).sort();
    const bound = edits[20];
    const filter = `/campaigns/list?last_edit.time%5Bgt%5D=${encodeURIComponent(bound)}`;
    const filtered = (await get(filter)).json().campaigns;
    expect(filtered.length).toBe(edits.filter((edit: string) => edit > bound).length);
  });
});

describe("details", () => {
  it("shows a campaign's messages by channel, its control, and conversion windows in seconds", async () => {
    const { sandbox, get } = await start();
    const nowMs = sandbox.world.settings.nowMs;
    for (const campaign of sandbox.world.campaigns(nowMs)) {
      const details = (await get(`/campaigns/details?campaign_id=${campaign.id}`)).json();
      const state = sandbox.world.stateOf(campaign, nowMs);
      expect(details).toMatchObject({ archived: state.archived, draft: state.draft, enabled: state.enabled });
      expect("id" in details).toBe(false);
      expect(Object.keys(details.messages)).toEqual(campaign.messages.map(({ id }) => id));
      for (const message of campaign.messages) {
        const shown = details.messages[message.id];
        expect([shown.channel, shown.type === "control"]).toEqual([message.channel, message.isControl]);
        if (message.isControl) continue;
        if (message.channel === "sms") expect(typeof shown.from).toBe("string");
        if (message.channel === "whats_app") expect(Array.isArray(shown.from)).toBe(true);
        if (message.channel === "email") expect(shown.extras).toEqual([]);
        if (message.channel === "ios_push") expect(shown.extras).toEqual({});
      }
      const windows = details.conversion_behaviors.map(({ window }: { window: number }) => window / 86_400);
      expect(windows).toEqual(campaign.behaviors.map(({ windowDays }) => windowDays));
      if (state.draft) expect(details.first_sent).toBeNull();
      if (campaign.life.ageing === "permanent") expect(details.first_sent > details.created_at).toBe(true);
      if (details.first_sent) expect(details.last_sent >= details.first_sent).toBe(true);
      if (details.last_sent) expect(Date.parse(details.last_sent)).toBeLessThanOrEqual(nowMs);
    }
  });

  it("gives the rows of a draft empty channel lists", async () => {
    const { sandbox, get } = await start();
    const nowMs = sandbox.world.settings.nowMs;
    const draft = sandbox.world.campaigns(nowMs).find((one) => sandbox.world.stateOf(one, nowMs).draft)!;
    const { data } = (await get(`/campaigns/data_series?campaign_id=${draft.id}&length=1`)).json();
    expect(data[0]).toMatchObject({ messages: { email: [] }, conversions3_by_send_time: 0, revenue: 0 });
  });

  it("links the steps of a Canvas, leaves out deleted ones, and gives a control no first step", async () => {
    const { sandbox, get } = await start();
    const nowMs = sandbox.world.settings.nowMs;
    for (const canvas of sandbox.world.canvases(nowMs)) {
      const details = (await get(`/canvas/details?canvas_id=${canvas.id}`)).json();
      const ids = details.steps.map(({ id }: { id: string }) => id);
      expect(ids).toEqual(canvas.steps.filter(({ isDeleted }) => !isDeleted).map(({ id }) => id));
      for (const step of details.steps) {
        for (const { next_step_id } of step.next_paths) expect(ids).toContain(next_step_id);
        expect(Object.keys(step.messages).length).toBe(step.channels.length);
      }
      canvas.variants.forEach((variant, at) => {
        const shown = details.variants[at];
        expect(shown.first_step_ids.length).toBe(variant.isControl ? 0 : 1);
        expect("first_step_id" in shown).toBe(!variant.isControl);
      });
    }
  });
});

describe("series", () => {
  it("gives dense ascending rows that end as `ending_at` says, in company time", async () => {
    const { get } = await start();
    const { id } = (await get("/campaigns/list")).json().campaigns[0];
    const times = async (query: string) => {
      const { data } = (await get(`/campaigns/data_series?campaign_id=${id}&${query}`)).json();
      return data.map(({ time }: { time: string }) => time);
    };
    expect(await times("length=3&ending_at=2026-03-10")).toEqual(["2026-03-07", "2026-03-08", "2026-03-09"]);
    const end = (text: string) => times(`length=1&ending_at=${encodeURIComponent(text)}`);
    expect(await end("2026-03-10T23:59:59-04:00")).toEqual(["2026-03-10"]);
    expect(await end("2026-03-10T23:59:59-4:00")).toEqual(["2026-03-10"]);
    expect(await end("2026-03-10T03:00:00Z")).toEqual(["2026-03-09"]);
    expect(await times("length=2&ending_at=2026-03-10T23:59:59+04:00")).toEqual(["2026-03-09", "2026-03-10"]);
    expect(await times("length=2")).toEqual(["2026-03-19", "2026-03-20"]);
    expect(await times("length=4&ending_at=2026-03-23")).toEqual(["2026-03-19", "2026-03-20"]);
    expect((await times("length=100")).length).toBe(100);
  });

  it("refuses lengths and times that are wrong", async () => {
    const { get } = await start();
    const { id } = (await get("/campaigns/list")).json().campaigns[0];
    const canvas = (await get("/canvas/list")).json().canvases[0].id;
    const campaign = `/campaigns/data_series?campaign_id=${id}`;
    const paths = [
      campaign,
      `${campaign}&length=0`,
      `${campaign}&length=101`,
      `${campaign}&length=5&ending_at=yesterday`,
      "/campaigns/data_series?campaign_id=nobody&length=1",
      `/canvas/data_series?canvas_id=${canvas}&length=15`,
      `/canvas/data_series?canvas_id=${canvas}`,
      `/canvas/data_series?canvas_id=${canvas}&length=2&starting_at=2026-03-01`,
      `/canvas/data_series?canvas_id=${canvas}&starting_at=2026-03-01&ending_at=2026-03-20`,
    ];
    for (const path of paths) expect([path, (await get(path)).status]).toEqual([path, 400]);
  });

  it("breaks a Canvas down only when asked, deleted steps only when asked too", async () => {
    const { sandbox, get } = await start();
    const canvas = sandbox.world
      .canvases(sandbox.world.settings.nowMs)
      .find((one) => one.steps.some((s) => s.isDeleted))!;
    const path = `/canvas/data_series?canvas_id=${canvas.id}&length=2`;
    const stats = async (flags: string) => (await get(path + flags)).json().data.stats[0];
    expect(Object.keys(await stats(""))).toEqual(["time", "total_stats"]);
    const steps = (await stats("&include_variant_breakdown=true&include_step_breakdown=true")).step_stats;
    expect(Object.keys(steps).length).toBe(canvas.steps.length - 1);
    const more = await stats("&include_step_breakdown=true&include_deleted_step_data=true");
    expect(Object.keys(more.step_stats).length).toBe(canvas.steps.length);
    const { data } = (
      await get(`${path.replace("length=2", "starting_at=2026-03-01&ending_at=2026-03-04")}`)
    ).json();
    expect(data.stats.map(({ time }: { time: string }) => time)).toEqual([
      "2026-03-01",
      "2026-03-02",
      "2026-03-03",
    ]);
  });

  it("serves what the truth says, and more of it once the clock moves", async () => {
    const { get, post } = await start();
    const truth = (await get("/__sandbox/truth?only=campaigns", {})).json();
    const campaign = truth.campaigns.find(
      (one: { planted: { kind: string } }) => one.planted.kind === "effect",
    );
    const query = `/campaigns/data_series?campaign_id=${campaign.campaign_id}&length=100`;
    const { data } = (await get(query)).json();
    const sum = (rows: { conversions_by_send_time: number }[]) =>
      rows.reduce((total, row) => total + row.conversions_by_send_time, 0);
    expect(sum(data)).toBe(campaign.totals.conversions_by_send_time);
    expect(campaign.days.length).toBe(90);
    expect((await post("/__sandbox/clock", { now: "2026-03-25T12:00:00Z" })).status).toBe(200);
    const after = (await get(`/__sandbox/truth?campaign_id=${campaign.campaign_id}`, {})).json().campaigns[0];
    expect(sum((await get(query)).json().data)).toBe(after.totals.conversions_by_send_time);
    expect(after.totals.conversions_by_send_time).toBeGreaterThan(campaign.totals.conversions_by_send_time);
  });
});

describe("limits", () => {
  it("refuses beyond the pool, says when it resets, and counts both", async () => {
    // In the middle of a window: none may begin while this one is counted.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-11-20T09:30:00Z") });
    const { get } = await start(["--limits", "default=5/h,campaigns_data_series=2/h"]);
    const answers = await Promise.all(Array.from({ length: 9 }, () => get("/canvas/list")));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429, 429]);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(refused.headers.get("x-ratelimit-limit")).toBe("5");
    expect(refused.headers.get("x-ratelimit-remaining")).toBe("0");
    const reset = Number(refused.headers.get("x-ratelimit-reset"));
    expect(new Date(reset * 1000)).toEqual(new Date("2026-11-20T10:00:00Z"));
    expect(refused.headers.get("retry-after")).toBeNull();
    const other = await get("/campaigns/data_series?campaign_id=x&length=1");
    expect(other.status).toBe(400);
    const stats = (await get("/__sandbox/stats", {})).json();
    expect(stats.buckets.default).toMatchObject({ received: 9, accepted: 5, refused: 4 });
    expect(stats.buckets.default.windows).toMatchObject([{ received: 9, accepted: 5, refused: 4 }]);
    expect(stats.buckets.campaigns_data_series).toMatchObject({ received: 1, accepted: 1 });
    const { entries } = (await get("/__sandbox/log?path=/canvas/list", {})).json();
    expect(entries.filter(({ outcome }: { outcome: string }) => outcome === "refused").length).toBe(4);
  });
});

describe("faults", () => {
  it("is deterministic for a seed and keeps about the asked rate", async () => {
    const run = async () => {
      const { get } = await start(["--fault", "500=0.3", "--fault", "503=0.1", "--seed", "5"]);
      const statuses: number[] = [];
      for (let i = 0; i < 120; i++) statuses.push((await get("/canvas/list")).status);
      return statuses;
    };
    const first = await run();
    expect(await run()).toEqual(first);
    expect(first.filter((status) => status === 500).length).toBeGreaterThan(20);
    expect(first.filter((status) => status === 503).length).toBeGreaterThan(3);
  });

  it("spoils answers in every way that is asked", async () => {
    const { get, post } = await start();
    const only = (kind: string) => post("/__sandbox/faults", { reset: true, [kind]: 1 });
    await only("cut");
    await expect(get("/canvas/list")).rejects.toThrow();
    await expect(get("/canvas/list")).rejects.toThrow();
    await only("malformed");
    expect((await get("/canvas/list")).json).toThrow();
    await only("html");
    expect((await get("/canvas/list")).text).toContain("<html>");
    await only("truncated_gzip");
    expect((await get("/canvas/list")).json).toThrow();
    await only("huge_error");
    expect((await get("/canvas/list")).text.length).toBe(10_000_000);
    await only("redirect");
    expect((await get("/canvas/list")).status).toBe(302);
    await only("429");
    const limited = await get("/canvas/list");
    expect(limited.status).toBe(429);
    expect(Number(limited.headers.get("x-ratelimit-reset")) * 1000 - Date.now()).toBeLessThan(3_000);
    await post("/__sandbox/faults", { reset: true });
    const clean = (await get("/canvas/list")).text;
    await only("wrong_types");
    const spoilt = await get("/canvas/list");
    expect(spoilt.json()).not.toEqual(JSON.parse(clean));
    await post("/__sandbox/faults", { reset: true, slow: { rate: 1, delay_ms: 120 } });
    const began = performance.now();
    expect((await get("/canvas/list")).text).toBe(clean);
    expect(performance.now() - began).toBeGreaterThan(100);
    expect((await post("/__sandbox/faults", { nonsense: 1 })).status).toBe(400);
  });

  it("breaks one object until the fault is lifted", async () => {
    const { sandbox, get, post } = await start(["--broken", "3"]);
    const campaign = sandbox.world.campaigns(sandbox.world.settings.nowMs).find(({ index }) => index === 3)!;
    const series = `/campaigns/data_series?length=1&campaign_id=${campaign.id}`;
    expect((await get(series)).status).toBe(500);
    expect((await get(`/campaigns/details?campaign_id=${campaign.id}`)).status).toBe(500);
    await post("/__sandbox/faults", { broken: [] });
    expect((await get(series)).status).toBe(200);
    await post("/__sandbox/faults", { broken: [campaign.id] });
    expect((await get(series)).status).toBe(500);
    const { entries } = (await get("/__sandbox/log?path=/campaigns/details", {})).json();
    expect(entries[0]).toMatchObject({
      object_id: campaign.id,
      query: `campaign_id=${campaign.id}`,
      status: 500,
    });
  });
});

describe("process", () => {
  it("takes the next free port when one is taken", async () => {
    const { sandbox } = await start();
    const port = Number(new URL(sandbox.url).port);
    const second = await start([], { port });
    expect(Number(new URL(second.sandbox.url).port)).toBeGreaterThan(port);
    expect((await second.get("/campaigns/list")).status).toBe(200);
  });
});
