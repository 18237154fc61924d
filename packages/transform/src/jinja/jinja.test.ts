import { describe, expect, test } from "vitest";
import type { Value } from "./nodes.ts";
import { parseTemplate } from "./parser.ts";
import { JinjaProblem } from "./problem.ts";
import { renderTemplate } from "./render.ts";

function render(source: string, values: Record<string, Value> = {}, macroSource = ""): string {
  const { macros } = parseTemplate(macroSource, "macros.sql");
  return renderTemplate(parseTemplate(source, "model.sql").body, {
    file: "model.sql",
    functions: { ref: ([name]) => `\`${String(name)}\``, var: ([name]) => values[String(name)] ?? null },
    values,
    macros: new Map(macros.map((macro) => [macro.name, macro])),
  }).text;
}

describe("the subset of Jinja", () => {
  test.each<[string, string, Record<string, Value>?]>([
    ["select 1", "select 1"],
    ["{# a comment #}select {# x #}1", "select 1"],
    ["from {{ ref('a') }} as a", "from `a` as a"],
    ["{% if yes %}a{% elif no %}b{% else %}c{% endif %}", "a", { yes: true, no: true }],
    ["{% if yes %}a{% elif no %}b{% else %}c{% endif %}", "c", { yes: false, no: [] }],
    ["{% for x in [1, 2, 3] %}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}", "1, 2, 3"],
    ["{% for k, v in pairs.items() %}{{ k }}={{ v }};{% endfor %}", "a=1;b=2;", { pairs: { a: 1, b: 2 } }],
    ["{% set n = 3 %}{{ n * 2 + 1 }}", "7"],
    ["{% set x = ['a', 'b'] %}{{ x | join('-') }} {{ x | length }} {{ x[1] | upper }}", "a-b 2 B"],
    ["{{ 'a' if n > 1 else 'b' }}", "b", { n: 1 }],
    ["{{ 1 if n in (1, 2) and n not in [2] or false else 0 }}", "1", { n: 1 }],
    ["a  {{- 1 -}}  b", "a1b"],
    ["a\n{%- if true %}\nb{% endif -%}\n c", "a\nbc"],
    ["{{ target.type == 'duckdb' }}", "True", { target: { type: "duckdb" } }],
    ["{{ 'it''s' }}".replace("''", "\\'"), "it's"],
    ["{{ 7 // 2 }} {{ 7 % 2 }} {{ -n }} {{ 'a' ~ 1 }}", "3 1 -2 a1", { n: 2 }],
  ])("%s", (source, expected, values) => {
    expect(render(source, values)).toBe(expected);
  });

  test("a macro takes arguments, defaults and other macros", () => {
    const macros =
      "{% macro cents(column, digits=2) %}round({{ column }} / 100.0, {{ digits }}){% endmacro %}{% macro both(a) %}{{ cents(a) }} + {{ cents(a, digits=0) }}{% endmacro %}";
    expect(render("{{ both('x') }}", {}, macros)).toBe("round(x / 100.0, 2) + round(x / 100.0, 0)");
  });

  test("a name set in a loop ends with it", () => {
    expect(render("{% set x = 1 %}{% for i in [5] %}{% set x = i %}{% endfor %}{{ x }}")).toBe("1");
  });

  test.each([
    ["{% call x() %}{% endcall %}", "{% call %}", 0],
    ["select {{ run_query('x') }}", "run_query", 10],
    ["{{ x | tojson }}", "tojson", 5],
    ["{{ nosuch }}", "nosuch", 3],
    ["{% set x %}block{% endset %}", "set", 0],
    ["ab {{ x.y() }}", "method call", 6],
    ["{{ adapter.dispatch('x') }}", "method call", 3],
    ["{% raw %}{% endraw %}", "raw", 0],
    ["{{ 'a' ! 'b' }}", "the character !", 7],
  ])("%s is outside it", (source, what, offset) => {
    const failing = (): string => render(source, { x: 1 });
    expect(failing).toThrow(JinjaProblem);
    expect(failing).toThrow("Jinja outside the subset");
    expect(failing).toThrow(what);
    expect(problem(failing).offset).toBe(offset);
  });

  test.each([
    ["{{ 1", "never closed", 0],
    ["a {# b", "never closed", 2],
    ["{% if true %}a", "endif", 0],
    ["{{ 1 + }}", "an expression is expected", 7],
    ["{{ 1 2 }}", "2 is not expected", 5],
    ["{{ ref('x' }}", ") is expected, not the end", 11],
    ["{{ f(1 2) }}", ") is expected, not 2", 7],
    ["{{ [1, 2] }}", "cannot stand in the text", 0],
    ["{% for x in 5 %}{% endfor %}", "for needs a list", 0],
    ["{{ m(1, 2) }}", "takes a", 3],
    ["{{ m() }}", "needs a", 3],
    ["{{ exceptions.raise_compiler_error('no ' ~ 'good') }}", "no good", 3],
    ["{{ loops() }}", "too deeply", 3],
  ])("%s is a mistake", (source, what, offset) => {
    const macros = "{% macro m(a) %}{{ a }}{% endmacro %}{% macro loops() %}{{ loops() }}{% endmacro %}";
    const failing = (): string => render(source, {}, macros);
    expect(failing).toThrow(what);
    expect(problem(failing).offset).toBe(offset);
  });
});

function problem(failing: () => unknown): JinjaProblem {
  try {
    failing();
  } catch (error) {
    if (error instanceof JinjaProblem) return error;
  }
  throw new Error("no JinjaProblem");
}
