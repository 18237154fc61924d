import type { Value } from "./jinja/nodes.ts";
import type { Engine } from "./project/types.ts";

export interface TaskTarget {
  engine: Engine;
  dataset: string;
  project?: string | undefined;
  retentionDays?: number | undefined;
}

/** What the compile process is asked. Plain JSON. */
export type CompileTask =
  | {
      kind: "project";
      load: {
        sqlDir: string;
        overlayDir?: string | undefined;
        vars?: Readonly<Record<string, Value>> | undefined;
      };
      target: TaskTarget;
    }
  | { kind: "query"; sql: string; target: TaskTarget };
