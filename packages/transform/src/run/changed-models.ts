import type { Build } from "@lifecycle/warehouse";
import type { CompiledModel, CompiledProject } from "../compiled.ts";

type KnownBuild = Pick<Build, "table" | "hash" | "auditedAs">;

/**
 * Models that were never built, or whose text, vars, contract or tests are not those they were built and passed with, in building order,
 * each with why: what the selector `changed` means. Whether their inputs have new rows is another question, which every run answers
 * for itself.
 */
export function changedModels(
  compiled: CompiledProject,
  builds: Iterable<KnownBuild>,
): ReadonlyMap<string, string> {
  const known = new Map([...builds].map((build) => [build.table, build]));
  const changed = new Map<string, string>();
  for (const model of compiled.models) {
    const why = model.materialized === "ephemeral" ? undefined : whyChanged(model, known.get(model.name));
    if (why !== undefined) changed.set(model.name, why);
  }
  return changed;
}

function whyChanged(model: CompiledModel, build: KnownBuild | undefined): string | undefined {
  if (!build) return "never built";
  if (build.hash !== model.buildHash) return "its text changed";
  if (build.auditedAs === undefined) return "its tests have not passed";
  return build.auditedAs === model.hash ? undefined : "its tests changed";
}
