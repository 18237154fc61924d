import { brazeTables } from "@lifecycle/braze";
import { InputError } from "@lifecycle/contracts";
import { type PersonalData, personalData, protectRejected, protectRow } from "@lifecycle/ingest";
import { piiSalt } from "@lifecycle/runtime";
import { withBraze } from "../braze-access.ts";
import { givenText } from "../given-text.ts";
import { RUN_EXIT } from "../outcome.ts";
import type { Session } from "../session.ts";
import { formatTable } from "../terminal.ts";
import { workspaceOf } from "./run.ts";

export interface LookupFlags {
  workspace?: string;
  /** A file of ids, one a line: what stands on a command line stands in the shell's history too. */
  file?: string;
  json?: boolean;
}

/** Most ids that one call takes. */
const IDS_PER_CALL = 50;

/**
 * `lifecycle lookup users`: what Braze knows of people by external id, a JSON line each, treated by the policy for personal data as
 * if it landed. Nothing is kept. Returns 2 when Braze does not know some of the ids.
 */
export async function lookupUsers(session: Session, given: string[], flags: LookupFlags): Promise<number> {
  const { terminal, shutdown } = session;
  const ids = await idsOf(given, flags);
  const personal = policyOf(session);
  let unknown = 0;
  await withBraze(session, workspaceOf(session, flags.workspace), async (source) => {
    for (const batch of batches(ids)) {
      const found = await source.users.byIds(batch, { signal: shutdown.signal });
      for (const { target, row } of found.rows) {
        const contract = brazeTables.find(({ table }) => table === target);
        const shown = contract ? protectRow(contract, row, personal) : row;
        terminal.line(JSON.stringify(withoutNulls(shown)));
      }
      for (const { target, reason, row } of found.rejected) {
        const contract = brazeTables.find(({ table }) => table === target);
        terminal.line(JSON.stringify({ unreadable: reason, row: protectRejected(contract, row, personal) }));
      }
      unknown += found.unknownIds.length;
    }
  });
  if (unknown > 0) terminal.line(`${unknown} of ${ids.length} ids are not known to Braze.`);
  return unknown > 0 ? RUN_EXIT.partial : RUN_EXIT.complete;
}

/** `lifecycle lookup subscriptions --group`: who is subscribed to one subscription group. */
export async function lookupSubscriptions(
  session: Session,
  given: string[],
  flags: LookupFlags & { group: string },
): Promise<number> {
  const { shutdown } = session;
  const ids = await idsOf(given, flags);
  const personal = policyOf(session);
  const rows: Row[] = [];
  await withBraze(session, workspaceOf(session, flags.workspace), async (source) => {
    for (const batch of batches(ids)) {
      const statuses = await source.subscriptions.statusOf(flags.group, batch, { signal: shutdown.signal });
      for (const [id, status] of Object.entries(statuses))
        rows.push({ external_id: shownId(id, personal), status: status.toLowerCase() });
    }
  });
  return print(session, rows, flags);
}

/** `lifecycle lookup groups`: the subscription groups that people ever changed, and how they stand. */
export async function lookupGroups(session: Session, given: string[], flags: LookupFlags): Promise<number> {
  const { shutdown } = session;
  const ids = await idsOf(given, flags);
  const personal = policyOf(session);
  const rows: Row[] = [];
  await withBraze(session, workspaceOf(session, flags.workspace), async (source) => {
    for (const id of ids)
      for (const group of await source.subscriptions.groupsOf(id, { signal: shutdown.signal }))
        rows.push({
          external_id: shownId(id, personal),
          subscription_group_id: group.subscription_group_id,
          status: group.subscription_status,
        });
  });
  return print(session, rows, flags);
}

type Row = Record<string, string>;

function print({ terminal }: Session, rows: readonly Row[], { json }: LookupFlags): number {
  const columns = Object.keys(rows[0] ?? {});
  if (json) terminal.line(JSON.stringify(rows));
  else if (rows.length === 0) terminal.line("Braze knows nothing of that.");
  else
    terminal.line(
      formatTable(
        columns,
        rows.map((row) => columns.map((column) => row[column] ?? "")),
      ),
    );
  return RUN_EXIT.complete;
}

async function idsOf(given: readonly string[], { file }: LookupFlags): Promise<string[]> {
  const listed = file === undefined ? [] : (await givenText(file)).split("\n");
  const ids = [...new Set([...given, ...listed].map((id) => id.trim()).filter((id) => id !== ""))];
  if (ids.length > 0) return ids;
  throw new InputError("lookup.no_ids", "Say whom: external ids, or --file with one a line.");
}

function batches(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / IDS_PER_CALL) }, (_, i) =>
    ids.slice(i * IDS_PER_CALL, (i + 1) * IDS_PER_CALL),
  );
}

function policyOf({ settings }: Session): PersonalData {
  return personalData(settings.pii.policy, piiSalt(settings));
}

/** As it stands in landed rows, so that one finds the other. */
function shownId(id: string, personal: PersonalData): string {
  if (personal.policy === "keep") return id;
  return personal.policy === "hash" ? personal.hash(id) : "[dropped]";
}

function withoutNulls(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}
