import { expect, it } from "vitest";
import { createLoggerTo } from "./logger.ts";
import { Secret } from "./secret.ts";

function capture(level?: string) {
  const lines: string[] = [];
  return { logger: createLoggerTo("producer", (line) => lines.push(line), level), lines };
}

it("writes one JSON line with time, level, role, pid, msg and the fields of the child", () => {
  const { logger, lines } = capture();
  logger.child({ run_id: "r1" }).info({ rows: 3 }, "loaded\nrows");
  expect(lines).toHaveLength(1);
  expect(lines[0]?.indexOf("\n")).toBe(lines[0]!.length - 1);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: "info",
    role: "producer",
    pid: process.pid,
    run_id: "r1",
    rows: 3,
    msg: "loaded\nrows",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  });
});

it("masks known secrets in fields, messages and errors, and takes no odd fields of an error", () => {
  const { logger, lines } = capture();
  new Secret("top-secret-key");
  const cause = new Error("header Bearer top-secret-key");
  const error = Object.assign(new Error("failed", { cause }), {
    code: "X",
    headers: { cookie: "sessioncookie" },
  });
  logger.error({ err: error, url: "https://x/?k=top-secret-key" }, "top-secret-key");
  expect(lines[0]).not.toContain("top-secret-key");
  expect(lines[0]).not.toContain("sessioncookie");
  expect(JSON.parse(lines[0]!).err).toMatchObject({
    message: "failed",
    code: "X",
    cause: { message: "header Bearer [secret]" },
  });
});

it("says nothing below its level", () => {
  const { logger, lines } = capture("warn");
  logger.info("quiet");
  logger.warn("loud");
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["loud"]);
});
