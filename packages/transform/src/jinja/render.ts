import { nearest } from "@lifecycle/contracts";
import type { Expression, Macro, Template, Value } from "./nodes.ts";
import { JinjaProblem, outside } from "./problem.ts";
import { asText, filtered, member, operators, truthy } from "./values.ts";

/** Where a stretch of the rendered text comes from. `exact`: character by character; else all of it from `source`. */
export interface Segment {
  at: number;
  file: string;
  source: number;
  exact: boolean;
}

export interface Rendered {
  text: string;
  segments: Segment[];
}

/** A function that templates may call. Throws `JinjaProblem` itself or returns what stands in the text. */
export type HostFunction = (args: Value[], named: Record<string, Value>, offset: number) => Value;

export interface RenderContext {
  file: string;
  functions: Readonly<Record<string, HostFunction>>;
  values: Readonly<Record<string, Value>>;
  macros: ReadonlyMap<string, Macro>;
}

/** The text of a template, with where each part of it was written. */
export function renderTemplate(template: Template, context: RenderContext): Rendered {
  const out = new Output(context.file);
  new Evaluator(context, { ...context.values }, 0).run(template, out);
  return { text: out.text, segments: out.segments };
}

class Output {
  text = "";
  readonly segments: Segment[] = [];
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  write(text: string, source: number, exact: boolean): void {
    if (text === "") return;
    this.segments.push({ at: this.text.length, file: this.file, source, exact });
    this.text += text;
  }
}

const MACRO_DEPTH = 20;

class Evaluator {
  private readonly context: RenderContext;
  private readonly scope: Record<string, Value>;
  private readonly depth: number;

  constructor(context: RenderContext, scope: Record<string, Value>, depth: number) {
    this.context = context;
    this.scope = scope;
    this.depth = depth;
  }

  run(template: Template, out: Output): void {
    for (const node of template) {
      switch (node.type) {
        case "text":
          out.write(node.text, node.offset, true);
          break;
        case "output":
          out.write(asText(this.value(node.expression), node.offset), node.offset, false);
          break;
        case "set":
          this.scope[node.name] = this.value(node.value);
          break;
        case "if":
          for (const branch of node.branches) {
            if (branch.when !== undefined && !truthy(this.value(branch.when))) continue;
            this.run(branch.body, out);
            break;
          }
          break;
        case "for":
          this.loop(node.names, this.value(node.over), node.body, node.offset, out);
      }
    }
  }

  /** Names set inside a loop end with it, as in Jinja. */
  private loop(names: string[], over: Value, body: Template, offset: number, out: Output): void {
    const items = Array.isArray(over) ? over : undefined;
    if (items === undefined) throw new JinjaProblem("for needs a list", offset);
    items.forEach((item, index) => {
      const loop = {
        index: index + 1,
        index0: index,
        first: index === 0,
        last: index === items.length - 1,
        length: items.length,
      };
      const parts = names.length === 1 ? [item] : Array.isArray(item) ? item : [];
      const own = Object.fromEntries(names.map((name, position) => [name, parts[position] ?? null]));
      new Evaluator(this.context, { ...this.scope, ...own, loop }, this.depth).run(body, out);
    });
  }

  private value(node: Expression): Value {
    switch (node.type) {
      case "value":
        return node.value;
      case "name":
        return this.lookUp(node.name, node.offset);
      case "list":
        return node.items.map((item) => this.value(item));
      case "dict":
        return Object.fromEntries(
          node.entries.map(([key, value]) => [asText(this.value(key), node.offset), this.value(value)]),
        );
      case "attribute":
        return member(this.value(node.of), node.name, node.offset);
      case "item":
        return member(this.value(node.of), this.value(node.key), node.offset);
      case "call":
        return this.call(node);
      case "filter":
        return filtered(
          node.name,
          this.value(node.of),
          node.args.map((arg) => this.value(arg)),
          node.offset,
        );
      case "unary":
        return node.operator === "not" ? !truthy(this.value(node.of)) : -Number(this.value(node.of));
      case "choice":
        if (truthy(this.value(node.when))) return this.value(node.yes);
        return node.no === undefined ? "" : this.value(node.no);
      case "binary":
        return this.binary(node.operator, node.left, node.right, node.offset);
    }
  }

