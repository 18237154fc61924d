import { InputError } from "@lifecycle/contracts";
import { expect, test } from "vitest";
import { givenText } from "./given-text.ts";

test.each([
  ["/nowhere/nope.sql", "--file /nowhere/nope.sql: there is no such file."],
  [import.meta.dirname, `--file ${import.meta.dirname}: it is a folder, not a file.`],
])("a file that cannot be read is wrong input, told by its name: %s", async (path, message) => {
  await expect(givenText(path)).rejects.toThrow(new InputError("input.unreadable", message));
});
