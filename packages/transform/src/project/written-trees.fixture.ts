import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { InputError } from "@lifecycle/contracts";
import { compileProject, loadProject } from "../compile/index.ts";
import type { CompiledProject } from "../compiled.ts";

/** Texts by their paths in a tree. */
export type Files = Readonly<Record<string, string>>;

/** The source of most trees of tests. */
export const sources = "sources:\n  - name: raw\n    tables: [{ name: raw_t }]\n";

/** For tests: trees of models in a folder that is gone after `close`. */
export class WrittenTrees {
  readonly folder = mkdtempSync(join(tmpdir(), "lifecycle-sql-"));

  /** Adds files to a tree; returns its folder. */
  write(files: Files, tree = "sql"): string {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.folder, tree, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    return join(this.folder, tree);
  }

  async compile(
    files: Files,
    overlay?: Files,
    vars?: Record<string, string | number>,
  ): Promise<CompiledProject> {
    const project = await loadProject({
      sqlDir: this.write(files),
      ...(overlay === undefined ? {} : { overlayDir: this.write(overlay, "overlay") }),
      ...(vars === undefined ? {} : { vars }),
    });
    return compileProject(project, { engine: "duckdb", dataset: "ds" });
  }

  /** What is said of a tree that cannot be compiled. Throws when it can, or when nobody's input is to blame. */
  async failure(...tree: Parameters<WrittenTrees["compile"]>): Promise<string> {
    try {
      await this.compile(...tree);
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
    throw new Error("the tree was compiled");
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
