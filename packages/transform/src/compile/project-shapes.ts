import type { CompiledModel } from "../compiled.ts";
import type { Target } from "../project/host-functions.ts";
import type { Project } from "../project/load-project.ts";
import type { Model } from "../project/types.ts";
import type { TableShapes } from "../sql/types/checker.ts";
import { asTable, declaredShape, type Shape } from "../sql/types/scope.ts";
import { PART_PREFIX } from "./render-model.ts";

/**
 * Columns of raw tables and models with their types, for the type check: of raw tables what the YAML says, of models their contract,
 * to which the result is cast, else what their own text gives. A model is known once it has been compiled.
 */
export class ProjectShapes {
  private readonly project: Project;
  private readonly target: Target;
  private readonly models = new Map<string, Shape>();

  constructor(project: Project, target: Target) {
    this.project = project;
    this.target = target;
  }

  readonly tables: TableShapes = (parts) => {
    const [schema = "", table = ""] = parts.slice(-2);
    const { dataset } = this.target;
    if (schema === `${dataset}_raw`) return this.raw(table);
    if (schema !== `${dataset}_build`) return undefined;
    if (!table.startsWith(PART_PREFIX)) return this.models.get(table);
    const input = table.slice(PART_PREFIX.length);
    return this.models.get(input) ?? this.raw(input);
  };

  learn(
    name: string,
    { contract, snapshot }: Pick<CompiledModel, "contract" | "snapshot">,
    own: Shape,
  ): void {
    const shape = contract === null ? asTable(own) : declaredShape(contract);
    this.models.set(name, { ...shape, isOpen: shape.isOpen || snapshot !== null });
  }

  /** What loads write may have more columns than the YAML names. */
  private raw(table: string): Shape | undefined {
    const columns = this.project.sourceColumns.get(table);
    return columns === undefined ? undefined : declaredShape(columns, true);
  }
}

/** Models after those they refer to. */
export function inOrder(project: Project): Model[] {
  const ordered = new Set<Model>();
  const seen = new Set<Model>();
  const visit = (model: Model): void => {
    if (seen.has(model)) return;
    seen.add(model);
    for (const ref of model.refs) {
      const other = project.models.get(ref);
      if (other !== undefined) visit(other);
    }
    ordered.add(model);
  };
  for (const model of project.models.values()) visit(model);
  return [...ordered];
}
