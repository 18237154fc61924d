import type { Settings } from "./settings.ts";

/** Stands in for a secret: it passes for one, so that settings hold together, and opens nothing. */
const WITHHELD = "withheld-from-this-process";

/**
 * What to lay over the environment of a process that has a use for only some secrets: the variables of the others, in place of their
 * values. `needs` takes a setting such as `workspaces.main.braze.api_key`. What stands in `.env` is covered too, because a variable
 * of the environment wins over it. Not a wall: a process of the same user can read the same files.
 */
export function withholdSecrets(
  { secretVariables }: Pick<Settings, "secretVariables">,
  needs: (path: string) => boolean,
): Record<string, string> {
  const needed = new Set(secretVariables.filter(({ path }) => needs(path)).map(({ variable }) => variable));
  const others = secretVariables.filter(({ variable }) => !needed.has(variable));
  return Object.fromEntries(
    others.flatMap(({ variable }) => {
      const name = variable.replace(/_FILE$/, "");
      return name === variable
        ? [[name, WITHHELD]]
        : [
            [name, WITHHELD],
            [variable, ""],
          ];
    }),
  );
}
