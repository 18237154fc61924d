import { createServer } from "node:net";
import { expect, it } from "vitest";
import { freePort } from "./ports.ts";

it("gives the preferred port when it is free, and one after it when it is taken", async () => {
  const preferred = await freePort();
  expect(await freePort(preferred)).toBe(preferred);
  const holder = createServer();
  await new Promise<void>((done) => holder.listen(preferred, "127.0.0.1", done));
  const next = await freePort(preferred);
  await new Promise((done) => holder.close(done));
  expect(next).not.toBe(preferred);
  expect(next).toBeGreaterThan(0);
});
