import { parseArgs } from "node:util";
import { errorMessage, InputError } from "@lifecycle/contracts";
import { type RoleContext, startRole } from "@lifecycle/runtime";

interface Flags {
  role: string;
  concurrency: number | undefined;
  queriesOnly: boolean;
}

/** Throws `worker.usage` for a flag or value that no role knows. */
function readFlags(): Flags {
  try {
    const { values } = parseArgs({
      options: {
        role: { type: "string" },
        concurrency: { type: "string" },
        "queries-only": { type: "boolean", default: false },
      },
    });
    const concurrency = values.concurrency === undefined ? undefined : Number(values.concurrency);
    if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency > 0))
      throw new Error(`--concurrency ${values.concurrency}: expected a whole number above 0`);
    return { role: values.role ?? "", concurrency, queriesOnly: values["queries-only"] };
  } catch (error) {
    throw new InputError("worker.usage", errorMessage(error));
  }
}

/** Each role is imported when it is asked for: an extract worker must not carry the warehouse's engine. */
async function runRole(context: RoleContext): Promise<void> {
  const flags = readFlags();
  switch (flags.role) {
    case "extract": {
      const { runExtractRole } = await import("./extract-role.ts");
      return runExtractRole(context, flags.concurrency);
    }
    case "warehouse": {
      const { runWarehouseRole } = await import("./warehouse-role.ts");
      return runWarehouseRole(context, flags.queriesOnly);
    }
    default:
      throw new InputError("worker.usage", `--role ${flags.role || "(none)"}: expected extract or warehouse`);
  }
}

const role = process.argv.includes("extract") ? "extract-worker" : "warehouse-worker";
await startRole(role, runRole);
