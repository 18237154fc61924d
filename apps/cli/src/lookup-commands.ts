import type { Command } from "commander";
import { type LookupFlags, lookupGroups, lookupSubscriptions, lookupUsers } from "./commands/lookup.ts";
import type { Act } from "./session.ts";

/** `lifecycle lookup …`: what Braze is asked for by id, when somebody wants it, and nobody keeps. */
export function addLookupCommands(program: Command, act: Act): void {
  const lookup = program
    .command("lookup")
    .description(
      "ask Braze about people by external id; shown by the policy for personal data, kept nowhere",
    );
  const by = (name: string, description: string) =>
    lookup
      .command(`${name} [ids...]`)
      .description(description)
      .option("--file <path>", "external ids, one a line")
      .option("--workspace <name>", "default: the first of the settings");
  by("users", "their profiles, a JSON line each").action(
    act((session, ids: string[], flags: LookupFlags) => lookupUsers(session, ids, flags)),
  );
  by("subscriptions", "who is subscribed to a subscription group")
    .requiredOption("--group <id>", "the subscription group")
    .option("--json", "for machines")
    .action(
      act((session, ids: string[], flags: LookupFlags & { group: string }) =>
        lookupSubscriptions(session, ids, flags),
      ),
    );
  by("groups", "the subscription groups they ever changed")
    .option("--json", "for machines")
    .action(act((session, ids: string[], flags: LookupFlags) => lookupGroups(session, ids, flags)));
}