  private lookUp(name: string, offset: number): Value {
    if (Object.hasOwn(this.scope, name)) return this.scope[name]!;
    const known = [
      ...Object.keys(this.scope),
      ...Object.keys(this.context.functions),
      ...this.context.macros.keys(),
    ];
    const near = nearest(name, known);
    throw outside(`the name ${name}${near === undefined ? "" : ` (did you mean ${near}?)`}`, offset);
  }

  private call(node: Expression & { type: "call" }): Value {
    const args = node.args.map((arg) => this.value(arg));
    const named = Object.fromEntries(node.named.map(([name, value]) => [name, this.value(value)]));
    const { callee } = node;
    if (callee.type === "attribute" && callee.name === "items" && args.length === 0) {
      return Object.entries(this.value(callee.of) as Record<string, Value>).map(([key, value]) => [
        key,
        value,
      ]);
    }
    if (isRefusal(callee)) throw new JinjaProblem(asText(args[0] ?? "refused", node.offset), node.offset);
    if (callee.type !== "name") throw outside("a method call", node.offset);
    const host = Object.hasOwn(this.context.functions, callee.name)
      ? this.context.functions[callee.name]
      : undefined;
    if (host !== undefined) return host(args, named, node.offset);
    const macro = this.context.macros.get(callee.name);
    if (macro === undefined) return this.lookUp(callee.name, callee.offset);
    return this.expand(macro, args, named, node.offset);
  }

  private expand(macro: Macro, args: Value[], named: Record<string, Value>, offset: number): Value {
    if (this.depth >= MACRO_DEPTH)
      throw new JinjaProblem(`macro ${macro.name} calls itself too deeply`, offset);
    const unknown = Object.keys(named).find(
      (name) => !macro.parameters.some((parameter) => parameter.name === name),
    );
    if (unknown !== undefined || args.length > macro.parameters.length) {
      throw new JinjaProblem(
        `macro ${macro.name} takes ${macro.parameters.map((parameter) => parameter.name).join(", ") || "nothing"}`,
        offset,
      );
    }
    const scope: Record<string, Value> = { ...this.context.values };
    macro.parameters.forEach((parameter, index) => {
      const given = args[index] ?? named[parameter.name];
      if (given === undefined && parameter.default === undefined) {
        throw new JinjaProblem(`macro ${macro.name} needs ${parameter.name}`, offset);
      }
      scope[parameter.name] = given ?? this.value(parameter.default!);
    });
    const out = new Output(macro.file);
    try {
      new Evaluator(this.context, scope, this.depth + 1).run(macro.body, out);
    } catch (error) {
      // The place inside the macro would be an offset of another file: name it and point at the call.
      if (error instanceof JinjaProblem && this.depth === 0) {
        throw new JinjaProblem(
          `in macro ${macro.name} (${macro.file}): ${error.message}`,
          offset,
          error.hint,
        );
      }
      throw error;
    }
    return out.text.trim();
  }

  private binary(operator: string, left: Expression, right: Expression, offset: number): Value {
    if (operator === "and") return truthy(this.value(left)) ? this.value(right) : false;
    if (operator === "or") {
      const value = this.value(left);
      return truthy(value) ? value : this.value(right);
    }
    const [a, b] = [this.value(left), this.value(right)];
    return operators[operator]!(a, b, offset);
  }
}

/** `exceptions.raise_compiler_error('…')`: how a macro of dbt says what is wrong with what it was given. */
function isRefusal(callee: Expression): boolean {
  return (
    callee.type === "attribute" &&
    callee.name === "raise_compiler_error" &&
    callee.of.type === "name" &&
    callee.of.name === "exceptions"
  );
}
