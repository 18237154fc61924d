import { parseArgs } from "node:util";
import { InputError } from "@lifecycle/contracts";
import { startRole } from "@lifecycle/runtime";

const { values } = parseArgs({
  options: {
    role: { type: "string" },
    concurrency: { type: "string" },
    "queries-only": { type: "boolean", default: false },
  },
});

// Each role is imported when it is asked for: an extract worker must not carry the warehouse's engine.
switch (values.role) {
  case "extract":
    await startRole("extract-worker", async (context) => {
      const { runExtractRole } = await import("./extract-role.ts");
      await runExtractRole(
        context,
        values.concurrency === undefined ? undefined : Number(values.concurrency),
      );
    });
    break;
  case "warehouse":
    await startRole("warehouse-worker", async (context) => {
      const { runWarehouseRole } = await import("./warehouse-role.ts");
      await runWarehouseRole(context, values["queries-only"]);
    });
    break;
  default:
    await startRole("worker", async () => {
      throw new InputError(
        "worker.unknown_role",
        `--role ${values.role ?? "(none)"}: expected extract or warehouse.`,
      );
    });
}
