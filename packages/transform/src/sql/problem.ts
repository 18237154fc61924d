/** A construct the rewrite refuses, or text that does not parse. `offset` counts characters of the SQL text given. */
export class SqlProblem extends Error {
  /** Stable name of the rule, such as `function.unknown` or `unnest.alias`. */
  readonly rule: string;
  /** What to write instead. */
  readonly hint: string | undefined;
  offset: number | undefined;

  constructor(rule: string, message: string, hint?: string, offset?: number) {
    super(message);
    this.name = "SqlProblem";
    this.rule = rule;
    this.hint = hint;
    this.offset = offset;
  }
}
