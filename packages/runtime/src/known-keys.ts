import type { z } from "zod";

/** The parts of zod's definitions that hold other schemas; https://zod.dev/packages/core describes `_zod.def`. */
interface Definition {
  type: string;
  innerType?: z.core.$ZodType;
  in?: z.core.$ZodType;
  out?: z.core.$ZodType;
  shape?: Record<string, z.core.$ZodType>;
  valueType?: z.core.$ZodType;
  element?: z.core.$ZodType;
  options?: readonly z.core.$ZodType[];
}

/** The keys that a schema knows at a path; none where it takes any, or no mapping at all. */
export function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const at = path.reduce<z.core.$ZodType[]>((all, key) => all.flatMap((each) => below(each, key)), [schema]);
  return [...new Set(at.flatMap(opened).flatMap(({ shape }) => Object.keys(shape ?? {})))];
}

/** What a text at a path may be when the schemas there are told apart by one key of theirs: its values. */
export function discriminatorValues(
  schema: z.core.$ZodType,
  path: readonly PropertyKey[],
  key: string,
): string[] {
  const at = path.reduce<z.core.$ZodType[]>((all, each) => all.flatMap((one) => below(one, each)), [schema]);
  const literals = at.flatMap(opened).map(({ shape }) => shape?.[key]?._zod.values);
  return [...new Set(literals.flatMap((values) => [...(values ?? [])].map(String)))];
}

function below(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType[] {
  return opened(schema).flatMap(
    ({ shape, valueType, element }) => shape?.[String(key)] ?? valueType ?? element ?? [],
  );
}

/** The definitions within defaults, optionals, transforms and unions. */
function opened(schema: z.core.$ZodType): Definition[] {
  const definition = schema._zod.def as Definition;
  const { type, innerType, in: from, out, options } = definition;
  if (innerType) return opened(innerType);
  if (options) return options.flatMap(opened);
  if (type !== "pipe" || !from || !out) return [definition];
  // A transform holds nothing: of a preprocessed value what follows counts, of a transformed one what went in.
  return opened((from._zod.def as Definition).type === "transform" ? out : from);
}
