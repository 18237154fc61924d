/** Longer texts, and these macros, are too dear to stand in another's text a dozen times. */
const LONG = 80;
const dear = /\bbq_(times|divide|safe_divide|round|trunc|ceil|floor|to_numeric|try_numeric)/;
/** And these even a few times: from level to level they would multiply. */
const LONGEST = 160;
const dearest = /_once\(|list_transform/;

const isCheap = (text: string): boolean => text.length <= LONG && !dear.test(text) && !dearest.test(text);
const mayRepeat = (text: string): boolean => text.length <= LONGEST && !dearest.test(text);

/**
 * A call of one of the macros over NUMERIC, which name their arguments many times so that their common case is cheap
 * (`number-macros.sql.ts`). Where an argument is dear to repeat it calls the macro's `…_once`, and from the next level on it hands
 * what is dear through a lambda. `last` is a constant behind the arguments.
 */
export function callOnce(macro: string, args: readonly string[], ...last: readonly string[]): string {
  const call = (name: string, given: readonly string[]) => `${name}(${[...given, ...last].join(", ")})`;
  if (args.every(isCheap)) return call(macro, args);
  if (args.every(mayRepeat)) return call(`${macro}_once`, args);
  return throughLambda(args, (given) => call(`${macro}_once`, given));
}

/** A literal beside NUMERIC names its neighbour for its type (`besideNumeric`): what the lambda holds is named there too. */
function throughLambda(args: readonly string[], call: (given: readonly string[]) => string): string {
  const held = [...new Set(args.filter((text) => !isCheap(text)))].filter(
    (text, _, all) => !all.some((other) => other !== text && text.includes(other)),
  );
  const named = args.map((text) =>
    held.reduce((said, one, index) => said.replaceAll(one, `bq_v.v${index}`), text),
  );
  const fields = held.map((text, index) => `'v${index}': ${text}`);
  return `list_transform([{${fields.join(", ")}}], lambda bq_v: ${call(named)})[1]`;
}
