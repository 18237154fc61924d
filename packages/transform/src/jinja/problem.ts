/** Something in a template that the subset does not have, or that failed while rendering. `offset` counts characters of the file. */
export class JinjaProblem extends Error {
  readonly offset: number;
  readonly hint: string | undefined;

  constructor(message: string, offset: number, hint?: string) {
    super(message);
    this.name = "JinjaProblem";
    this.offset = offset;
    this.hint = hint;
  }
}

/** Something that is Jinja but not in the subset. */
export function outside(what: string, offset: number): JinjaProblem {
  return new JinjaProblem(
    `Jinja outside the subset: ${what}`,
    offset,
    "Allowed: config, ref, source, var, this, target, is_incremental, macros of sql/macros, exceptions.raise_compiler_error, if, for, set, comments.",
  );
}
