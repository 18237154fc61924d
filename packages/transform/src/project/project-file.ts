import { parseDocument } from "yaml";
import { z } from "zod";
import type { Value } from "../jinja/nodes.ts";
import { type Finding, findingAt, type SourceFile } from "./places.ts";

/** What we read of `dbt_project.yml`; the rest of it is dbt's. */
const ProjectFile = z.looseObject({ vars: z.record(z.string(), z.unknown()).optional() });

/** Vars of a project file. `findings` when it is not YAML or its vars are no map. */
export function projectVars(file: SourceFile | undefined): {
  vars: Record<string, Value>;
  findings: Finding[];
} {
  if (file === undefined) return { vars: {}, findings: [] };
  const document = parseDocument(file.text);
  const [error] = document.errors;
  if (error)
    return {
      vars: {},
      findings: [findingAt(file, error.pos[0], `YAML: ${error.message.split("\n", 1)[0]}`)],
    };
  const parsed = ProjectFile.safeParse(document.toJS() ?? {});
  if (!parsed.success)
    return { vars: {}, findings: [findingAt(file, 0, "vars must be a map of names to values")] };
  return { vars: (parsed.data.vars ?? {}) as Record<string, Value>, findings: [] };
}
