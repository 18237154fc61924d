import { InputError } from "@lifecycle/contracts";

/** A name in a person's query that nothing has. `word` is that name as it was written. */
export class QueryMistake extends InputError {
  readonly word: string | undefined;

  constructor(code: string, message: string, options: { word?: string | undefined; cause?: unknown } = {}) {
    super(code, message, options);
    this.word = options.word;
  }
}
