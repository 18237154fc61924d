import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { NO_DEFINITIONS } from "@lifecycle/experiments";
import { withTemporaryFolder } from "@lifecycle/runtime";
import { expect, test } from "vitest";
import { writeReport } from "./write-report.ts";

const datasets = { published: "ds", build: "ds_build" };

test("pages are written by another process, which asks for the rows; a page of an experiment that is gone goes", async () => {
  await withTemporaryFolder("report-test", async (folder) => {
    await writeFile(join(folder, "gone.html"), "old");
    const asked: string[] = [];
    const query = async (sql: string) => {
      asked.push(sql);
      return { columns: [], rows: [], truncated: false };
    };
    await writeReport({ datasets, query }, NO_DEFINITIONS, folder);
    expect(await readdir(folder)).toEqual(["index.html"]);
    expect(await readFile(join(folder, "index.html"), "utf8")).toMatch(/<html/);
    expect(asked.join("\n")).toContain("ds.exp_result");
  });
});

test("what the warehouse refuses is told with a code", async () => {
  await withTemporaryFolder("report-test", async (folder) => {
    const query = async () => Promise.reject(new Error("there is no table ds.exp_result"));
    await expect(writeReport({ datasets, query }, NO_DEFINITIONS, folder)).rejects.toMatchObject({
      code: "report.pages_failed",
      message: expect.stringContaining("there is no table ds.exp_result"),
    });
  });
});
