import { registerSecret } from "@lifecycle/runtime";
import { expect, it } from "vitest";
import { masked } from "./bull-board.ts";
import { escapeHtml } from "./home-page.ts";

it("masks secrets wherever they stand in an answer and keeps the rest", () => {
  registerSecret("s3cret-of-braze");
  const answer = {
    jobs: [
      { data: { n: 1 }, failedReason: "key s3cret-of-braze refused", stacktrace: ["at s3cret-of-braze"] },
    ],
    nothing: null,
  };
  expect(masked(answer)).toEqual({
    jobs: [{ data: { n: 1 }, failedReason: "key [secret] refused", stacktrace: ["at [secret]"] }],
    nothing: null,
  });
  expect(masked(undefined)).toBeUndefined();
});

it("writes text into a page as text", () =>
  expect(escapeHtml(`<a href="x" on='y'>&`)).toBe("&lt;a href=&quot;x&quot; on=&#39;y&#39;&gt;&amp;"));
