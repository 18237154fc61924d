import type { RunRequest } from "@lifecycle/contracts";

/** The models of `names` that the run is about: all, unless somebody chose some. */
export function chosenModels(request: RunRequest, names: readonly string[]): string[] {
  const chosen = request.models && new Set(request.models.select);
  return names.filter((name) => chosen?.has(name) ?? true);
}
