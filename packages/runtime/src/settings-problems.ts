import { nearest } from "@lifecycle/contracts";
import type { z } from "zod";
import { discriminatorValues, knownKeys } from "./known-keys.ts";
import { describe, getPath, type SettingsProblem, type Tree } from "./settings-sources.ts";

/** What a schema was asked about. */
export interface Checked {
  schema: z.core.$ZodType;
  tree: Tree;
  /** The file or variable that a value came from. */
  where: (path: PropertyKey[]) => string;
}

/** What a schema says, in the words of our messages: where, what was found, what was expected. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], checked: Checked): SettingsProblem[] {
  return issues.flatMap((issue) => toProblems(issue, checked));
}

function toProblems(issue: z.core.$ZodIssue, checked: Checked): SettingsProblem[] {
  const { schema, tree, where } = checked;
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) => ({
      file: where([...issue.path, key]),
      path: [...issue.path, key].map(String).join("."),
      got: "an unknown key",
      expected: expectedKey(key, known),
    }));
  }
  const file = where(issue.path);
  const got = describe(getPath(tree, issue.path), issue.path);
  return [{ file, path: issue.path.map(String).join("."), got, expected: expectedBy(issue, checked) }];
}

function expectedKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  const others = known.filter((other) => other !== near);
  if (near !== undefined)
    return `expected ${near}${others.length > 0 ? `, or another of ${others.join(", ")}` : ""}`;
  return known.length > 0 ? `expected one of ${known.join(", ")}` : "expected none";
}

function expectedBy(issue: z.core.$ZodIssue, { schema }: Checked): string {
  switch (issue.code) {
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    case "too_big":
    case "too_small":
      // What we say ourselves about a bound is better than its bare number.
      return issue.message.startsWith("Too ") ? bound(issue) : issue.message;
    case "invalid_union": {
      const values =
        issue.discriminator === undefined
          ? []
          : discriminatorValues(schema, issue.path.slice(0, -1), issue.discriminator);
      return values.length > 0
        ? `expected one of ${values.map((value) => JSON.stringify(value)).join(", ")}`
        : plain(issue.message);
    }
    default:
      return plain(issue.message);
  }
}

function bound(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  const [limit, word] = issue.code === "too_big" ? [issue.maximum, "at most"] : [issue.minimum, "at least"];
  const strict = issue.inclusive === false ? (issue.code === "too_big" ? "less than" : "more than") : word;
  const of = issue.origin === "string" ? " characters" : issue.origin === "array" ? " entries" : "";
  return `expected ${strict} ${limit}${of}`;
}

function plain(message: string): string {
  const text = message
    .replace(/^Invalid (?:input|option): /, "")
    .replace(/^(expected .*), received .*$/, "$1")
    .replace(/"\|"/g, '", "');
  return text.startsWith("expected") ? text : `something else: ${text}`;
}
