import { errorMessage, type FilePipeline, InputError } from "@lifecycle/contracts";
import { loadExperimentsConfig, loadPipelines, SettingsError } from "@lifecycle/runtime";
import type { Finding } from "./finding.ts";
import { publishedFrom } from "./findings.ts";
import { checkedTree } from "./models/checked-tree.ts";
import type { Session } from "./session.ts";

/** The reviewed files beside the settings: every pipeline, the experiments, and the SQL tree with its overlay. */
export async function checkConfig(session: Session): Promise<Finding[]> {
  const pipelines = attempt("pipelines", () => {
    const all = loadPipelines(session.settings);
    return { value: all, detail: [...all.keys()].join(", ") };
  });
  const experiments = attempt("experiments.yaml", () => {
    const { experiments: declared } = loadExperimentsConfig(session.settings);
    return { value: declared, detail: `${Object.keys(declared).length} declared` };
  });
  return [...pipelines.findings, ...experiments.findings, ...(await checkTree(session, pipelines.value))];
}

async function checkTree(
  session: Session,
  pipelines: ReturnType<typeof loadPipelines> | undefined,
): Promise<Finding[]> {
  const what = "SQL models";
  try {
    const project = await checkedTree(session);
    const files = [...(pipelines?.values() ?? [])].filter((one): one is FilePipeline => one.kind === "file");
    const unread = files.filter((pipeline) => publishedFrom(project, pipeline).models === 0);
    return [
      {
        what,
        level: "ok",
        detail: `${project.models.length} compile for ${project.engine} and fit their tables`,
      },
      ...unread.map(
        ({ name, raw_table }): Finding => ({
          what,
          level: "warn",
          detail: `no model reads ${raw_table} of the pipeline ${name}: its rows are loaded and not published (sql/README.md)`,
        }),
      ),
    ];
  } catch (error) {
    return [{ what, level: "fail", detail: textOf(error) }];
  }
}

function attempt<T>(
  what: string,
  look: () => { value: T; detail: string },
): { value?: T; findings: Finding[] } {
  try {
    const { value, detail } = look();
    return { value, findings: [{ what, level: "ok", detail }] };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { findings: error.problems.map((problem) => ({ what, level: "fail", detail: problem.text })) };
  }
}

/** A person's mistake is told whole, with its place; anything else in one line. */
function textOf(error: unknown): string {
  return error instanceof InputError ? error.message : errorMessage(error);
}
